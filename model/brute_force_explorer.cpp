// Which executions should a search visit?  This file is the definition, so it is as plain as can
// be: build every graph in every order, one event at a time, and let the axioms judge the finished
// ones. The only economy of its own is to enter each unfinished graph once, however many orders
// lead to it; callers may leave out more (GraphVisitor::enter).
#include "model/brute_force_explorer.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "model/explorer.h"

namespace heddle::model {
namespace {

class Enumeration {
 public:
  Enumeration(Program& program, const GraphVisitor& visitor)
      : program_(program), visitor_(visitor) {}

  // Graphs are copied at each step: nothing is ever undone, so nothing can be undone wrongly.
  void Visit(const ExecutionGraph& g) {
    if (!seen_.insert(g.Fingerprint()).second) return;
    if (const ThreadId t = ThreadInRmw(g); t >= 0) {
      const Event& read = g.thread(t).back();
      Extend(g, t, WriteHalf(read.label, read.value));
      return;
    }
    if (visitor_.enter && !visitor_.enter(g)) return;
    Replay(g);
    std::vector<Step> steps;
    bool ends = false;
    for (ThreadId t = 0; t < g.thread_count(); ++t) {
      const Step& step = steps.emplace_back(program_.Next(t));
      if (step.kind == Step::Kind::kError && visitor_.failed) visitor_.failed(g, step);
      ends = ends || step.kind == Step::Kind::kBlocked || step.kind == Step::Kind::kError;
    }
    if (ends) return;
    bool complete = true, waiting = true;
    for (ThreadId t = 0; t < g.thread_count(); ++t) {
      const Step& step = steps[static_cast<std::size_t>(t)];
      if (step.kind != Step::Kind::kOperation) continue;
      const bool waits = step.label.await &&
                         !step.label.await.Holds(ValueOf(g, g.NewestWrite(step.label.location)));
      complete = complete && waits && step.label.may_wait_forever;
      waiting = waiting && waits;
    }
    if (complete) {
      if (visitor_.complete) visitor_.complete(g);
    } else if (waiting && visitor_.stuck) {
      visitor_.stuck(g);
    }
    for (ThreadId t = 0; t < g.thread_count(); ++t) {
      const Step& step = steps[static_cast<std::size_t>(t)];
      if (step.kind == Step::Kind::kOperation) Extend(g, t, step.label);
    }
  }

 private:
  // The order of addition respects sb | rf, which programs that run for real rely on.
  void Replay(const ExecutionGraph& g) {
    std::vector<EventId> order;
    for (std::int16_t t = 0; t < g.thread_count(); ++t)
      for (std::int16_t i = 0; i < g.size(t); ++i) order.push_back({t, i});
    std::ranges::sort(order, {}, [&g](EventId e) { return g.at(e).stamp; });
    program_.Restart();
    for (const EventId e : order) {
      if (g.at(e).label.is_write() && g.at(e).label.rmw) continue;  // its read issued it
      program_.Next(e.thread);
      program_.Reply(e.thread, g.at(e).value);
    }
  }

  static ThreadId ThreadInRmw(const ExecutionGraph& g) {
    for (ThreadId t = 0; t < g.thread_count(); ++t)
      if (g.size(t) > 0 && g.thread(t).back().is_exclusive_read()) return t;
    return -1;
  }

  void Extend(const ExecutionGraph& g, ThreadId t, const Label& label) {
    ExecutionGraph appended = g;
    const EventId e = appended.Append(t, label);
    const int writes = static_cast<int>(g.mo(label.location).size());
    switch (label.kind) {
      case Kind::kRead:
      case Kind::kFetch:
        for (int i = 0; i <= writes; ++i) {
          ExecutionGraph next = appended;
          const EventId w = g.WriteAt(label.location, i);
          const Value value = ValueOf(g, w);
          if (label.await && !label.await.Holds(value)) continue;
          next.SetRf(e, w, value);
          Visit(next);
        }
        break;
      case Kind::kWrite:
        for (int i = 1; i <= writes + 1; ++i) {
          ExecutionGraph next = appended;
          next.InsertMo(e, i);
          Visit(next);
        }
        break;
      case Kind::kChoice:
        for (Value v = 0; v < label.value; ++v) {
          ExecutionGraph next = appended;
          next.at(e).value = v;
          Visit(next);
        }
        break;
      case Kind::kFence:
      case Kind::kSerialize:
      case Kind::kFree:
      case Kind::kClean:
      case Kind::kInvalidate:
      case Kind::kDestroy:
        Visit(appended);
        break;
    }
  }

  Value ValueOf(const ExecutionGraph& g, EventId w) const {
    return w.is_init() ? program_.InitialValue(w.index) : g.at(w).value;
  }

  Program& program_;
  const GraphVisitor& visitor_;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

void EnumerateGraphs(Program& program, const GraphVisitor& visitor) {
  Enumeration(program, visitor).Visit(ExecutionGraph(program.thread_count()));
}

ExploreResult ExploreByBruteForce(Program& program, const MemoryModel& model,
                                  const Visitor& visit) {
  ExploreResult result;
  const auto complete = [&](const ExecutionGraph& g) {
    if (!IsConsistent(model, g)) return;
    ++result.executions;
    if (visit) visit(g);
  };
  EnumerateGraphs(program, {.complete = complete});
  result.complete = true;
  return result;
}

}  // namespace heddle::model
