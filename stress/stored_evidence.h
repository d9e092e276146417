// What did evidence.h write down about a failure?
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stress {

struct StoredNote {
  double ns_before_end = 0;
  std::string did, detail;
  std::string cpu;  ///< in the patch log only
};

struct StoredCpu {
  std::string cpu;  ///< of the scenario; "others"
  std::vector<StoredNote> notes;
};

/// Where a thread stood.
struct StoredStop {
  int cpu = -1;
  std::string signal, pc, address;
  std::vector<std::pair<std::string, std::string>> registers;
  std::string code_begin, code;              ///< "0x401000", "0f 1f 44"
  std::string module{}, offset{}, symbol{};  ///< where pc is: "heddle", "0x1000", a function
};

/// What was not kept is empty.
struct StoredEvidence {
  std::vector<StoredCpu> cpus;  ///< in order
  std::vector<StoredNote> patch_log;
  std::optional<StoredStop> crash;
  std::vector<StoredStop> stops;
  std::string output;

  bool empty() const {
    return cpus.empty() && patch_log.empty() && !crash && stops.empty() && output.empty();
  }
};

/// Throws nlohmann::json::exception if something has another type than evidence.h gives it.
StoredEvidence EvidenceFromJson(const nlohmann::json& json);

}  // namespace heddle::stress
