// Litmus tests, locks, lock-free code and runtime/sync of scenarios/catalog.h on real threads in a
// given order.
#include "cli/ordered_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

const RegisterOrdered kCatalog(
    OrderedSubjectsOf<Concat<Litmus, ClassicLocks, LockfreeCatalog, SyncCatalog>>);

}  // namespace
}  // namespace heddle::cli
