// What the fuzzer replays: the whole catalog takes minutes to compile, and these reach its readers.
#include "runtime/check/registry.h"
#include "runtime/check/subjects/describe.h"
#include "scenarios/classic/qspinlock.h"
#include "scenarios/message_passing.h"
#include "scenarios/poke_one_site.h"
#include "scenarios/store_buffering.h"

namespace heddle {
namespace {

const RegisterSubjects kFuzzed(
    subjects::Describe<TypeList<MessagePassing, StoreBuffering, PokeOneSite, QspinlockScenario>>);

}  // namespace
}  // namespace heddle
