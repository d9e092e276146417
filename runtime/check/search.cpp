// The coordinator: gives out tasks, divides those of busy workers when others run dry, and merges
// what comes back.
//
// Nothing is in two places: a task is on the agenda or given to one worker, and its executions are
// counted when the worker reports them together with what is left of it.  So agenda and given tasks
// (as they were given) and the tally are a correct checkpoint at any time; interrupting the workers
// before only makes it a recent one.
#include "runtime/check/search.h"

#include <algorithm>
#include <stdexcept>

#include "runtime/check/agenda.h"
#include "runtime/check/budgets.h"
#include "runtime/check/memory_use.h"
#include "runtime/check/process_crew.h"
#include "runtime/check/search_meter.h"

namespace heddle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kTasksPerWorker = 32;

class Coordinator {
 public:
  Coordinator(const SearchSpec& spec, const SearchOptions& options)
      : options_(options),
        crew_(options.workers == 1 ? MakeInlineCrew(spec) : MakeProcessCrew(spec, options.workers)),
        workers_(static_cast<std::size_t>(crew_->size())),
        budgets_(options),
        meter_(options, spec.strategy) {
    state_ = options.from;
    for (model::SearchTask& t : std::exchange(state_.tasks, {})) agenda_.Put(std::move(t));
    if (state_.violation) agenda_.Report(*state_.violation);
    if (!state_.begun && options.workers == 1 && options.shard.of == 1)
      Begin({model::SearchTask{}});
  }

  SearchResult Run() {
    for (;;) {
      if (const auto budget = stopped_by_ ? std::nullopt : budgets_.Exceeded(*crew_)) Stop(*budget);
      GiveJobs();
      if (!AnyBusy()) break;
      AskForWork();
      if (meter_.WantsProbe() && !workers_[0].asked) Interrupt(0);
      if (auto answer = crew_->Wait(NextDeadline())) Take(*answer);
      if (options_.progress) meter_.Show(state_.tally, crew_->Unreported());
      Checkpoint();
    }
    SearchResult result;
    result.state = Snapshot();
    if (!result.state.done()) result.ended_by = stopped_by_.value_or(Budget::kNone);
    result.peak_memory = PeakMemory();
    for (const Worker& w : workers_)
      if (crew_->size() > 1) result.peak_memory += w.peak_memory;
    if (options_.checkpoint) options_.checkpoint(result.state);
    return result;
  }

 private:
  struct Worker {
    bool busy = false, asked = false, to_report = false;
    SearchJob job;
    Clock::time_point since;
    std::uint64_t peak_memory = 0;

    bool explores() const { return busy && job.kind == SearchJob::Kind::kExplore; }
  };

  void Begin(std::vector<model::SearchTask> tasks) {
    state_.begun = true;
    for (std::size_t i = 0; i < tasks.size(); ++i)
      if (options_.shard.of == 1 || i % options_.shard.of == options_.shard.index - 1)
        agenda_.Put(std::move(tasks[i]));
  }

