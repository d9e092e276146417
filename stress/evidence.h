// What is known of a run that failed, as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/native/flight_recorder.h"

namespace heddle::stress {

/// Members: `cpus`, per scenario CPU what it did last, times in ns before the last note of all;
/// `crash` and `stops`, where threads stood: registers and code bytes; `patch_log`: the writes of
/// code and the synchronisations of all CPUs in order; `output`: `text`, what the process wrote
/// last.
nlohmann::json EvidenceOf(const native::FlightRecord& record, const std::string& text);

}  // namespace heddle::stress
