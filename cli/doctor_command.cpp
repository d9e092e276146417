// heddle doctor: what can this machine show, and what stands in the way?
#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "cli/commands.h"
#include "cli/native_text.h"
#include "cli/output.h"
#include "runtime/native/sync_core.h"
#include "stress/affinity.h"
#include "stress/controls.h"
#include "stress/environment.h"

namespace heddle::cli {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// A line of advice, and whether it is bad.
void Report(const char* what, const std::string& found, const std::string& advice = "") {
  Print("{:<12} {}{}{}\n", what, found, advice.empty() ? "" : "   <-- ", advice);
}

void ReportEnvironment() {
  const nlohmann::json environment = stress::Environment();
  for (const char* const key : {"cpu", "microcode", "kernel", "compiler", "build_id"})
    if (environment.contains(key)) Report(key, environment[key].get<std::string>());
#if !defined(__OPTIMIZE__)
  Report("build", "without optimisation",
         "every access is sequentially consistent, so nothing weak is seen: build release");
#endif
}

void ReportCpus(const stress::Topology& topology) {
  std::string pairs;
  for (const stress::Sharing sharing : topology.Classes())
    pairs += fmt::format("{}{}", pairs.empty() ? "" : ", ", stress::Name(sharing));
  const auto count = topology.cpus().size();
  Report("CPUs", fmt::format("{}; pairs share: {}", count, pairs),
         count < 2 ? "one CPU cannot run two threads at once: nothing weak is seen" : "");
  const double load = [] {
    double average = 0;
    return getloadavg(&average, 1) == 1 ? average : 0.0;
  }();
  Report("load", fmt::format("{:.2f}", load),
         load > static_cast<double>(count) / 2
             ? "other programs run: samples are late or preempted, and rates are lower"
             : "");
  const std::string quota = FirstLine("/sys/fs/cgroup/cpu.max");
  if (!quota.empty())
    Report("cgroup", "cpu.max " + quota,
           quota.rfind("max", 0) == 0 ? "" : "this process is stopped when its quota is used up");
  const std::string governor = FirstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (!governor.empty())
    Report("governor", governor, governor == "powersave" ? "CPUs may be slow to wake" : "");
}

void ReportClock() {
#if defined(__x86_64__)
  std::ifstream file("/proc/cpuinfo");
  bool constant = false, nonstop = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    constant = line.find(" constant_tsc") != std::string::npos;
    nonstop = line.find(" nonstop_tsc") != std::string::npos;
    break;
  }
  const std::string source =
      FirstLine("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  Report("clock",
         fmt::format("TSC{}{}, kernel uses {}", constant ? " constant" : "",
                     nonstop ? " nonstop" : "", source.empty() ? "?" : source),
         constant ? "" : "samples in slots need a TSC that all CPUs share: expect many late ones");
#else
  Report("clock", "too coarse for slots here: hand-shakes and free running");
#endif
}

void ReportKernel() {
  const bool sync_core = native::CurrentSyncMethod() == native::SyncMethod::kMembarrier;
  Report("membarrier", sync_core ? "SYNC_CORE" : "without SYNC_CORE",
         sync_core ? "" : "CPUs are interrupted by signals instead, which is slower");
  sched_param fifo{};
  fifo.sched_priority = 1;
  const int before = sched_getscheduler(0);
  sched_param old{};
  sched_getparam(0, &old);
  const bool allowed = sched_setscheduler(0, SCHED_FIFO, &fifo) == 0;
  if (allowed) sched_setscheduler(0, before, &old);
  Report("user", geteuid() == 0 ? "root" : "ordinary",
         allowed ? "" : "no real-time priority for `chrt`: other programs may preempt samples");
}

}  // namespace

int Doctor(const DoctorArguments& arguments) {
  const auto cpus = stress::AvailableOf(
      arguments.cpus.empty() ? std::vector<int>() : stress::ParseCpuList(arguments.cpus));
  const stress::Topology topology(cpus);
  PrintMissingCpus(arguments.cpus, cpus);
  ReportEnvironment();
  ReportCpus(topology);
  ReportClock();
  ReportKernel();
  const auto controls =
      stress::RunControls(topology, std::chrono::milliseconds(500), std::random_device{}());
  PrintControls(controls);
  if (controls.trusted) Print("this machine shows what it must, and nothing that it must not\n");
  return controls.trusted ? kHolds : kInconclusive;
}

}  // namespace heddle::cli
