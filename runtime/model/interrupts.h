// Interrupts that make every CPU serialise: sync_core_all in the model.
//
// One release write of a generation asks for them.  Each executor polls it before each patchable
// instruction and each operation, serialises when it sees a new one, and acknowledges with a
// release write, for which the caller waits.  It polls until it sees nothing new, so any number of
// interrupts may have come.  A waiting executor polls, too; one that has ended acknowledges
// everything.  ADR 4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "model/event.h"
#include "runtime/runtime.h"
#include "runtime/source_location.h"

namespace heddle {

class Machine;

class Interrupts {
 public:
  explicit Interrupts(Machine& machine) : machine_(machine) {}

  void Reset();
  /// Before threads run: interrupts reach these CPUs.
  void AddExecutors(std::initializer_list<int> executors);
  void SetFlaw(SyncFlaw flaw) { flaw_ = flaw; }
  bool IsExecutor() { return cpu().executor; }
  /// Whether the running CPU is in the interrupt's handler.
  bool InHandler() { return cpu().in_handler; }

  /// Asks all executors to serialise and waits until they have.
  void SyncAll(SourceLocation at);
  /// Interrupts may come before any operation of an executor...
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
  struct Cpu {
    bool executor = false;
    bool in_handler = false;
    bool poll_due = true;  // something happened since the last poll that makes another worth while
    int masked = 0;
    std::uint16_t acknowledged = 0;
    model::Location ack = -1;
  };

  Cpu& cpu();
  bool Enabled();
  bool TakeOne(SourceLocation at);  // one look at the generation
  void Acknowledge(std::uint16_t generation, bool serialize, SourceLocation at);

  Machine& machine_;
  std::vector<Cpu> cpus_;
  model::Location generation_ = -1;
  SyncFlaw flaw_ = SyncFlaw::kNone;
};

}  // namespace heddle
