// How much memory do this process and its workers use?
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace heddle {

/// Bytes that this process had resident at most.
std::uint64_t PeakMemory();
/// Bytes that a process has resident now (0: this one); 0 if it is gone.
std::uint64_t ResidentMemory(pid_t process = 0);

}  // namespace heddle
