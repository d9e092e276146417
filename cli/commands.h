// The heddle command's sub-commands.  Each returns the exit status.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace heddle::cli {

inline constexpr int kHolds = 0, kViolation = 1, kMisuse = 2, kBug = 3, kInconclusive = 4;

struct ListArguments {
  std::string glob = "*";
  bool json = false;
};
int List(const ListArguments& arguments);

struct CheckArguments {
  std::string glob;
  std::string model = "all";  ///< "sc", "tso", "rc11" or "all"
  std::string traps;          ///< "kernel", "user"; empty: the scenario's own
  std::string json_file;      ///< "" none, "-" standard output
  std::string time_limit;     ///< per check
  std::uint64_t max_executions = 0;
  bool mutants = true, outcomes = false, reports = false;
  std::string stress;  ///< "" none, else the duration of a native run after the checks
};
int Check(const CheckArguments& arguments);

struct ReplayArguments {
  std::string token;
  std::string json_file;
};
int Replay(const ReplayArguments& arguments);

struct StressArguments {
  std::string glob;
  std::string duration = "20s";  ///< of the whole run
  std::string cpus;              ///< "0-3,5"; empty: all that this process may use
  std::uint64_t seed = 0;        ///< 0: pick one and print it
  std::string json_file;
};
int Stress(const StressArguments& arguments);

}  // namespace heddle::cli
