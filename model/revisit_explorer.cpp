// TruSt: "Truly Stateless, Optimal Dynamic Partial Order Reduction" (Kokologiannakis, Marmanis,
// Gladstein, Vafeiadis, POPL 2022).
//
//   visit(G):  e = next event of the first runnable thread; none: G is complete (or blocked)
//     read e:   for each write w that e may take: visit(G + e, rf(e) = w)
//     write e:  for each place p in mo: visit(G + e at p)
//               for each read r of that location outside porf-prefix(e), with
//                 Deleted = { x : r <stamp x, x not in porf-prefix(e) }:
//               if each x in Deleted + {r} was added maximally:
//                 for each place p in mo: visit(G - Deleted, rf(r) = e, e at p)
//   x was added maximally, with Previous = { y : y <=stamp x } + porf-prefix(e), iff
//     no read of Previous takes x;  m = (x is a read ? rf(x) : x) is in Previous;
//     nothing of Previous is mo-after m;  a choice took its first alternative
//
// Three things a first attempt gets wrong: the revisited read keeps its stamp (else the search
// loops); two RMWs may for a moment read the same write, since the second one's write is what
// revisits the first one's read; and atomicity has to be checked again after each revisit.
//
// Deviation: the recursion is a stack of levels.  A level is one graph with the alternatives still
// open in it; forward alternatives cut that graph back to a stamp, backward ones copy what they
// keep of it into a new level.  So memory is one graph per nested revisit, and each execution costs
// one run of the program from its start.
#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model/execution_builder.h"
#include "model/explorer.h"

namespace heddle::model {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Alternatives left for the event with this stamp.
struct Branch {
  std::uint32_t stamp;
  ThreadId thread;
  Label label;
  int next, last;                 // mo positions from next down to last; choices from next up
  std::vector<EventId> revisits;  // reads that this write may revisit
  int revisit_place = -1;         // next place to try for revisits.back(); -1: not started
};

struct Level {
  ExecutionGraph graph;
  std::vector<Branch> branches;
};

class RevisitSearch {
 public:
  RevisitSearch(Program& program, const MemoryModel& model, const ExploreOptions& options,
                const Visitor& visit, const Progress& progress)
      : program_(program),
        checker_(model.make_checker()),
        builder_(program),
        options_(options),
        visit_(visit),
        progress_(progress) {}

  ExploreResult Run() {
    const int threads = program_.thread_count();
    if (threads < 1 || threads > kMaxThreads)
      throw std::invalid_argument("a program has 1 to 32 threads, not " + std::to_string(threads));
    start_ = SteadyClock::now();
    Push();
    Top().graph.Reset(threads);
    do {
      if (RunOnce()) break;
      if (OutOfBudget()) return result_;
    } while (Advance());
    result_.complete = depth_ == 0 && !stopped_;
    return result_;
  }

 private:
  Level& Top() { return levels_[depth_ - 1]; }
  void Push() {
    if (levels_.size() == depth_) levels_.emplace_back();
    levels_[depth_++].branches.clear();
  }

  // Replays the top graph, extends it to the end.  True: the search is to stop.
  bool RunOnce() {
    ExecutionGraph& g = Top().graph;
    if (auto violation = builder_.Replay(g)) return Report(std::move(*violation), g);
    // What Advance() put last has not been looked at for errors yet.
    for (const EventId fresh : std::exchange(fresh_, {}))
      if (auto violation = builder_.Errors(g, fresh)) return Report(std::move(*violation), g);
    for (;;) {
      const ThreadId t = builder_.NextThread(g);
      if (builder_.HasError())
        return Report(builder_.FromStep(builder_.Pending(builder_.error_thread())), g);
      if (t < 0) return Complete(g);
      if (g.size(t) >= kMaxEventsPerThread) {
        Violation v = builder_.FromStep(builder_.Pending(t));
        v.kind = ErrorKind::kTooLarge;
        v.message = "thread " + std::to_string(t) + " issued more than " +
                    std::to_string(kMaxEventsPerThread) + " events: bound its loops";
        return Report(std::move(v), g);
      }
      const EventId e = g.Append(t, builder_.Pending(t).label);
      checker_->OnAppend(g, e);
      if (!Place(g, e)) return false;  // no consistent way on; alternatives are on the stack
      if (auto violation = builder_.Errors(g, e)) return Report(std::move(*violation), g);
      builder_.Reply(g, e);
    }
  }

