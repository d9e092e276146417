#include "runtime/check/subjects/describe.h"
#include "scenarios/catalog.h"

namespace heddle::subjects {

std::vector<Subject> OfClassic() {
  return Describe<Concat<Litmus, ClassicLocks, LockfreeCatalog, SyncCatalog>>();
}

}  // namespace heddle::subjects
