// Scenarios of scenarios/catalog.h that patch text, on real threads in a given order.
#include "cli/ordered_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

const RegisterOrdered kCatalog(OrderedSubjectsOf<Concat<PatchingX86, PatchingArm64>>);

}  // namespace
}  // namespace heddle::cli