  // Gives the appended event its first answer and pushes the others.
  bool Place(ExecutionGraph& g, EventId e) {
    const Label label = g.at(e).label;
    Branch b{g.at(e).stamp, e.thread, label, 0, 0, {}, -1};
    switch (label.kind) {
      case Kind::kRead:
      case Kind::kFetch:
        b.next = static_cast<int>(g.mo(label.location).size());
        // A plain read takes the newest write: if that is not hb-before it, it races.
        b.last = label.order == Order::kPlain ? b.next : checker_->FirstCoherent(g, e);
        break;
      case Kind::kWrite:
        checker_->OnComplete(g, e);
        SetWritePlaces(g, e, b);
        if (label.order != Order::kPlain) b.revisits = RevisitableBy(g, e);
        break;
      case Kind::kChoice:
        b.next = 0;
        b.last = static_cast<int>(label.value) - 1;
        break;
      case Kind::kFence:
      case Kind::kSerialize:
      case Kind::kFree:
        checker_->OnComplete(g, e);
        return checker_->Consistent(g, e);
    }
    const bool placed = TakeNext(g, e, b);
    if (HasMore(b)) Top().branches.push_back(std::move(b));
    return placed;
  }

  static bool HasMore(const Branch& b) {
    if (!b.revisits.empty()) return true;
    return b.label.kind == Kind::kChoice ? b.next <= b.last : b.next >= b.last;
  }

  // An RMW's write goes right after what its read took, and nothing may stand between another RMW
  // and what that one took.
  void SetWritePlaces(const ExecutionGraph& g, EventId e, Branch& b) const {
    b.next = static_cast<int>(g.mo(b.label.location).size()) + 1;
    b.last = b.label.order == Order::kPlain ? b.next : checker_->FirstCoherent(g, e) + 1;
    if (!b.label.rmw) return;
    const EventId source = g.at({e.thread, static_cast<std::int16_t>(e.index - 1)}).rf;
    const int place = g.mo_position(source) + 1;
    if (place < b.last) {
      b.next = b.last - 1;  // nowhere
    } else {
      b.next = b.last = place;
    }
  }

  bool SplitsRmw(const ExecutionGraph& g, Location location, int place) const {
    if (place > static_cast<int>(g.mo(location).size())) return false;
    const EventId after = g.WriteAt(location, place);
    return g.at(after).label.rmw;  // it took what stands right before it, by atomicity
  }

  // Tries alternatives from b.next on until one is consistent; `e` is appended and unanswered.
  bool TakeNext(ExecutionGraph& g, EventId e, Branch& b) {
    const Label& label = b.label;
    if (label.kind == Kind::kChoice) {
      g.at(e).value = static_cast<Value>(b.next++);
      checker_->OnComplete(g, e);
      return true;
    }
    while (b.next >= b.last) {
      const int place = b.next--;
      if (label.is_write()) {
        if (SplitsRmw(g, label.location, place)) continue;
        g.InsertMo(e, place);
      } else {
        const EventId w = g.WriteAt(label.location, place);
        if (label.rmw && IsHopeless(g, e, w)) continue;
        g.SetRf(e, w, builder_.ValueOf(g, w));
        checker_->OnComplete(g, e);
      }
      if (checker_->Consistent(g, e)) return true;
      if (b.next < b.last) return false;
      Reappend(g, e, label);
    }
    return false;
  }

