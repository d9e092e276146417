// The mutants of RCU and of tracers, natively.
#include "cli/native_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

using Mutated = Concat<RcuCatalog, TracingCatalog>;

const RegisterNativeMutants kCatalog(NativeMutantsOf<Mutated>);

}  // namespace
}  // namespace heddle::cli
