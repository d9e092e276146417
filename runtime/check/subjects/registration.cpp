// The scenarios of scenarios/catalog.h, for programs that link the target heddle_catalog.
#include "runtime/check/registry.h"
#include "runtime/check/subjects/describe.h"

namespace heddle {
namespace {

const RegisterSubjects kClassic(subjects::OfClassic), kPatchingX86(subjects::OfPatchingX86),
    kPatchingArm64(subjects::OfPatchingArm64), kRcu(subjects::OfRcu), kTracing(subjects::OfTracing);

}  // namespace
}  // namespace heddle
