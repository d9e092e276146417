// Running a plan: the threads, the clock, SIGINT; then the verdict.
#include "stress/suite.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/native/agitator.h"
#include "runtime/native/disturber.h"
#include "stress/affinity.h"
#include "stress/end_signals.h"
#include "stress/sampling.h"

namespace heddle::stress {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What one worker of a torture run leaves behind.
struct WorkerResult {
  Histogram outcomes;
  Pace pace;
  std::uint64_t rounds = 0, traps = 0, unhandled_traps = 0;
};

class Run {
 public:
  Run(const StressPlan& plan, const StressOptions& options, std::vector<int> cpus)
      : plan_(plan),
        options_(options),
        cpus_(std::move(cpus)),
        shared_cpus_(AnyShared()),
        gate_(plan.threads, shared_cpus_),
        results_(static_cast<std::size_t>(plan.threads)) {}

  StressResult Execute() {
    if (plan_.shape == Shape::kSample) {
      sampling_ =
          std::make_unique<Sampling>(plan_, shared_cpus_, options_.settings, options_.seed, gate_);
    } else {
      program_ = plan_.make_program();
    }
    const std::uint64_t syncs_before = native::SyncCount();
    const auto begin = Clock::now();
    const auto interrupted = RunThreads(begin + options_.duration);
    StressResult result;
    result.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    result.interrupted = interrupted;
    result.syncs = native::SyncCount() - syncs_before;
    result.scenario = plan_.name;
    result.seed = options_.seed;
    Summarise(result);
    return result;
  }

 private:
  bool RunThreads(Clock::time_point deadline) {
    const EndSignals end_signals;
    if (EndSignals::Came()) native::Stop(native::StopCause::kInterrupted);
    const native::Agitator agitator(options_.seed);
    if (program_ != nullptr && options_.disturb) {
      disturber_.emplace(native::SeedOf(options_.seed, native::Stream::kDisturber),
                         options_.move_to.empty() ? cpus_ : options_.move_to);
    }
    std::vector<std::thread> threads;
    try {
      for (int i = 0; i < plan_.threads; ++i) threads.emplace_back([this, i] { Worker(i); });
    } catch (const std::system_error& e) {  // a limit of processes
      CouldNotRun(e.what());
    }
    while (!native::Stopped() && Clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(2));
    }
    native::Stop(native::StopCause::kTimeUp);
    for (std::thread& thread : threads) thread.join();
    if (disturber_)
      disturbances_ = {disturber_->freezes(), 0, disturber_->migrations(), disturber_->stalls()};
    disturber_.reset();
    if (!could_not_run_.empty()) throw std::runtime_error(could_not_run_);
    if (program_ != nullptr) FinishTorture();
    native::SetTrapHandler(nullptr, nullptr);  // its context dies with the program
    return native::g_stop_cause.load(std::memory_order_relaxed) == native::StopCause::kInterrupted;
  }

  // That is no failure of the scenario.
  void CouldNotRun(const std::string& why) {
    const std::lock_guard lock(mutex_);
    could_not_run_ = why;
    native::Stop(native::StopCause::kTimeUp);
    gate_.Break();
  }

  void FinishTorture() {
    try {
      program_->Finish();
    } catch (const native::Abandoned&) {
      // Recorded where it was thrown.
    }
  }

  // The bottom of each thread: nothing escapes, and whoever leaves early lets the others go.
  void Worker(int thread) {
    WorkerResult& result = results_[static_cast<std::size_t>(thread)];
    try {
      const int cpu = cpus_[static_cast<std::size_t>(thread) % cpus_.size()];
      const native::RunMode mode =
          plan_.shape == Shape::kSample ? native::RunMode::kSample : native::RunMode::kTorture;
      // Seeds a million apart: SplitMix64 streams of neighbouring seeds are unrelated.
      std::optional<native::ThreadContext> owned;
      try {
        owned.emplace(thread, cpu, mode,
                      options_.seed + 1'000'003u * static_cast<unsigned>(thread));
      } catch (const std::exception& e) {  // a CPU that has gone, no memory for a signal stack
        return CouldNotRun(e.what());
      }
      native::ThreadContext& context = *owned;
      try {
        plan_.shape == Shape::kSample ? sampling_->Work(thread) : Torture(thread, result);
      } catch (const native::Abandoned&) {
        gate_.Break();
      }
      for (const auto& entry : context.observations) KeepObservation(entry, result.outcomes);
      if (context.observations.lost() > 0) {
        native::RecordFailure({.why = "more than 128 distinct observations in one thread",
                               .detail = "",
                               .where = {},
                               .thread = thread});
      }
      result.rounds = context.rounds;
      result.traps = context.traps_claimed;
      result.unhandled_traps = context.traps_unclaimed;
    } catch (const std::exception& e) {
      // Nowhere: whence it was thrown is not known.
      native::RecordFailure({.why = "an exception left the scenario or its set-up",
                             .detail = native::KeptForEver(e.what()),
                             .where = {},
                             .thread = thread});
      gate_.Break();
    }
  }

