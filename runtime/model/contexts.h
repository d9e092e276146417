// Handlers that interrupt a CPU anywhere: preemption, interrupts and NMIs in the model.
//
// A CPU that has registered handlers has firing points: before its operations, between its
// instructions, and where it ends.  At each, one choice says which of the handlers that are
// unmasked there and have not used up their bound runs now, or none; after a handler, the choice is
// asked again.  The handler runs nested, on the same thread: its events are in that thread's sb,
// between the operation before the point and the one after.  So each placement is one execution.
//
//   no firing point …                   because
//   inside an awaiting read             a handler before it has the same graphs
//   right after a plain access          see below
//   at a handler's beginning, end       the point that it runs at is the same
//   before a fetch or serialising event those belong to an instruction or trap that has begun
//
// A plain access that conflicts with what a handler does that may run right beside it is an error:
// C++20 [intro.races] calls a handler's access unsequenced to the code that it interrupts, and
// compilers may tear, merge or move the plain one.  In programs without such races a plain access
// changes nothing for the handler, nor the handler for it, except by ordering it among other
// threads; and a race with those is seen in the execution in which the handler runs before the
// access, or has not run.  So it needs no point after it: ADR 13.  That does not hold of handlers
// that wait for other threads: scenarios that have such ones say so (kHandlersWait), and no point
// is left out.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "model/event.h"
#include "runtime/runtime.h"
#include "runtime/source_location.h"

namespace heddle {

class Machine;

class Contexts {
 public:
  /// `every_point`: also right after plain accesses; slower, and shows nothing else.
  Contexts(Machine& machine, int threads, bool every_point);

  void Reset();
  void ResetCpu(int cpu);  ///< no handlers, nothing masked
  /// On the running CPU, from now on; at most `bound` times in an execution.
  void SetHandler(Interrupt kind, int bound, std::function<void()> handler, SourceLocation at);
  /// No handler of `kind` or a lower one fires until the matching Unmask; nests.  A handler runs
  /// with its own kind masked and may unmask it for a while.
  void Mask(Interrupt kind, SourceLocation at);
  void Unmask(Interrupt kind, SourceLocation at);
  /// Interrupts, by a trap that has begun already.
  void TrapMasks() { ++cpu().masked[static_cast<std::size_t>(Interrupt::kIrq)]; }

  void BeforeOperation(const model::Label& label);
  void AfterOperation(const model::Label& label, bool writes);
  void BetweenInstructions(SourceLocation at);
  void ThreadEnds();
  /// A handler waits, or is about to: an error unless no point is left out.
  void FailIfWaitingInHandler(SourceLocation at);
  /// Whether a handler of this kind runs on the running CPU.
  bool InHandler(Interrupt kind);
  /// Whether a handler may still interrupt the running CPU where it is.
  bool MayFire();
  /// How many handlers have run on it so far.
  int fired() { return cpu().fired; }

 private:
  static constexpr std::size_t kKinds = model::kInterruptNames.size();
  struct Handler {
    std::function<void()> body;
    int left = 0;  // of its bound
  };
  struct Access {
    model::Location location;
    bool plain, write;
    std::size_t kind;  // the handler's
    SourceLocation at;
  };
  // What the CPU is at: its task's code, or a handler's.
  struct Frame {
    std::size_t kind = 0;   // the handler's
    bool point_due = true;  // something has happened since its last point, or a mask has changed
    std::vector<Access> did;
    std::vector<Access> beside;  // what handlers did that may run right beside what comes next
  };
  struct Cpu {
    std::array<Handler, kKinds> handlers;
    std::array<int, kKinds> masked{};  // by kind: how often it and lower ones are
    bool has_handlers = false;
    int fired = 0;
    std::vector<Frame> frames{Frame{}};  // the task's first
  };

  Cpu& cpu();
  static bool IsMasked(const Cpu& c, std::size_t kind);
  static bool CanFire(const Cpu& c, std::size_t kind);
  void PointIfDue(SourceLocation at);
  void Run(std::size_t kind, SourceLocation at);
  void FailIfRacing(const model::Label& label);

  Machine& machine_;
  bool every_point_;
  std::vector<Cpu> cpus_;
};

}  // namespace heddle
