#include "runtime/check/subjects/describe.h"
#include "scenarios/catalog.h"

namespace heddle::subjects {

std::vector<Subject> OfTracing() { return Describe<TracingCatalog>(); }

}  // namespace heddle::subjects
