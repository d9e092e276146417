// How much of the time of its CPUs did a hypervisor give to others?
#pragma once

#include <cstdint>
#include <vector>

namespace heddle::stress {

/// Of /proc/stat, in ticks of some 10 ms, since the machine was started.
struct CpuTime {
  std::uint64_t ticks = 0;   ///< 0: the system does not tell
  std::uint64_t stolen = 0;  ///< of these, those that a hypervisor gave to others
  int cpus = 0;              ///< that were there
};

/// Of these CPUs together.
CpuTime ReadCpuTime(const std::vector<int>& cpus);

/// What came in between; nothing if it is not known.
CpuTime Between(const CpuTime& before, const CpuTime& after);

}  // namespace heddle::stress