  void Torture(int thread, WorkerResult& result) {
    if (!gate_.Arrive([] {})) return;
    const long before = Preemptions();
    std::optional<native::Disturber::Target> disturbed;
    if (disturber_)
      disturbed.emplace(*disturber_, cpus_[static_cast<std::size_t>(thread) % cpus_.size()]);
    program_->Run(thread);
    result.pace.batches = 1;
    result.pace.preempted = Preemptions() != before;
  }

  void KeepObservation(const native::ObservationCounts::Entry& entry, Histogram& outcomes) {
    const std::vector<std::string> names = program_->Names();
    const auto found = std::find(names.begin(), names.end(), entry.name);
    const std::int64_t outcome[] = {found - names.begin(), entry.value};
    outcomes.Add(outcome, entry.count);
  }

  void Summarise(StressResult& result) const {
    Histogram all;
    for (const WorkerResult& worker : results_) {
      all.Merge(worker.outcomes);
      result.pace.Add(worker.pace);
      result.rounds += worker.rounds;
      result.traps += worker.traps;
      result.unhandled_traps += worker.unhandled_traps;
    }
    if (sampling_ != nullptr) {
      all.Merge(sampling_->Outcomes());
      result.knobs = sampling_->KnobCounts();
      result.pace = sampling_->TotalPace();
    }
    result.shared_cpus = shared_cpus_;
    result.disturbances = disturbances_;
    CountOutcomes(plan_, all, result);
    KeepFaults(result);
    Judge(plan_, result);
  }

  static void KeepFaults(StressResult& result) {
    const auto first = native::FirstFailure();
    if (!first) return;
    std::string text = first->why;
    if (*first->detail != '\0') text += std::string(": ") + first->detail;
    if (first->thread >= 0) text += ", on CPU " + std::to_string(first->thread);
    if (first->where.line > 0)
      text += ", at " + std::string(first->where.file) + ":" + std::to_string(first->where.line);
    result.faults.push_back(text);
    if (native::FailureCount() > 1)
      result.faults.push_back("and " + std::to_string(native::FailureCount() - 1) +
                              " further failures until the run stopped");
  }

  bool AnyShared() const {
    std::set<int> used;
    for (std::size_t i = 0; i < static_cast<std::size_t>(plan_.threads); ++i)
      if (!used.insert(cpus_[i % cpus_.size()]).second) return true;
    return false;
  }

  const StressPlan& plan_;
  const StressOptions& options_;
  const std::vector<int> cpus_;
  const bool shared_cpus_;  // more threads than CPUs
  Gate gate_;
  std::unique_ptr<Sampling> sampling_;
  std::unique_ptr<TortureProgram> program_;
  std::optional<native::Disturber> disturber_;  // of a torture
  Disturbances disturbances_;
  std::vector<WorkerResult> results_;
  std::mutex mutex_;
  std::string could_not_run_;  // guarded by mutex_
};

}  // namespace

StressResult RunStress(const StressPlan& plan, const StressOptions& options) {
  if (plan.threads < 1) throw std::invalid_argument("a plan needs at least one thread");
  if (options.duration < milliseconds(1)) {
    throw std::invalid_argument("a stress run lasts 1 ms at least, not " +
                                std::to_string(options.duration.count()) + " ms");
  }
  RequireAvailable(options.cpus);
  native::BeginRun();
  return Run(plan, options, options.cpus.empty() ? AvailableCpus() : options.cpus).Execute();
}

}  // namespace heddle::stress
