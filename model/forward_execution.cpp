#include "model/forward_execution.h"

#include <algorithm>

#include "model/execution_errors.h"

namespace heddle::model {
namespace {

// Whether other threads can notice when it happens, or it can notice them.
bool IsLocal(const Label& l) { return !(l.is_read() || l.is_write()) || l.order == Order::kPlain; }

}  // namespace

ForwardExecution::ForwardExecution(Program& program, const MemoryModel& model,
                                   const ExploreOptions& options)
    : program_(program),
      model_(model),
      interleaves_(model.interleaves),
      max_thread_events_(std::min(options.max_thread_events, kMaxEventsPerThread - 2)),
      checker_(model.make_checker()),
      builder_(program),
      g_(program.thread_count()) {}

EventId ForwardExecution::Append(ThreadId t, const Label& label) {
  const EventId e = g_.Append(t, label);
  checker_->OnAppend(g_, e);
  if (label.is_write()) checker_->OnComplete(g_, e);
  return e;
}

int ForwardExecution::Propose(ThreadId t, const Label& label) {
  before_ = g_.last_stamp();
  proposed_ = Append(t, label);
  if (label.kind == Kind::kChoice) return static_cast<int>(label.value);
  // A plain access takes the newest write: if that is not hb-before it, it races.
  if (IsLocal(label) || (interleaves_ && label.kind != Kind::kFetch)) return 1;
  return static_cast<int>(g_.mo(label.location).size()) - checker_->FirstCoherent(g_, proposed_) +
         1;
}

bool ForwardExecution::Answer(int k) {
  switch (g_.at(proposed_).label.kind) {
    case Kind::kChoice:
      g_.at(proposed_).value = static_cast<Value>(k);
      break;
    case Kind::kWrite:
      return AnswerWrite(k);
    case Kind::kRead:
    case Kind::kFetch:
      return AnswerRead(k);
    case Kind::kFence:
    case Kind::kSerialize:
    case Kind::kFree:
    case Kind::kDestroy:
    case Kind::kClean:
    case Kind::kInvalidate:
      break;
  }
  checker_->OnComplete(g_, proposed_);
  return true;  // what comes last and takes no old write closes no cycle
}

// An RMW right after the write before `place`: nothing may go between the two.
bool ForwardExecution::SplitsRmw(Location location, int place) const {
  const auto& mo = g_.mo(location);
  return place <= static_cast<int>(mo.size()) &&
         g_.at(mo[static_cast<std::size_t>(place - 1)]).label.rmw;
}

bool ForwardExecution::AnswerWrite(int k) {
  const Location l = g_.at(proposed_).label.location;
  const int place = static_cast<int>(g_.mo(l).size()) + 1 - k;
  if (SplitsRmw(l, place)) return false;
  g_.InsertMo(proposed_, place);
  if (k == 0 || checker_->Consistent(g_, proposed_)) return true;
  g_.RemoveMo(proposed_);
  return false;
}

bool ForwardExecution::AnswerRead(int k) {
  const Label label = g_.at(proposed_).label;
  const int position = static_cast<int>(g_.mo(label.location).size()) - k;
  const EventId w = g_.WriteAt(label.location, position);
  const Value value = builder_.ValueOf(g_, w);
  if (label.await && !label.await.Holds(value)) return false;
  const bool writes = label.kind == Kind::kRead && label.rmw && RmwWrites(label, value);
  if (writes && SplitsRmw(label.location, position + 1)) return false;
  g_.SetRf(proposed_, w, value);
  checker_->OnComplete(g_, proposed_);
  if ((k == 0 || checker_->Consistent(g_, proposed_)) && (!writes || AnswerWritingHalf(k)))
    return true;
  const ThreadId t = proposed_.thread;
  Withdraw();
  Append(t, label);
  return false;
}

bool ForwardExecution::AnswerWritingHalf(int k) {
  const Event& read = g_.at(proposed_);
  const int place = g_.mo_position(read.rf) + 1;
  const EventId write = Append(proposed_.thread, WriteHalf(read.label, read.value));
  if (k > 0 && place <= checker_->FirstCoherent(g_, write)) return false;
  g_.InsertMo(write, place);
  return k == 0 || checker_->Consistent(g_, write);
}

std::optional<Violation> ForwardExecution::ErrorOfAnswer() const {
  for (int i = proposed_.index; i < g_.size(proposed_.thread); ++i)
    if (auto violation = ErrorOf(program_, model_, g_, IdOf(proposed_.thread, i))) return violation;
  return std::nullopt;
}

// The evaluation may have taken interrupts, whose acknowledgements are not to be taken back.
EventId ForwardExecution::FailedEvaluation(ThreadId t) const {
  const int size = g_.size(t);
  const int evaluated = static_cast<int>(Pending(t).value);
  int first = size;
  while (first > size - evaluated && !g_.at(IdOf(t, first - 1)).label.is_write()) --first;
  return IdOf(t, first);
}

void ForwardExecution::TakeBack(EventId first, DeletedEvents& deleted) {
  Clock keep;
  keep.count.fill(kMaxEventsPerThread);
  keep.count[static_cast<std::size_t>(first.thread)] = first.index;
  g_.Delete(g_.at(first).stamp, keep, deleted);
}

std::optional<Violation> ForwardExecution::Failure() {
  for (ThreadId t = 0; t < g_.thread_count(); ++t) {
    if (!builder_.IsReady(t)) continue;
    if (g_.size(t) >= max_thread_events_) return builder_.TooLong(t, max_thread_events_);
  }
  if (!builder_.HasError()) return std::nullopt;
  return builder_.FromStep(builder_.Pending(builder_.error_thread()));
}

ThreadId ForwardExecution::NextLocal() {
  for (ThreadId t = 0; t < g_.thread_count(); ++t)
    if (builder_.IsReady(t) && IsLocal(Pending(t))) return t;
  return -1;
}

bool ForwardExecution::IsOutdated(ThreadId t) const {
  for (int i = FailedEvaluation(t).index; i < g_.size(t); ++i) {
    const Event& e = g_.at(IdOf(t, i));
    if (e.label.is_read() && e.rf != g_.NewestWrite(e.label.location)) return true;
  }
  return false;
}

bool ForwardExecution::CanGoOn(ThreadId t) {
  if (!builder_.IsReady(t)) return IsBlocked(t) && IsOutdated(t);
  const Label& label = Pending(t);
  return !label.await || label.await.Holds(builder_.ValueOf(g_, g_.NewestWrite(label.location)));
}

bool ForwardExecution::CanMove(ThreadId t) {
  if (CanGoOn(t)) return true;
  if (!builder_.IsReady(t) || interleaves_) return false;
  const int answers = Propose(t, Pending(t));
  bool found = false;
  for (int k = 1; k < answers && !found; ++k) found = Answer(k);
  Withdraw();
  return found;
}

bool ForwardExecution::AtEnd() {
  for (ThreadId t = 0; t < g_.thread_count(); ++t)
    if (CanGoOn(t)) return false;
  return true;
}

std::optional<Violation> ForwardExecution::End(ExploreResult& result, const Visitor& visit) {
  const std::uint32_t end = g_.last_stamp();
  for (ThreadId t = 0; t < g_.thread_count(); ++t)
    if (builder_.IsReady(t)) g_.AddWaiter({t, end + 1, Pending(t)});
  std::optional<Violation> violation;
  if (builder_.AnyBlocked(g_)) {
    ++result.blocked;
    violation = builder_.Deadlock(g_);
  } else {
    ++result.executions;
    result.events += static_cast<std::uint64_t>(g_.event_count());
    const Step finished = program_.Finish(g_);
    if (visit) visit(g_);
    if (finished.kind == Step::Kind::kError) violation = builder_.FromStep(finished);
  }
  g_.CutTo(end);  // no waiter any more
  return violation;
}

}  // namespace heddle::model
