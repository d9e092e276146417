#include "runtime/check/subjects/describe.h"
#include "scenarios/catalog.h"

namespace heddle::subjects {

std::vector<Subject> OfRcu() { return Describe<RcuCatalog>(); }

}  // namespace heddle::subjects
