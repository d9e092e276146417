// Interrupts that one CPU sends to make every other serialise, or pass a full barrier:
// sync_core_all and BarrierAll as events.  Those that come by themselves are handlers.h's.
//
// One release write of a generation asks for them.  Each CPU that they reach polls it before each
// patchable instruction and each operation, serialises or has its barrier when it sees a new one,
// and acknowledges with a release write, for which the caller waits.  It polls until it sees
// nothing new, so any number of interrupts may have come.  A waiting CPU polls, too; one that has
// ended acknowledges everything.  ADR 4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "model/event.h"
#include "runtime/events/processors.h"
#include "runtime/runtime.h"
#include "runtime/source_location.h"

namespace heddle::events {

/// An interrupt that one CPU sends to others.
enum class Ipi { kSerialize, kBarrier };

class Ipis {
 public:
  explicit Ipis(Processors& processors) : processors_(processors), cpus_(Fresh()) {}

  void Reset();
  void ResetThread(int cpu);  ///< it runs again from its beginning
  /// Before threads run: interrupts that serialise reach these CPUs, ...
  void AddExecutors(std::initializer_list<int> executors);
  /// ... and those with a barrier all of them.
  void ReachAllByBarriers();
  void SetFlaw(SyncFlaw flaw) { flaw_ = flaw; }
  /// What a full barrier is on this program's processor.
  void SetBarrier(model::Barrier barrier) { barrier_ = barrier; }
  bool ReachTheCpu() { return reach_ && cpu().reached; }
  /// Whether the running CPU is in the interrupt's handler.
  bool InHandler() { return reach_ && cpu().in_handler; }

  /// Asks all CPUs that `which` reaches to take it and waits until they have.
  void All(Ipi which, SourceLocation at);
  /// Interrupts may come before any operation of a CPU that they reach...
  void BeforeOperation(const model::Label& label);
  /// ... and before any of its instructions,
  void Poll(SourceLocation at);
  /// ... and while it waits: false if it sees none.
  bool WhileWaiting(SourceLocation at);
  /// ... unless they are masked; nests.
  void Mask() { ++cpu().masked; }
  void Unmask() { --cpu().masked; }
  void ThreadEnds();

 private:
  static constexpr std::size_t kInterrupts = 2;
  struct Line {                // of one kind of interrupt to one CPU
    model::Location ack = -1;  // -1: it does not reach it
    std::uint16_t acknowledged = 0;
  };
  struct Cpu {
    bool reached = false;  // by any
    bool in_handler = false;
    bool poll_due = true;  // something happened since the last poll that makes another worth while
    int masked = 0;
    std::array<Line, kInterrupts> lines{};
  };

  std::vector<Cpu> Fresh() const {
    return std::vector<Cpu>(static_cast<std::size_t>(processors_.count()));
  }
  Cpu& cpu() { return cpus_[static_cast<std::size_t>(processors_.running())]; }
  bool Enabled();
  void Reach(Ipi which, int cpu);
  bool TakeOne(SourceLocation at);  // one look at each generation
  bool TakeOne(Ipi which, SourceLocation at);
  void Take(Ipi which, SourceLocation at);
  void Acknowledge(Ipi which, std::uint16_t generation, SourceLocation at);
  model::Label FullBarrier(SourceLocation at) const;

  Processors& processors_;
  bool reach_ = false;  // anybody
  std::vector<Cpu> cpus_;
  std::array<model::Location, kInterrupts> generations_{-1, -1};
  SyncFlaw flaw_ = SyncFlaw::kNone;
  model::Barrier barrier_ = model::Barrier::kByOrder;
};

/// Rt::BarrierAll, of `Backend::Current()`, which has ipis().
template <typename Backend>
class BarrierAllOf {
 public:
  BarrierAllOf() { Backend::Current().ipis().ReachAllByBarriers(); }
  void operator()(SourceLocation at = SourceLocation::Current()) {
    Backend::Current().ipis().All(Ipi::kBarrier, at);
  }
};

}  // namespace heddle::events
