// The scenarios of scenarios/catalog.h natively, for programs that link heddle_native_catalog.
#include "cli/native_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

const RegisterNativeScenarios kCatalog(NativeScenariosOf<Catalog>);

}  // namespace
}  // namespace heddle::cli
