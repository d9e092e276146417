#include "cli/stats.h"

#include "cli/output.h"

namespace heddle::cli {
namespace {

double EventsPerExecution(const Tally& t) {
  return t.executions == 0 ? 0 : static_cast<double>(t.events) / static_cast<double>(t.executions);
}

}  // namespace

nlohmann::json StatsJson(const CheckResult& r) {
  const Tally& t = r;
  return {{"executions", t.executions},
          {"blocked", t.blocked},
          {"revisits", t.revisits},
          {"runs", t.runs},
          {"replayed_events", t.replayed_events},
          {"events_per_execution", EventsPerExecution(t)},
          {"seconds",
           {{"replaying", t.phases.replaying},
            {"extending", t.phases.extending},
            {"advancing", t.phases.advancing},
            {"finishing", t.phases.finishing}}},
          {"peak_memory_bytes", r.peak_memory}};
}

void PrintStats(const std::vector<CheckResult>& results) {
  Print("\n{:<46} {:<13} {:<6} {:>10} {:>10} {:>12} {:>8}   {:>7} {:>7} {:>7} {:>7} {:>8}\n",
        "work", "model", "traps", "revisits", "runs", "replayed ev.", "ev./ex.", "replay", "extend",
        "advance", "finish", "memory");
  for (const CheckResult& r : results) {
    const Tally& t = r;
    Print(
        "{:<46} {:<13} {:<6} {:>10} {:>10} {:>12} {:>8.1f}   {:>7.2f} {:>7.2f} {:>7.2f} {:>7.2f} "
        "{:>6} M\n",
        (r.subject->mutant.empty() ? "" : "  ") + r.subject->name(), r.model->name,
        Name(r.delivery), t.revisits, t.runs, t.replayed_events, EventsPerExecution(t),
        t.phases.replaying, t.phases.extending, t.phases.advancing, t.phases.finishing,
        r.peak_memory >> 20);
  }
  Print(
      "replay, extend, advance, finish: seconds, added over the workers, of running the program "
      "again, adding events,\ngoing to the next alternative and judging the end; memory: peaks so "
      "far, added over the processes\n");
}

}  // namespace heddle::cli
