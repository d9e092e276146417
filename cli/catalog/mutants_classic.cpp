// The mutants of litmus tests, locks, lock-free code and synchronisation, natively.
#include "cli/native_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

using Mutated = Concat<Litmus, ClassicLocks, LockfreeCatalog, SyncCatalog>;

const RegisterNativeMutants kCatalog(NativeMutantsOf<Mutated>);

}  // namespace
}  // namespace heddle::cli
