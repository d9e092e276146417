#include "stress/isolated_run.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio_ext.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "runtime/native/flight_recorder.h"
#include "runtime/native/waited.h"
#include "stress/affinity.h"
#include "stress/child_stops.h"
#include "stress/cpu_time.h"
#include "stress/end_signals.h"
#include "stress/evidence.h"
#include "stress/memory_limit.h"
#include "stress/pipe.h"
#include "stress/result_json.h"

namespace heddle::stress {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Members of what the child sends.  Its exit status may be the code under test's.
constexpr const char *kResult = "result", *kCouldNotRun = "could_not_run";
constexpr std::size_t kKeptOutput = 16 * 1024;  // bytes of standard error

// `mask` is the parent's, before it blocked signals.
[[noreturn]] void RunInChild(const StressPlan& plan, const StressOptions& options, pid_t parent,
                             const sigset_t& mask, int results, int errors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it has died already
  setpgid(0, 0);     // else a terminal's SIGINT would come twice: by itself and by the parent
  __fpurge(stdout);  // what waits there is the parent's to write
  EndSignals::BeginChild();
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  dup2(errors, STDERR_FILENO);
  LimitMemory();
  native::CatchDeaths();
  nlohmann::json answer;
  try {
    answer[kResult] = ToJson(RunStress(plan, options));
  } catch (const std::exception& e) {
    answer[kCouldNotRun] = e.what();
  }
  WriteAll(results, Dump(answer));
  _exit(0);
}

// What a child says on two pipes, until it has closed both.
class Listener {
 public:
  Listener(int results, int errors) : fds_{{{results, POLLIN, 0}, {errors, POLLIN, 0}}} {}

