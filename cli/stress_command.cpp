// heddle stress
#include <stdexcept>

#include "cli/commands.h"

namespace heddle::cli {

int Stress(const StressArguments&) { throw std::invalid_argument("not built yet"); }

}  // namespace heddle::cli
