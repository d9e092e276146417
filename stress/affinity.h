// Which CPUs may the threads of a run use?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heddle::stress {

/// Reads a list such as "0-3,5": CPU numbers 0 … 1023 and ascending ranges, ascending or not, in
/// the order given.  Throws std::invalid_argument, quoting the input and the offending part, on
/// anything else, duplicates and the empty list included.
std::vector<int> ParseCpuList(std::string_view text);

/// The CPUs this process may run on, ascending.  Throws std::system_error.
std::vector<int> AvailableCpus();

/// Those of `cpus` that this process may run on, in this order; all if `cpus` is empty.  Throws
/// std::invalid_argument, naming them, if it is none of them.
std::vector<int> AvailableOf(const std::vector<int>& cpus);

/// Throws std::invalid_argument naming the first of `cpus` that this process may not run on.
void RequireAvailable(const std::vector<int>& cpus);

}  // namespace heddle::stress
