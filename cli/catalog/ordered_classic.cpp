// Litmus tests, locks, lock-free code and runtime/sync of scenarios/catalog.h on real threads in a
// given order; and those that patch text, which are known, and refused.
#include "cli/ordered_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

const RegisterOrdered kCatalog(OrderedSubjectsOf<Concat<Litmus, ClassicLocks, LockfreeCatalog,
                                                        SyncCatalog, PatchingX86, PatchingArm64>>);

}  // namespace
}  // namespace heddle::cli
