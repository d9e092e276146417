// CPU lists: parsing and checking.
#include "stress/affinity.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace heddle::stress {
namespace {

constexpr int kMaxCpu = CPU_SETSIZE - 1;

[[noreturn]] void Malformed(std::string_view text, const std::string& reason) {
  throw std::invalid_argument("CPU list '" + std::string(text) + "': " + reason +
                              "; write it like 0-3,5");
}

int ParseCpu(std::string_view number, std::string_view text) {
  int cpu = -1;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, cpu);
  if (error != std::errc() || stop != end || cpu < 0 || cpu > kMaxCpu) {
    Malformed(text, "'" + std::string(number) + "' is not a CPU number");
  }
  return cpu;
}

std::string Join(const std::vector<int>& cpus) {
  std::string joined;
  for (const int cpu : cpus) joined += (joined.empty() ? "" : ",") + std::to_string(cpu);
  return joined;
}

}  // namespace

std::vector<int> ParseCpuList(std::string_view text) {
  std::vector<int> cpus;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const int first = ParseCpu(part.substr(0, dash), text);
    const int last = dash == std::string_view::npos ? first : ParseCpu(part.substr(dash + 1), text);
    if (last < first) Malformed(text, "range '" + std::string(part) + "' runs backwards");
    for (int cpu = first; cpu <= last; ++cpu) {
      if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) {
        Malformed(text, "CPU " + std::to_string(cpu) + " comes twice");
      }
      cpus.push_back(cpu);
    }
    if (comma == std::string_view::npos) return cpus;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<int> AvailableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
  }
  std::vector<int> cpus;
  for (int cpu = 0; cpu <= kMaxCpu; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> AvailableOf(const std::vector<int>& cpus) {
  const std::vector<int> available = AvailableCpus();
  if (cpus.empty()) return available;
  std::vector<int> both;
  for (const int cpu : cpus)
    if (std::find(available.begin(), available.end(), cpu) != available.end()) both.push_back(cpu);
  if (both.empty()) RequireAvailable(cpus);
  return both;
}

void RequireAvailable(const std::vector<int>& cpus) {
  const std::vector<int> available = AvailableCpus();
  for (const int cpu : cpus) {
    if (std::find(available.begin(), available.end(), cpu) == available.end()) {
      throw std::invalid_argument(
          "CPU " + std::to_string(cpu) +
          " is not available to this process; name some that are: " + Join(available));
    }
  }
}

}  // namespace heddle::stress