  // False after `patience`: time in which this process stood still, too, is no waiting.  Meanwhile
  // the child is stopped, if `stops` is not null.
  bool ListenFor(Clock::duration patience, ChildStops* stops) {
    native::Waited waited;
    while (fds_[0].fd >= 0 || fds_[1].fd >= 0) {
      if (waited.LongerThan(patience)) return false;
      auto wake = Clock::now() + kBetweenLooks;
      if (stops != nullptr) {
        stops->Perhaps();
        wake = std::min(wake, stops->next());
      }
      const auto left = std::chrono::ceil<milliseconds>(wake - Clock::now()).count();
      const int ready =
          poll(fds_.data(), fds_.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
      if (ready <= 0) continue;
      for (std::size_t i = 0; i < fds_.size(); ++i)
        if (fds_[i].revents != 0) Read(fds_[i], text_[i]);
      // Only the end of it is kept.
      if (text_[1].size() > 2 * kKeptOutput) text_[1].erase(0, text_[1].size() - kKeptOutput);
    }
    return true;
  }
  const std::string& results() const { return text_[0]; }
  std::string errors() const {
    return text_[1].substr(text_[1].size() - std::min(text_[1].size(), kKeptOutput));
  }

 private:
  static void Read(pollfd& from, std::string& text) {
    char buffer[4096];
    const ssize_t count = read(from.fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return;
    if (count > 0) {
      text.append(buffer, static_cast<std::size_t>(count));
    } else {
      from.fd = -1;  // poll leaves it out
    }
  }
  static constexpr milliseconds kBetweenLooks{500};
  std::array<pollfd, 2> fds_;
  std::string text_[2];
};

// Makes each thread of `child` say where it stands.
void AskWhere(pid_t child) {
  const std::string path = "/proc/" + std::to_string(child) + "/task";
  if (DIR* const tasks = opendir(path.c_str())) {
    while (const dirent* const task = readdir(tasks))
      if (const pid_t thread = std::atoi(task->d_name); thread > 0)
        syscall(SYS_tgkill, child, thread, SIGQUIT);
    closedir(tasks);
  }
  std::this_thread::sleep_for(milliseconds(200));
}

int WaitFor(pid_t child) {
  // Until it is reaped its number is nobody else's.
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  EndSignals::PassTo(0);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

IsolatedResult RunIsolated(const StressPlan& plan, const StressOptions& options,
                           milliseconds longest_end) {
  RequireAvailable(options.cpus);
  static native::FlightRecord* const record = native::NewFlightRecord();
  new (record) native::FlightRecord;
  native::g_flight_record = record;

  Pipe results, errors;
  const std::vector<int> cpus = options.cpus.empty() ? AvailableCpus() : options.cpus;
  const CpuTime time_before = ReadCpuTime(cpus);
  const auto begin = Clock::now();
  // Signals that end a run wait until they can be passed on.
  sigset_t ends, mask;
  sigemptyset(&ends);
  for (const int signal : EndSignals::kSignals) sigaddset(&ends, signal);
  pthread_sigmask(SIG_BLOCK, &ends, &mask);
  const pid_t self = getpid(), child = fork();
  const int fork_error = errno;
  if (child == 0) RunInChild(plan, options, self, mask, results.write_end(), errors.write_end());
  EndSignals::PassTo(std::max(child, 0));
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  if (child < 0) throw std::system_error(fork_error, std::generic_category(), "fork");
  results.CloseWrite();
  errors.CloseWrite();

  Listener listener(results.read_end(), errors.read_end());
  std::optional<ChildStops> stops;
  if (plan.shape == Shape::kTorture && options.disturb)
    stops.emplace(child, native::SeedOf(options.seed, native::Stream::kStops),
                  begin + options.duration);
  bool ended = listener.ListenFor(options.duration + longest_end, stops ? &*stops : nullptr);
  // Who stands still does not hang: it is made to go on, and its time is over.
  const bool held_up = !ended && IsStopped(child);
  if (held_up) {
    kill(child, SIGCONT);
    ended = listener.ListenFor(longest_end, nullptr);
  }
  const bool held_up_again = !ended && IsStopped(child);
  const bool hung = !ended && !held_up_again;
  if (hung) AskWhere(child);
  if (!ended) kill(child, SIGKILL);
  const int status = WaitFor(child);
  if (held_up_again)
    throw std::runtime_error(plan.name +
                             " was stopped by somebody (SIGSTOP, a debugger), made to go on when "
                             "its time was up, and stands still again");

  IsolatedResult isolated;
  isolated.result.scenario = plan.name;
  isolated.result.seed = options.seed;
  isolated.result.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  if (hung) {
    isolated.failure = "hung";
  } else if (WIFSIGNALED(status) && EndSignals::Came() &&
             std::ranges::count(EndSignals::kSignals, WTERMSIG(status)) > 0) {
    isolated.result.interrupted = true;
  } else if (WIFSIGNALED(status)) {
    isolated.failure = std::string("crashed: ") + strsignal(WTERMSIG(status));
    if (WTERMSIG(status) == SIGKILL) isolated.failure += " (by the system, for want of memory?)";
  } else if (WEXITSTATUS(status) != 0) {  // as sanitizers and exit() in code under test end
    isolated.failure = "ended the process with status " + std::to_string(WEXITSTATUS(status));
  } else {
    const auto answer = nlohmann::json::parse(listener.results(), nullptr, false);
    if (answer.contains(kCouldNotRun))
      throw std::runtime_error(plan.name + " could not run in a process of its own: " +
                               answer.at(kCouldNotRun).get<std::string>());
    if (answer.contains(kResult))
      isolated.result = ResultFromJson(plan, answer.at(kResult));
    else  // exit(0) in code under test
      isolated.failure = "ended the process without a result";
  }
  if (stops) isolated.result.disturbances.stops = stops->count();
  isolated.result.held_up = held_up ? 1 : 0;
  const CpuTime time = Between(time_before, ReadCpuTime(cpus));
  isolated.result.pace.ticks = time.ticks;
  isolated.result.pace.stolen = time.stolen;
  if (!isolated.failure.empty()) isolated.result.faults.push_back(isolated.failure);
  Judge(plan, isolated.result);
  if (!isolated.result.failures.empty()) {
    isolated.failure = isolated.result.failures.front();
    isolated.evidence = EvidenceOf(*record, listener.errors());
  }
  return isolated;
}

}  // namespace heddle::stress
