// What an explorer drives: a deterministic concurrent program that asks for the value of its reads.
#pragma once

#include <optional>
#include <string>

#include "model/event.h"

namespace heddle::model {

class ExecutionGraph;

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
  kUnhandledTrap,       ///< the trap handler declined
  kForbiddenOutcome,    ///< a scenario ended in an outcome that its table forbids
  kUninitialised,       ///< reserved for reads of memory never written
  kNondeterminism,      ///< a replayed thread issued another operation than the one recorded
  kTooLarge,            ///< more threads, events or nesting than a bound allows
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
/// A read-modify-write is two operations: a read with `rmw` set and then, unless it is a CAS that
/// failed, the write with `rmw` set.  A thread never has another operation between the two.
///
/// A thread that reports kBlocked has read something that makes it wait (spin_until); it makes no
/// further step in this execution.  The step's label.value says how many of its last events were
/// the evaluation of the awaited condition.
class Program {
 public:
  virtual ~Program() = default;

  virtual int thread_count() const = 0;  ///< 1 … kMaxThreads
  virtual void Restart() = 0;            ///< back to the initial state
  virtual Step Next(ThreadId thread) = 0;
  virtual void Reply(ThreadId thread, Value value) = 0;
  virtual Value InitialValue(Location location) const = 0;
  /// The allocation that `location` belongs to, or -1: freed locations must not be accessed.
  virtual int AllocationOf(Location) const { return -1; }
  virtual std::string LocationName(Location location) const = 0;
  /// Called with the complete graph when all threads have finished; may report a violation (kError)
  /// of what must hold at the end.
  virtual Step Finish(const ExecutionGraph&) { return Step::Finished(); }
};

}  // namespace heddle::model
