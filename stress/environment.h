// On what does a run run?
#pragma once

#include <nlohmann/json.hpp>

namespace heddle::stress {

/// `cpu`, `microcode`, `cpus` (that this process may use), `kernel`, `compiler`, `build_id`,
/// `host`, `load` (of the last minute): text and numbers; what this system does not tell is left
/// out.
nlohmann::json Environment();

}  // namespace heddle::stress
