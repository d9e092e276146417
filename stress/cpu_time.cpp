#include "stress/cpu_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace heddle::stress {
namespace {

// The N of a line that begins with "cpuN"; -1 of any other one.
int CpuOf(const std::string& name) {
  if (name.rfind("cpu", 0) != 0) return -1;
  int cpu = -1;
  std::from_chars(name.data() + 3, name.data() + name.size(), cpu);
  return cpu;
}

}  // namespace

CpuTime ReadCpuTime(const std::vector<int>& cpus) {
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests take is in user already.
  constexpr std::size_t kFields = 8, kSteal = 7;
  CpuTime sum;
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string name;
    in >> name;
    if (std::find(cpus.begin(), cpus.end(), CpuOf(name)) == cpus.end()) continue;
    std::array<std::uint64_t, kFields> fields{};
    for (std::uint64_t& field : fields) in >> field;
    if (!in) continue;
    for (const std::uint64_t field : fields) sum.ticks += field;
    sum.stolen += fields[kSteal];
    ++sum.cpus;
  }
  return sum;
}

CpuTime Between(const CpuTime& before, const CpuTime& after) {
  // A CPU that has come brings its ticks since the machine was started; and some counters go
  // backwards now and then.
  if (before.cpus != after.cpus || after.ticks <= before.ticks) return {};
  const std::uint64_t ticks = after.ticks - before.ticks;
  const bool forwards = after.stolen > before.stolen;
  return {ticks, forwards ? std::min(after.stolen - before.stolen, ticks) : 0, after.cpus};
}

}  // namespace heddle::stress
