#include "stress/memory_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

namespace heddle::stress {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
void LimitHeap() {}  // sanitizers reserve more than any limit allows
#else
// The number behind `key` in a file of lines "key number"; 0 if there is none.
std::uint64_t NumberBehind(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key, 0) == 0) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
  return 0;
}

std::uint64_t NumberIn(const char* path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : 0;  // "max" is none
}

constexpr std::uint64_t kMostMemory = std::uint64_t{2} << 30;

void LimitHeap() {
  std::uint64_t available = NumberBehind("/proc/meminfo", "MemAvailable:") << 10;  // kB
  // Of what a cgroup uses, the kernel takes its caches of files back.
  const std::uint64_t most = NumberIn("/sys/fs/cgroup/memory.max"),
                      used = NumberBehind("/sys/fs/cgroup/memory.stat", "anon ");
  if (most > used) available = std::min(available, most - used);
  rlimit limit{};
  if (available == 0 || getrlimit(RLIMIT_DATA, &limit) != 0) return;
  const std::uint64_t inherited = NumberBehind("/proc/self/status", "VmData:") << 10;  // kB
  limit.rlim_cur =
      std::min<rlim_t>(limit.rlim_max, inherited + std::min(available / 2, kMostMemory));
  setrlimit(RLIMIT_DATA, &limit);
}
#endif

}  // namespace

void LimitMemory() {
  std::ofstream("/proc/self/oom_score_adj") << 1000;
  LimitHeap();
}

}  // namespace heddle::stress
