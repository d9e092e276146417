// What an explorer drives: a deterministic concurrent program that asks for the value of its reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/event.h"

namespace heddle::model {

class ExecutionGraph;
struct Event;

/// What went wrong in an execution, or with the program under test.
enum class ErrorKind {
  kNone,
  kDataRace,
  kCheckFailed,
  kUseAfterFree,
  kDoubleFree,
  kDeadlock,            ///< every unfinished thread waits and no write can release it
  kTornInstruction,     ///< decoded from bytes that never were one instruction
  kIllegalInstruction,  ///< bytes that the interpreter does not know, or a jump out of the region
  kConstrainedUnpredictable,  ///< an instruction is changed while a CPU may fetch it
  kUnhandledTrap,             ///< the trap handler declined
  kCrash,                     ///< a thread faulted, aborted or terminated
  kEndlessLoop,               ///< a thread does not come to its next operation
  kForbiddenOutcome,          ///< a scenario ended in an outcome that its table forbids
  kUninitialised,             ///< a read of memory that was never written
  kMixedSizes,                ///< accesses of different sizes to one location
  kLeak,                      ///< an object that nobody frees
  kOutOfBounds,               ///< an index beyond an array's end
  kMisuse,                    ///< a lock, thread or the like is used against its rules
  kNondeterminism,            ///< a replayed thread issued another operation than the one recorded
  kTooLarge,                  ///< more threads, events or nesting than a bound allows
};

const char* Name(ErrorKind kind);

/// What a thread does next.
struct Step {
  enum class Kind { kOperation, kFinished, kBlocked, kError };
  Kind kind = Kind::kFinished;
  Label label;                         ///< of kOperation; source position also for the others
  ErrorKind error = ErrorKind::kNone;  ///< of kError
  std::string message;                 ///< of kError and kBlocked: what failed, what is awaited

  static Step Operation(const Label& l) { return {Kind::kOperation, l, ErrorKind::kNone, {}}; }
  static Step Finished() { return {}; }
};

/// Deterministic: given the values of its past reads and choices, a thread always issues the same
/// next label.  Explorers call Next(t) to see what thread t wants, and, if that is an operation,
/// Reply(t, v) once it has happened: v is the value read or the alternative chosen, ignored for
/// other kinds.  Next() without a Reply() in between returns the same step again.
///
/// A read-modify-write is one operation, the label of its reading half; the explorer adds both
/// events (see WriteHalf).
///
/// A thread that reports kBlocked has read something that makes it wait (spin_until); it makes no
/// further step in this execution.  The step's label.value says how many of its last events were
/// the evaluation of the awaited condition.  A read whose label has an `await` is never replied to
/// with another value than one it waits for.
class Program {
 public:
  virtual ~Program() = default;

  virtual int thread_count() const = 0;  ///< 1 … kMaxThreads
  virtual void Restart() = 0;            ///< back to the initial state
  /// Valid until the thread's next Reply or restart.
  virtual const Step& Next(ThreadId thread) = 0;
  virtual void Reply(ThreadId thread, Value value) = 0;
  /// Runs `thread` through `count` events that it issued in an earlier run, from `recorded` on,
  /// with the same answers.  Returns how many of them it issued again: fewer than `count` means
  /// that it did something else.  The same as Next and Reply for each, but may be faster.
  virtual int Replay(ThreadId thread, const Event* recorded, int count);

  /// Whether threads share nothing but locations, so that one of them can be restarted while the
  /// others stay where they are.
  virtual bool is_isolated() const { return false; }
  /// Back to the thread's initial state.  Requires is_isolated().
  virtual void RestartThread(ThreadId) {}

  /// The first thread that is like `thread`: that runs the same code on the same locations.
  virtual ThreadId AlikeAs(ThreadId thread) const { return thread; }
  /// Whether alike threads may write different values to `location`: those that name them.
  virtual bool NamesThreads(Location) const { return false; }

  virtual Value InitialValue(Location location) const = 0;
  /// The allocation that `location` belongs to, or -1: freed locations must not be accessed.
  virtual int AllocationOf(Location) const { return -1; }
  /// The locations that belong to `allocation`.
  virtual std::vector<Location> LocationsOf(int /*allocation*/) const { return {}; }
  /// Whether `location` has no value, despite InitialValue, until it is written.
  virtual bool StartsUninitialised(Location) const { return false; }
  virtual std::string LocationName(Location location) const = 0;
  /// The instruction of which these are the fetched units, the first one from `first`, as people
  /// read it; empty if that is not known.
  virtual std::string InstructionText(Location /*first*/, const std::vector<Value>&) const {
    return {};
  }
  /// Whether the architecture lets one CPU write the instruction `written` where another may fetch
  /// `fetched` at the same time.
  virtual bool IsSafeToModify(Value /*fetched*/, Value /*written*/) const { return true; }
  /// Called with the complete graph when all threads have finished; may report a violation (kError)
  /// of what must hold at the end.
  virtual Step Finish(const ExecutionGraph&) { return Step::Finished(); }
};

}  // namespace heddle::model
