// The mutants of code that patches text, natively.
#include "cli/native_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

using Mutated = Concat<PatchingX86, PatchingArm64>;

const RegisterNativeMutants kCatalog(NativeMutantsOf<Mutated>);

}  // namespace
}  // namespace heddle::cli
