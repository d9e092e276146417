#include "model/program.h"

#include "model/execution_graph.h"

namespace heddle::model {

int Program::Replay(ThreadId thread, const Event* recorded, int count) {
  for (int i = 0; i < count; ++i) {
    if (recorded[i].label.is_write() && recorded[i].label.rmw) continue;  // its read issued it
    const Step& step = Next(thread);
    if (step.kind != Step::Kind::kOperation || !SameOperation(step.label, recorded[i].label))
      return i;
    Reply(thread, recorded[i].value);
  }
  return count;
}

const char* Name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone:
      return "none";
    case ErrorKind::kDataRace:
      return "data race";
    case ErrorKind::kCheckFailed:
      return "check failed";
    case ErrorKind::kUseAfterFree:
      return "use after free";
    case ErrorKind::kDoubleFree:
      return "double free";
    case ErrorKind::kDeadlock:
      return "deadlock";
    case ErrorKind::kTornInstruction:
      return "torn instruction";
    case ErrorKind::kIllegalInstruction:
      return "illegal instruction";
    case ErrorKind::kConstrainedUnpredictable:
      return "constrained unpredictable";
    case ErrorKind::kUnhandledTrap:
      return "unhandled trap";
    case ErrorKind::kCrash:
      return "crash";
    case ErrorKind::kEndlessLoop:
      return "endless loop";
    case ErrorKind::kForbiddenOutcome:
      return "forbidden outcome";
    case ErrorKind::kUninitialised:
      return "uninitialised read";
    case ErrorKind::kMixedSizes:
      return "overlapping accesses of different size";
    case ErrorKind::kLeak:
      return "leak";
    case ErrorKind::kOutOfBounds:
      return "index out of bounds";
    case ErrorKind::kMisuse:
      return "misuse";
    case ErrorKind::kNondeterminism:
      return "nondeterministic test";
    case ErrorKind::kTooLarge:
      return "bound exceeded";
  }
  return "?";
}

}  // namespace heddle::model
