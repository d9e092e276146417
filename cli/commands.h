// The heddle command's sub-commands.  Each returns the exit status.  Arguments are text as it was
// given, and well-formed (cli/option_values.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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
  std::string model = "all";  ///< "sc", "tso", "rc11", "all" (of these), "arm64", …
  std::string traps;          ///< "kernel", "user"; empty: the scenario's own
  std::string json_file;      ///< "" none, "-" standard output
  std::string dot_file;       ///< the same, for a picture of the first violation
  std::string html_file;      ///< the same, for a page of all results
  std::string junit_file;     ///< the same, for JUnit XML
  std::string time_limit;     ///< per check
  std::string hang_timeout;   ///< CPU time between two operations; "" as it is
  std::uint64_t max_executions = 0;
  int spin_rounds = 0;
  bool mutants = true, outcomes = false, reports = false;
  std::string reproducers;  ///< directory; "" none
  std::string stress;       ///< "" none, else the duration of a native run after the checks
  int workers = 1;
  std::string shard;             ///< "2/8"; empty: everything
  std::string memory_limit;      ///< "512M"; empty: none
  std::string checkpoint_file;   ///< "" none
  std::string checkpoint_every;  ///< "" is 5s
  std::string list_file;         ///< "" none, "-" standard output
  std::string progress;          ///< "json", "none"; empty: a line if stderr is a terminal
  bool stats = false;
  bool symmetry = false;
  std::optional<int> preemptions;     ///< bound; empty: none
  std::uint64_t random = 0;           ///< random executions per check; 0: all executions
  int pct = 0;                        ///< their depth by PCT; 0: random walks
  std::optional<std::uint64_t> seed;  ///< theirs; empty: pick one and print it
};
int Check(const CheckArguments& arguments);

struct ReplayArguments {
  std::string token;  ///< or a file that --reproducers wrote
  std::string json_file, dot_file, html_file;
  bool native = false;    ///< on real threads, in the same order
  std::string test_file;  ///< "" none, "-" standard output
  std::string duration;   ///< at most, of native failures; "" is 60s
  std::string hang_timeout;
};
int Replay(const ReplayArguments& arguments);

struct StressArguments {
  std::string glob;
  std::string duration = "20s";  ///< of the whole run
  std::string cpus;              ///< "0-3,5"; empty: all that this process may use
  std::uint64_t seed = 0;        ///< 0: pick one and print it
  std::string json_file;
  std::string mutants;      ///< for how long each mutant may run; empty: not at all
  std::string db_file;      ///< "" none
  std::string reproducers;  ///< a directory; "" none
  bool resume = false, until_failure = false, keep_going = false;
  bool disturb = true;  ///< torture scenarios
  std::string junit_file;
};
int Stress(const StressArguments& arguments);

struct ReportArguments {
  std::string db_file;
  std::int64_t run = 0;                              ///< 0: all
  std::string html_file, perfetto_file, junit_file;  ///< "" none, "-" standard output
  std::string reproducers;                           ///< a directory; "" none
};
int Report(const ReportArguments& arguments);

struct DoctorArguments {
  std::string cpus;  ///< "0-3,5"; empty: all that this process may use
};
int Doctor(const DoctorArguments& arguments);

}  // namespace heddle::cli