  // Another RMW already took `w`, so e's write will have no place, and no read that it could
  // revisit would take that other RMW's write out of the way.  Skipping e = w here saves a run.
  bool IsHopeless(const ExecutionGraph& g, EventId e, EventId w) const {
    const Label& label = g.at(e).label;
    if (label.cas && builder_.ValueOf(g, w) != label.expected) return false;
    const int next = g.mo_position(w) + 1;
    if (!SplitsRmw(g, label.location, next)) return false;
    const EventId other = g.WriteAt(label.location, next);
    Clock prefix = g.at(e).porf;  // what will be before e's write
    prefix.Add(e);
    if (!w.is_init()) {
      prefix.Join(g.at(w).porf);
      prefix.Add(w);
    }
    if (prefix.Contains(other)) return true;
    const auto& readers = g.readers(label.location);
    return std::none_of(readers.begin(), readers.end(), [&](EventId r) {
      return CanBeRevisited(g, r, prefix) && g.at(r).stamp < g.at(other).stamp &&
             AllMaximallyAdded(g, prefix, r);
    });
  }

  void Reappend(ExecutionGraph& g, EventId e, const Label& label) {
    g.CutTo(g.at(e).stamp - 1);
    g.Append(e.thread, label);
    checker_->OnAppend(g, e);
    if (label.is_write()) checker_->OnComplete(g, e);
  }

  std::vector<EventId> RevisitableBy(const ExecutionGraph& g, EventId a) const {
    std::vector<EventId> result;
    Clock prefix = g.at(a).porf;
    prefix.Add(a);
    for (const EventId r : g.readers(g.at(a).label.location))
      if (CanBeRevisited(g, r, prefix) && AllMaximallyAdded(g, prefix, r)) result.push_back(r);
    return result;
  }

  static bool CanBeRevisited(const ExecutionGraph& g, EventId r, const Clock& prefix) {
    return !prefix.Contains(r) && g.at(r).label.order != Order::kPlain;
  }

  // `prefix`: the revisiting write and everything porf-before it.
  bool AllMaximallyAdded(const ExecutionGraph& g, const Clock& prefix, EventId r) const {
    const std::uint32_t from = g.at(r).stamp;
    for (ThreadId t = 0; t < g.thread_count(); ++t) {
      for (int i = g.size(t) - 1; i >= prefix.count[static_cast<std::size_t>(t)]; --i) {
        const EventId x{static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)};
        if (g.at(x).stamp < from) break;
        if (!MaximallyAdded(g, x, prefix)) return false;
      }
    }
    return true;
  }

  bool MaximallyAdded(const ExecutionGraph& g, EventId x, const Clock& prefix) const {
    const Event& e = g.at(x);
    const auto previous = [&](EventId y) {
      return y.is_init() || g.at(y).stamp <= e.stamp || prefix.Contains(y);
    };
    if (e.label.kind == Kind::kChoice) return e.value == 0;
    if (!e.label.is_read() && !e.label.is_write()) return true;
    const EventId m = e.label.is_read() ? e.rf : x;
    if (!previous(m)) return false;
    const auto& mo = g.mo(e.label.location);
    for (auto p = static_cast<std::size_t>(g.mo_position(m)); p < mo.size(); ++p)
      if (previous(mo[p])) return false;
    if (e.label.is_write()) {
      for (const EventId r : g.readers(e.label.location))
        if (g.at(r).rf == x && previous(r)) return false;
    }
    return true;
  }

  // Moves to the next unexplored alternative; false when there is none.
  bool Advance() {
    while (depth_ > 0) {
      Level& level = Top();
      if (level.branches.empty()) {
        --depth_;
        continue;
      }
      Branch& b = level.branches.back();
      ExecutionGraph& g = level.graph;
      g.CutTo(b.stamp - 1);
      const EventId e = g.Append(b.thread, b.label);
      checker_->OnAppend(g, e);
      if (b.label.is_write()) checker_->OnComplete(g, e);
      const bool forward = b.label.kind == Kind::kChoice ? b.next <= b.last : b.next >= b.last;
      if (forward) {
        const bool taken = TakeNext(g, e, b);
        if (!HasMore(b)) level.branches.pop_back();
        if (!taken) continue;
        fresh_ = {e};
        return true;
      }
      if (b.revisits.empty()) {
        level.branches.pop_back();
        continue;
      }
      if (Revisit(e)) return true;
    }
    return false;
  }

