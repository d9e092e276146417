#include "model/preemption_search.h"

#include <algorithm>
#include <utility>

namespace heddle::model {

PreemptionSearch::PreemptionSearch(Program& program, const MemoryModel& model, int preemptions,
                                   const ExploreOptions& options)
    : preemptions_(preemptions),
      interleaves_(model.interleaves),
      execution_(program, model, options) {}

ExploreResult PreemptionSearch::GoOn(const ExploreOptions& options, const Visitor& visit) {
  options_ = &options;
  clock_ = PhaseClock(options.timed);
  visit_ = &visit;
  result_ = {};
  const std::uint64_t replayed = execution_.builder().replayed_events();
  bool stop = false;
  while (!stop) {
    if (std::exchange(must_open_, false)) {
      stop = Open();
    } else if (Advance() || NextBound()) {
      clock_.Charge(result_.seconds.advancing);
      stop = Arrive();
    } else {
      result_.complete = true;
      break;
    }
    stop = stop || (options.interrupt && options.interrupt(result_));
  }
  result_.replayed_events = execution_.builder().replayed_events() - replayed;
  return std::move(result_);
}

bool PreemptionSearch::NextBound() {
  if (bound_ == preemptions_ || !limited_) return false;
  ++bound_;
  limited_ = false;
  visited_.Clear();
  taken_back_.clear();
  execution_.Clear();
  running_ = -1;
  left_ = bound_;
  answered_ = false;
  away_ = true;
  return true;
}

// To the next move that has not been tried; false if there is none.
bool PreemptionSearch::Advance() {
  while (depth_ > 0) {
    Frame& f = frames_[depth_ - 1];
    if (f.move == f.moves.size()) {
      --depth_;
      away_ = true;
      continue;
    }
    BackTo(f);
    const Move& m = f.moves[f.move];
    running_ = f.is_choice ? f.running : m.thread;
    left_ = running_ == f.running || f.running < 0 ? f.left : f.left - 1;
    answered_ = m.again == kNoEvent;
    if (!answered_) {
      TakeBack(m.again);
      ++f.move;
      return true;
    }
    const int answers = execution_.Propose(m.thread, m.label);
    bool found = false;
    while (!found && f.answer < answers) found = execution_.Answer(f.answer++);
    if (f.answer == answers) {
      f.answer = 0;
      ++f.move;
    }
    if (found) return true;
  }
  return false;
}

void PreemptionSearch::BackTo(const Frame& frame) {
  ExecutionGraph& g = execution_.graph();
  for (; taken_back_.size() > frame.taken_back; taken_back_.pop_back()) {
    g.CutTo(taken_back_.back().stamp);
    g.Restore(taken_back_.back().events);
  }
  g.CutTo(frame.stamp);
}

bool PreemptionSearch::Arrive() {
  if (!IsNew()) return false;
  if (answered_)
    if (auto error = execution_.ErrorOfAnswer()) return Report(std::move(*error));
  if (answered_ && !away_) {
    execution_.Follow();
  } else {
    ++result_.runs;
    if (auto error = execution_.Sync()) return Report(std::move(*error));
    clock_.Charge(result_.seconds.replaying);
  }
  away_ = true;
  return Settle();
}

// Moves all threads to their next operation that others can notice.
bool PreemptionSearch::Settle() {
  bool changed = false;
  for (;;) {
    if (auto error = execution_.Failure()) return Report(std::move(*error));
    if (TakeBackOutdated()) {
      if (!IsNew()) return false;
      changed = false;
      if (auto error = execution_.Sync()) return Report(std::move(*error));
      continue;
    }
    const ThreadId t = execution_.NextLocal();
    if (t < 0) break;
    const Label label = execution_.Pending(t);
    if (label.kind == Kind::kChoice) {
      if (changed && !IsNew()) return false;
      Frame& f = Push();
      f.is_choice = true;
      f.moves = {{t, label}};
      return false;
    }
    execution_.Propose(t, label);
    execution_.Answer(0);
    if (auto error = execution_.ErrorOfAnswer()) return Report(std::move(*error));
    execution_.Follow();
    changed = true;
  }
  if (running_ >= 0 && !execution_.CanGoOn(running_)) {
    running_ = -1;
    changed = true;
  }
  return (!changed || IsNew()) && Open();
}

// Counts the end, if this is one, and notes what can be done from here.
bool PreemptionSearch::Open() {
  const bool at_end = execution_.AtEnd();
  clock_.Charge(result_.seconds.extending);
  if (at_end) {
    const std::uint64_t graph = execution_.graph().Shape();
    const auto& max = options_->max_executions;
    if (!ended_.Contains(graph)) {
      // One more than may be is left alone: a search that ends in its bound is complete.
      if (max && result_.executions + result_.blocked >= *max) return must_open_ = true;
      ended_.Add(graph, -1, 0);
      auto error = execution_.End(result_, *visit_);
      if (error && Report(std::move(*error))) return true;
    }
    clock_.Charge(result_.seconds.finishing);
  }
  FindMoves(Push());
  away_ = at_end;  // the program has been told that it has finished
  return false;
}

PreemptionSearch::Frame& PreemptionSearch::Push() {
  if (depth_ == frames_.size()) frames_.emplace_back();
  Frame& f = frames_[depth_++];
  f.stamp = execution_.graph().last_stamp();
  f.taken_back = taken_back_.size();
  f.running = running_;
  f.left = left_;
  f.is_choice = false;
  f.moves.clear();
  f.move = 0;
  f.answer = 0;
  away_ = false;
  return f;
}

// The running thread first: what is found soon has few switches.
void PreemptionSearch::FindMoves(Frame& f) {
  for (ThreadId t = 0; t < execution_.graph().thread_count(); ++t) {
    // A blocked thread whose reads are the newest may find its condition true by old ones.
    const bool blocked = execution_.IsBlocked(t);
    if (blocked ? interleaves_ : !execution_.CanMove(t)) continue;
    Move move{t, execution_.Pending(t), kNoEvent};
    if (blocked) move.again = execution_.FailedEvaluation(t);
    if (blocked && move.again.index == execution_.graph().size(t)) continue;
    f.moves.push_back(move);
    if (t == f.running) std::swap(f.moves.front(), f.moves.back());
  }
  if (f.running < 0 || f.left > 0 || f.moves.size() == 1) return;
  f.moves.resize(1);
  limited_ = true;
}

void PreemptionSearch::TakeBack(EventId first) {
  taken_back_.push_back({execution_.graph().last_stamp(), {}});
  execution_.TakeBack(first, taken_back_.back().events);
}

bool PreemptionSearch::TakeBackOutdated() {
  bool any = false;
  for (ThreadId t = 0; t < execution_.graph().thread_count(); ++t) {
    if (!execution_.IsBlocked(t) || !execution_.IsOutdated(t)) continue;
    TakeBack(execution_.FailedEvaluation(t));
    any = true;
  }
  return any;
}

bool PreemptionSearch::Report(Violation violation) {
  away_ = true;
  violation.graph = execution_.graph();
  if (options_->on_violation) options_->on_violation(violation);
  if (!result_.violation) result_.violation = std::move(violation);
  return options_->stop_at_first_error;
}

}  // namespace heddle::model
