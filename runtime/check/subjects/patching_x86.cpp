#include "runtime/check/subjects/describe.h"
#include "scenarios/catalog.h"

namespace heddle::subjects {

std::vector<Subject> OfPatchingX86() { return Describe<PatchingX86>(); }

}  // namespace heddle::subjects