  // The next placement of the top branch's write `a` while its last revisitable read takes it.
  bool Revisit(EventId a) {
    const std::size_t from = depth_ - 1;
    Push();
    const ExecutionGraph& g = levels_[from].graph;
    Branch& b = levels_[from].branches.back();
    const EventId r = b.revisits.back();
    const Label read = g.at(r).label;
    const std::uint32_t stamp = g.at(r).stamp;
    const Clock& prefix = g.at(a).porf;
    ExecutionGraph& kept = Top().graph;
    kept = g;
    kept.Restrict([&](EventId x) {
      return x != r && (x == a || prefix.Contains(x) || g.at(x).stamp < stamp);
    });

    Branch places = b;
    SetWritePlaces(kept, a, places);
    if (b.revisit_place < 0) b.revisit_place = places.next;
    const int place = std::min(places.next, b.revisit_place);
    b.revisit_place = place - 1;
    const bool exhausted = place <= places.last;
    bool consistent = place >= places.last && !SplitsRmw(kept, read.location, place);
    if (exhausted) {
      b.revisits.pop_back();
      b.revisit_place = -1;
    }
    if (consistent) {
      kept.InsertMo(a, place);
      consistent = checker_->Consistent(kept, a);
    }
    if (consistent) {
      const EventId again = kept.Append(r.thread, read);
      kept.at(again).stamp = stamp;
      checker_->OnAppend(kept, again);
      consistent = checker_->FirstCoherent(kept, again) <= place;
      if (consistent) {
        kept.SetRf(again, a, kept.at(a).value);
        checker_->OnComplete(kept, again);
        consistent = checker_->Consistent(kept, again);
      }
      fresh_ = {a, again};
    }
    if (!consistent) {
      --depth_;
      fresh_.clear();
      return false;
    }
    ++result_.revisits;
    return true;
  }

  // True: the search is to stop.
  bool Complete(const ExecutionGraph& g) {
    if (builder_.AnyBlocked()) {
      ++result_.blocked;
      if (auto deadlock = builder_.Deadlock(g)) return Report(std::move(*deadlock), g);
      return false;
    }
    ++result_.executions;
    if (visit_) visit_(g);
    const Step end = program_.Finish(g);
    if (end.kind == Step::Kind::kError) return Report(builder_.FromStep(end), g);
    return false;
  }

  bool Report(Violation violation, const ExecutionGraph& g) {
    if (!result_.violation) {
      violation.graph = g;
      result_.violation = std::move(violation);
    }
    stopped_ = options_.stop_at_first_error;
    return stopped_;
  }

  bool OutOfBudget() {
    const std::uint64_t runs = result_.executions + result_.blocked;
    if (options_.max_executions != 0 && runs >= options_.max_executions) return true;
    if (++iterations_ % 1024 != 0) return false;
    if (progress_) progress_(result_);
    return options_.time_limit.count() != 0 && SteadyClock::now() - start_ >= options_.time_limit;
  }

  Program& program_;
  std::unique_ptr<ConsistencyChecker> checker_;
  ExecutionBuilder builder_;
  const ExploreOptions& options_;
  const Visitor& visit_;
  const Progress& progress_;
  std::vector<Level> levels_;  // the first depth_ are in use; the others keep their buffers
  std::size_t depth_ = 0;
  std::vector<EventId> fresh_;  // the events that Advance() completed
  ExploreResult result_;
  std::uint64_t iterations_ = 0;
  bool stopped_ = false;
  SteadyClock::time_point start_;
};

}  // namespace

ExploreResult ExploreByRevisits(Program& program, const MemoryModel& model,
                                const ExploreOptions& options, const Visitor& visit,
                                const Progress& progress) {
  return RevisitSearch(program, model, options, visit, progress).Run();
}

}  // namespace heddle::model
