#include "runtime/check/search_job.h"

#include "model/replay.h"
#include "runtime/check/memory_use.h"

namespace heddle {
namespace {

constexpr std::size_t kLongListing = 1 << 20;  // bytes

// Of the events' sources and places, not of values: code under test may store addresses, which
// differ from run to run.
std::uint64_t FingerprintOf(const model::ExecutionGraph& g) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : model::EncodeExecution(g))
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string Hex(std::uint64_t n) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; n >>= 4) digits[i] = "0123456789abcdef"[n & 15];
  return digits;
}

model::ExploreResult ExploreBy(const Strategy& strategy, Searched& searched,
                               const model::MemoryModel& model,
                               const model::ExploreOptions& options, const model::Visitor& visit) {
  switch (strategy.kind) {
    case Strategy::Kind::kExhaustive:
      break;
    case Strategy::Kind::kPreemptions:
      if (searched.bounded == nullptr)
        searched.bounded = std::make_unique<model::PreemptionSearch>(searched.program(), model,
                                                                     strategy.preemptions, options);
      return searched.bounded->GoOn(options, visit);
    case Strategy::Kind::kRandom:
      return ExploreAtRandom(searched.program(), model, strategy.random, options, visit);
  }
  return ExploreByRevisits(searched.program(), model, options, visit);
}

void Explore(Searched& searched, const SearchSpec& spec, const SearchJob& job,
             const std::function<bool(const model::ExploreResult&)>& interrupt, JobReport& report) {
  model::ExploreOptions options;
  options.task = job.task;
  options.max_executions = job.max_executions;
  options.timed = spec.timed;
  options.interrupt = interrupt;
  model::Visitor list;
  if (spec.list) {
    list = [&](const model::ExecutionGraph& g) {
      report.listing +=
          spec.name + " " + Hex(FingerprintOf(g)) + " " + searched.LastOutcome() + "\n";
    };
    options.interrupt = [&](const model::ExploreResult& r) {
      return (interrupt && interrupt(r)) || report.listing.size() > kLongListing;
    };
  }
  model::ExploreResult r = ExploreBy(spec.strategy, searched, *spec.model, options, list);
  const bool limited = r.complete && searched.bounded && searched.bounded->is_limited();
  report.tally = {r.executions, r.blocked, r.events,
                  r.revisits,   r.runs,    r.replayed_events,
                  r.seconds,    limited,   searched.TakeOutcomes()};
  if (r.violation) {
    report.violation = {std::move(r.rest.path), r.violation->kind, r.violation->message,
                        EncodeExecution(r.violation->graph)};
  } else if (!r.complete) {
    report.rest = std::move(r.rest);
  }
}

}  // namespace

std::string Show(const model::SearchTask& task) {
  std::string text;
  for (const std::uint32_t i : task.path) text += (text.empty() ? "" : ".") + std::to_string(i);
  return (text.empty() ? "root" : text) + "/" + std::to_string(task.floor);
}

JobReport RunJob(Searched& searched, const SearchSpec& spec, const SearchJob& job,
                 const std::function<bool(const model::ExploreResult&)>& interrupt) {
  JobReport report;
  switch (job.kind) {
    case SearchJob::Kind::kExplore:
      Explore(searched, spec, job, interrupt, report);
      break;
    case SearchJob::Kind::kSplit:
      report.tasks = spec.strategy.kind == Strategy::Kind::kRandom
                         ? SplitRandomSearch(spec.strategy.random, job.parts)
                         : SplitSearch(searched.program(), *spec.model, job.parts);
      break;
    case SearchJob::Kind::kProbe:
      report.probes = ProbeSearch(searched.program(), *spec.model, job.seed, 0,
                                  std::chrono::milliseconds(job.milliseconds));
      break;
  }
  report.peak_memory = PeakMemory();
  return report;
}

}  // namespace heddle