  bool AnyBusy() const {
    return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.busy; });
  }

  void GiveJobs() {
    for (std::size_t w = 0; w < workers_.size(); ++w) {
      if (workers_[w].busy) continue;
      auto job = NextJob();
      if (!job) return;
      workers_[w] = {true, false, false, *job, Clock::now(), workers_[w].peak_memory};
      crew_->Give(static_cast<int>(w), std::move(*job));
    }
  }

  std::optional<SearchJob> NextJob() {
    if (stopped_by_) return {};
    SearchJob job;
    if (!state_.begun) {
      if (AnyBusy()) return {};
      job.kind = SearchJob::Kind::kSplit;
      // The division into shards depends on nothing but their number.
      job.parts = kTasksPerWorker * (options_.shard.of > 1 ? options_.shard.of : workers_.size());
      return job;
    }
    if (agenda_.empty()) return {};
    if (auto probe = meter_.NextProbe()) return probe;
    job.max_executions = budgets_.Allowance(state_.tally, crew_->size());
    // Whether there is one execution too many is asked when all others have been counted.
    if (job.max_executions == 0U && AnyBusy()) return {};
    budgets_.Reserve(job.max_executions);
    job.task = agenda_.Take();
    return job;
  }

  // How many more busy workers are to divide their task, so that each idle one gets something.
  std::ptrdiff_t Wanted() const {
    if (stopped_by_ || !agenda_.empty()) return 0;
    return std::count_if(workers_.begin(), workers_.end(),
                         [](const Worker& w) { return !w.busy; }) -
           std::count_if(workers_.begin(), workers_.end(),
                         [](const Worker& w) { return w.explores() && w.asked; });
  }

  void AskForWork() {
    std::ptrdiff_t wanted = Wanted();
    const auto now = Clock::now();
    for (std::size_t w = 0; w < workers_.size() && wanted > 0; ++w) {
      if (!workers_[w].explores() || workers_[w].asked || now - workers_[w].since < options_.keep)
        continue;
      Interrupt(w);
      --wanted;
    }
  }

  void Interrupt(std::size_t w) {
    workers_[w].asked = true;
    crew_->Interrupt(static_cast<int>(w));
  }

  void Stop(Budget budget) {
    stopped_by_ = budget;
    for (std::size_t w = 0; w < workers_.size(); ++w)
      if (workers_[w].busy) Interrupt(w);
  }

  Crew::Time NextDeadline() const {
    Crew::Time next = meter_.NextShow();
    if (!stopped_by_) next = std::min(next, budgets_.NextLook());
    if (options_.checkpoint) next = std::min(next, next_checkpoint_);
    const bool wanted = Wanted() > 0;
    for (const Worker& w : workers_)
      if (wanted && w.explores() && !w.asked) next = std::min(next, w.since + options_.keep);
    return next;
  }

  void Take(Crew::Answer& answer) {
    Worker& worker = workers_[static_cast<std::size_t>(answer.worker)];
    JobReport& report = answer.report;
    worker.busy = worker.to_report = false;
    worker.peak_memory = std::max(worker.peak_memory, report.peak_memory);
    if (worker.job.kind == SearchJob::Kind::kSplit) Begin(std::move(report.tasks));
    if (worker.job.kind == SearchJob::Kind::kProbe) meter_.Add(report.probes);
    if (worker.job.kind != SearchJob::Kind::kExplore) return;
    budgets_.Release(worker.job.max_executions);
    state_.tally.Add(report.tally);
    if (!report.listing.empty() && options_.list) options_.list(report.listing);
    if (report.violation) {
      agenda_.Report(std::move(*report.violation));
      for (std::size_t w = 0; w < workers_.size(); ++w)
        if (workers_[w].explores() && !agenda_.Matters(workers_[w].job.task.path)) Interrupt(w);
    }
    if (!report.rest) return;
    if (worker.job.max_executions == 0U) Stop(Budget::kExecutions);
    if (worker.asked && agenda_.empty() && !stopped_by_) {
      for (model::SearchTask& t : Halve(*report.rest)) agenda_.Put(std::move(t));
    } else {
      agenda_.Put(std::move(*report.rest));
    }
  }

  // When it is time, all workers report; when they have, everything is written.
  void Checkpoint() {
    if (!options_.checkpoint) return;
    if (Clock::now() >= next_checkpoint_) {
      collecting_ = true;
      next_checkpoint_ = Clock::now() + options_.checkpoint_every;
      for (std::size_t w = 0; w < workers_.size(); ++w) {
        workers_[w].to_report = workers_[w].explores();
        if (workers_[w].to_report) Interrupt(w);
      }
    }
    if (!collecting_ || std::any_of(workers_.begin(), workers_.end(),
                                    [](const Worker& w) { return w.busy && w.to_report; }))
      return;
    collecting_ = false;
    options_.checkpoint(Snapshot());
  }

  SearchState Snapshot() const {
    Agenda all = agenda_;
    for (const Worker& w : workers_)
      if (w.explores()) all.Put(w.job.task);
    SearchState state = state_;
    state.tasks = all.tasks();
    state.violation = agenda_.violation();
    state.seconds += std::chrono::duration<double>(Clock::now() - start_).count();
    return state;
  }

  const SearchOptions& options_;
  std::unique_ptr<Crew> crew_;
  std::vector<Worker> workers_;
  Budgets budgets_;
  SearchMeter meter_;
  SearchState state_;  // tasks and violation are the agenda's
  Agenda agenda_;
  std::optional<Budget> stopped_by_;
  bool collecting_ = false;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_checkpoint_ = start_ + options_.checkpoint_every;
};

}  // namespace

SearchResult Search(const SearchSpec& spec, const SearchOptions& options) {
  if (spec.strategy.is_undivided() && (options.workers > 1 || options.shard.of > 1))
    throw std::invalid_argument("a search with bounded preemptions cannot be divided");
  if (options.from.done()) return {options.from, Budget::kNone, PeakMemory()};
  return Coordinator(spec, options).Run();
}

}  // namespace heddle
