#include "runtime/check/memory_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace heddle {

std::uint64_t PeakMemory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t ResidentMemory(pid_t process) {
  const std::string who = process == 0 ? "self" : std::to_string(process);
  std::ifstream file("/proc/" + who + "/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return file ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace heddle
