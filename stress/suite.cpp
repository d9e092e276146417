// Running a plan: the threads, the clock, SIGINT; then the verdict.
#include "stress/suite.h"

#include <signal.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

#include "stress/affinity.h"

namespace heddle::stress {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

#if defined(__x86_64__)
constexpr Grade Expect::*kColumn = &Expect::tso;
#else
constexpr Grade Expect::*kColumn = &Expect::rc11;
#endif

// Programs per batch: many, so that gates are rare; few enough to stay in a CPU's own caches.
constexpr std::size_t kSlotBatch = 1024;
// Hand-shakes are slow; a batch should not outlast the run by much.
constexpr std::size_t kHandshakeBatch = 128;

// What one worker leaves behind.  Its own object, so that counting shares nothing.
struct WorkerResult {
  Histogram outcomes;
  std::uint64_t slots = 0, late = 0;
  std::uint64_t rounds = 0, traps = 0, unhandled_traps = 0;
};

// Ends the run on SIGINT while it lives.  SA_RESETHAND: a second SIGINT kills, whatever hangs.
class InterruptGuard {
 public:
  InterruptGuard() {
    struct sigaction action = {};
    action.sa_handler = [](int) { native::Stop(native::StopCause::kInterrupted); };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &previous_);
  }
  ~InterruptGuard() { sigaction(SIGINT, &previous_, nullptr); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction previous_ = {};
};

class Run {
 public:
  Run(const StressPlan& plan, const StressOptions& options, std::vector<int> cpus)
      : plan_(plan),
        options_(options),
        cpus_(std::move(cpus)),
        shared_cpus_(static_cast<std::size_t>(plan.threads) > cpus_.size()),
        slots_(kSharedClock && !shared_cpus_),
        gate_(plan.threads),
        pace_random_(options.seed),
        results_(static_cast<std::size_t>(plan.threads)) {}

  StressResult Execute() {
    if (plan_.shape == Shape::kSample) {
      batch_ = plan_.make_batch(slots_ ? kSlotBatch : kHandshakeBatch);
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
    const InterruptGuard guard;
    std::vector<std::thread> threads;
    for (int i = 0; i < plan_.threads; ++i) threads.emplace_back([this, i] { Worker(i); });
    while (!native::Stopped() && Clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(2));
    }
    native::Stop(native::StopCause::kTimeUp);
    for (std::thread& thread : threads) thread.join();
    if (program_ != nullptr) FinishTorture();
    native::SetTrapHandler(nullptr, nullptr);  // its context dies with the program
    return native::g_stop_cause.load(std::memory_order_relaxed) == native::StopCause::kInterrupted;
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
      native::ThreadContext context(thread, cpu, mode,
                                    options_.seed + 1'000'003u * static_cast<unsigned>(thread));
      try {
        plan_.shape == Shape::kSample ? Sample(thread, result) : Torture(thread);
      } catch (const native::Abandoned&) {
        gate_.Break();
      }
      for (const auto& entry : context.observations) KeepObservation(entry, result.outcomes);
      if (context.observations.lost() > 0) {
        native::RecordFailure({.why = "more than 128 distinct observations in one thread",
                               .detail = "",
                               .where = SourceLocation::Current(),
                               .thread = thread});
      }
      result.rounds = context.rounds;
      result.traps = context.traps_claimed;
      result.unhandled_traps = context.traps_unclaimed;
    } catch (const std::exception&) {
      native::RecordFailure({.why = "an exception left the scenario or its set-up",
                             .detail = "",
                             .where = SourceLocation::Current(),
                             .thread = thread});
      gate_.Break();
    }
  }

  void Sample(int thread, WorkerResult& result) {
    const std::size_t parties = static_cast<std::size_t>(plan_.threads);
    for (std::size_t batch = 0;; ++batch) {
      if (!gate_.Arrive([this] { PrepareBatch(); }) || done_) return;
      if (slots_) {
        SlotPacer pacer(start_, period_);
        batch_->Run(thread, pacer);
        result.slots += kSlotBatch;
        result.late += pacer.late();
      } else {
        HandshakePacer pacer(handshake_, gate_, plan_.threads, shared_cpus_);
        if (!batch_->Run(thread, pacer)) return;
      }
      if (!gate_.Arrive([] {})) return;
      // Shares rotate, so that each thread meets lines last written by itself and by the others.
      const std::size_t share = (static_cast<std::size_t>(thread) + batch) % parties;
      batch_->CollectAndRenew(share, parties, result.outcomes);
    }
  }

  // By the last thread at the gate, while the others wait there.
  void PrepareBatch() {
    done_ = native::Stopped();
    handshake_.arrivals.store(0, std::memory_order_relaxed);
    period_ = SlotPacer::kPeriods[static_cast<std::size_t>(
        pace_random_.Below(static_cast<int>(SlotPacer::kPeriods.size())))];
    start_ = Ticks() + SlotPacer::kLead;
  }

  void Torture(int thread) {
    if (!gate_.Arrive([] {})) return;
    program_->Run(thread);
  }

