#include "runtime/check/subjects/describe.h"
#include "scenarios/catalog.h"

namespace heddle::subjects {

std::vector<Subject> OfPatchingArm64() { return Describe<PatchingArm64>(); }

}  // namespace heddle::subjects
