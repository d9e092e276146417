// Which instruction did a thread stand at, and how is its CPU called?
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stress/stored_evidence.h"

namespace heddle::cli {

struct StopCode {
  std::vector<std::string> bytes;  ///< "0f", "1f"; from stop.code_begin
  std::size_t at = 0;              ///< of these, the one at the program counter; size(): none
  std::string instruction;         ///< what begins there; empty: not known
};
StopCode CodeOf(const stress::StoredStop& stop);

/// "0x401002 (heddle+0x1002, Function)", as far as it is known.
std::string PlaceOf(const stress::StoredStop& stop);

/// "CPU 1", of the scenario; Heddle's own threads are on none.
std::string CpuName(int cpu);
std::string CpuName(const std::string& cpu);

}  // namespace heddle::cli
