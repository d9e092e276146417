// What does a search take besides time of one CPU?  Memory, which must depend neither on how many
// executions there are nor come near 64 MiB; and what a second worker brings.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "bench/programs/family.h"
#include "bench/search.h"
#include "runtime/check/check.h"

namespace heddle::bench {
namespace {

constexpr double kMostMebibytes = 64;

// Of a process that only does this search; `part` of its executions.
double PeakMebibytes(const FamilyRow& row, double part) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    Machine machine(row.Code());
    model::ExploreOptions options;
    options.max_executions =
        static_cast<std::uint64_t>(part * static_cast<double>(row.executions[2]));
    const auto result = model::ExploreByRevisits(machine, model::Rc11(), options, {});
    _exit(result.executions == *options.max_executions ? 0 : 1);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0)
    throw std::runtime_error(row.name() + " did not end as it should");
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double SecondsOf(const Subject& subject, int workers) {
  CheckOptions options;
  options.workers = workers;
  const auto start = std::chrono::steady_clock::now();
  const CheckResult result = Check(subject, model::Sc(), TrapDelivery::kKernel, options);
  if (result.verdict != CheckVerdict::kHolds) throw std::runtime_error(result.message);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

bool PrintMemory() {
  std::printf("| program | executions | MiB after a tenth | MiB in the end |\n|---|---|---|---|\n");
  double most = 0;
  for (const FamilyRow& row : Family()) {
    if (!row.genmc_seconds) continue;
    const double tenth = PeakMebibytes(row, 0.1), all = PeakMebibytes(row, 1);
    most = std::max(most, all);
    std::printf("| %s | %llu | %.1f | %.1f |\n", row.name().c_str(),
                static_cast<unsigned long long>(row.executions[2]), tenth, all);
    std::fflush(stdout);
  }
  if (most < kMostMebibytes) return true;
  std::fprintf(stderr, "FAILED: %.0f MiB, more than %.0f\n", most, kMostMebibytes);
  return false;
}

void PrintWorkers() {
  constexpr std::string_view kNames[] = {"poke_batch_2", "poke_one_site_2", "static_key"};
  std::printf("| scenario, sc | 1 worker | 2 workers | times as fast |\n|---|---|---|---|\n");
  for (const Subject& s : AllSubjects()) {
    if (std::ranges::find(kNames, s.name()) == std::end(kNames)) continue;
    double one = 1e9, two = 1e9;  // the best of three, in turns: other load only adds
    for (int i = 0; i < 3; ++i) {
      one = std::min(one, SecondsOf(s, 1));
      two = std::min(two, SecondsOf(s, 2));
    }
    std::printf("| %s | %.2f s | %.2f s | %.2f |\n", s.name().c_str(), one, two, one / two);
    std::fflush(stdout);
  }
}

}  // namespace heddle::bench