  void KeepObservation(const native::ObservationCounts::Entry& entry, Histogram& outcomes) {
    const std::vector<std::string> names = program_->Names();
    const auto found = std::find(names.begin(), names.end(), entry.name);
    const std::int64_t outcome[] = {found - names.begin(), entry.value};
    outcomes.Add(outcome, entry.count);
  }

  void Summarise(StressResult& result) const {
    Histogram all;
    std::uint64_t slots = 0, late = 0;
    for (const WorkerResult& worker : results_) {
      all.Merge(worker.outcomes);
      slots += worker.slots;
      late += worker.late;
      result.rounds += worker.rounds;
      result.traps += worker.traps;
      result.unhandled_traps += worker.unhandled_traps;
    }
    result.samples = all.Total();
    if (slots > 0)
      result.late_percent = 100.0 * static_cast<double>(late) / static_cast<double>(slots);
    GradeOutcomes(all, result);
    ReportFailures(result);
    AddNotes(result);
    Judge(all, result);
  }

  void GradeOutcomes(const Histogram& all, StressResult& result) const {
    for (const Expect& row : plan_.expected) {
      result.outcomes.push_back({row.outcome, 0, row.*kColumn, row.why});
    }
    for (const Histogram::Entry& entry : all.entries()) {
      const auto row = std::find_if(result.outcomes.begin(), result.outcomes.end(),
                                    [&](const auto& o) { return o.outcome == entry.outcome; });
      if (row != result.outcomes.end()) {
        row->count += entry.count;
      } else {
        result.outcomes.push_back(
            {entry.outcome, entry.count, Grade::kForbidden, "not in the outcome table"});
      }
    }
  }

  static void ReportFailures(StressResult& result) {
    if (const auto first = native::FirstFailure()) {
      std::string text = first->why;
      if (*first->detail != '\0') text += std::string(": ") + first->detail;
      if (first->thread >= 0) text += ", on CPU " + std::to_string(first->thread);
      if (first->where.line > 0) {
        text += ", at " + std::string(first->where.file) + ":" + std::to_string(first->where.line);
      }
      result.failures.push_back(text);
      if (native::FailureCount() > 1) {
        result.failures.push_back("and " + std::to_string(native::FailureCount() - 1) +
                                  " further failures until the run stopped");
      }
    }
    for (const OutcomeCount& row : result.outcomes) {
      if (row.grade != Grade::kForbidden || row.count == 0) continue;
      std::string text = "forbidden outcome (";
      for (std::size_t i = 0; i < row.outcome.size(); ++i) {
        text += (i > 0 ? ", " : "") + std::to_string(row.outcome[i]);
      }
      result.failures.push_back(text + ") seen " + std::to_string(row.count) +
                                " times: " + row.why);
    }
  }

  void AddNotes(StressResult& result) const {
    if (shared_cpus_) {
      result.notes.push_back(std::to_string(plan_.threads) + " threads share " +
                             std::to_string(cpus_.size()) +
                             " CPUs: few samples overlap, so little was tried");
    }
    if (result.late_percent > 90) {
      result.notes.push_back(
          "threads came late to most samples: the CPUs are busy otherwise, or "
          "the scenario is longer than its slot");
    }
#if !defined(__OPTIMIZE__)
    result.notes.push_back("built without optimisation: all atomic accesses are seq_cst");
#endif
  }

  void Judge(const Histogram& all, StressResult& result) const {
    if (all.lost() > 0) result.failures.push_back("more than 1024 distinct outcomes");
    result.verdict = StressVerdict::kPassed;
    if (all.Total() == 0) {
      result.verdict = StressVerdict::kNotTrusted;
      result.notes.push_back("no sample was taken");
    }
    for (const OutcomeCount& row : result.outcomes) {
      if (!plan_.control || row.grade != Grade::kWeak || row.count > 0) continue;
      result.verdict = StressVerdict::kNotTrusted;
      result.notes.push_back("a weak outcome that this architecture shows was never seen: " +
                             row.why);
    }
    if (!result.failures.empty()) result.verdict = StressVerdict::kFailed;
  }

  const StressPlan& plan_;
  const StressOptions& options_;
  const std::vector<int> cpus_;
  const bool shared_cpus_;  // more threads than CPUs
  const bool slots_;        // SlotPacer, else HandshakePacer
  Gate gate_;
  HandshakeCounter handshake_;
  native::Random pace_random_;
  // Written at gates only.
  bool done_ = false;
  std::uint64_t start_ = 0, period_ = 0;
  std::unique_ptr<SampleBatch> batch_;
  std::unique_ptr<TortureProgram> program_;
  std::vector<WorkerResult> results_;
};

}  // namespace

std::string_view Name(StressVerdict verdict) {
  switch (verdict) {
    case StressVerdict::kPassed:
      return "passed";
    case StressVerdict::kFailed:
      return "failed";
    case StressVerdict::kNotTrusted:
      return "harness not trusted";
  }
  return "unknown";
}

std::string_view NativeModel() { return kColumn == &Expect::tso ? "tso" : "rc11"; }

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
