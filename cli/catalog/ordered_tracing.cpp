// Tracing of scenarios/catalog.h on real threads in a given order.
#include "cli/ordered_catalog.h"
#include "scenarios/catalog.h"

namespace heddle::cli {
namespace {

const RegisterOrdered kCatalog(OrderedSubjectsOf<TracingCatalog>);

}  // namespace
}  // namespace heddle::cli
