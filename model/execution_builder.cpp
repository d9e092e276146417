#include "model/execution_builder.h"

#include <algorithm>
#include <stdexcept>

#include "model/execution_errors.h"

namespace heddle::model {
namespace {

std::size_t At(int i) { return static_cast<std::size_t>(i); }

// "last written by thread 0 at mutex.cpp:30".  A location that the sentence names already (as in
// "mutex 'm'") is not named again.
std::string LastWritten(const Program& program, const ExecutionGraph& g, Location l,
                        const std::string& sentence) {
  const std::string name = "'" + program.LocationName(l) + "'";
  std::string text = sentence.find(name) == std::string::npos ? name + " " : "";
  const EventId w = g.NewestWrite(l);
  if (w.is_init()) return text + "never written by any thread";
  const Label& label = g.at(w).label;
  text += "last written by thread " + std::to_string(w.thread);
  if (label.line != 0) text += " at " + std::string(label.file) + ":" + std::to_string(label.line);
  return text;
}

}  // namespace

ExecutionBuilder::ExecutionBuilder(Program& program) : program_(program) {
  const int threads = program.thread_count();
  if (threads < 1 || threads > kMaxThreads)
    throw std::invalid_argument("a program has 1 to 32 threads, not " + std::to_string(threads));
}

void ExecutionBuilder::Peek(ThreadId t) {
  if (states_[At(t)] != State::kUnknown) return;
  steps_[At(t)] = &program_.Next(t);
  switch (steps_[At(t)]->kind) {
    case Step::Kind::kOperation:
      states_[At(t)] = State::kReady;
      break;
    case Step::Kind::kFinished:
      states_[At(t)] = State::kFinished;
      break;
    case Step::Kind::kBlocked:
      states_[At(t)] = State::kBlocked;
      newly_blocked_ = true;
      break;
    case Step::Kind::kError:
      states_[At(t)] = State::kError;
      error_thread_ = t;
      break;
  }
}

std::optional<Violation> ExecutionBuilder::Sync(ExecutionGraph& g) {
  const int threads = g.thread_count();
  error_thread_ = -1;
  if (!started_ || !program_.is_isolated()) {
    started_ = true;
    program_.Restart();
    steps_.resize(At(threads));
    states_.assign(At(threads), State::kUnknown);
    replayed_.assign(At(threads), 0);
    for (ThreadId t = 0; t < threads; ++t) g.TakeSmallestSize(t);
  } else {
    for (ThreadId t = 0; t < threads; ++t) {
      if (states_[At(t)] == State::kError) states_[At(t)] = State::kUnknown;
      if (replayed_[At(t)] <= g.TakeSmallestSize(t)) continue;
      program_.RestartThread(t);
      states_[At(t)] = State::kUnknown;
      replayed_[At(t)] = 0;
    }
  }
  for (;;) {
    bool progress = false;
    for (ThreadId t = 0; t < threads; ++t) {
      const int from = replayed_[At(t)];
      if (from == g.size(t)) continue;
      const int to = ReplayableUpTo(g, t);
      if (to == from) continue;
      const int same = program_.Replay(t, &g.at(IdOf(t, from)), to - from);
      if (same < to - from) return Nondeterminism(g, IdOf(t, from + same));
      replayed_[At(t)] = to;
      replayed_events_ += static_cast<std::uint64_t>(to - from);
      states_[At(t)] = State::kUnknown;
      progress = true;
    }
    if (progress) continue;
    const ThreadId t = NextDestroyer(g);
    if (t < 0) return std::nullopt;
    const EventId e = IdOf(t, replayed_[At(t)]);
    const Step& step = program_.Next(t);
    if (step.kind != Step::Kind::kOperation || !SameOperation(step.label, g.at(e).label))
      return Nondeterminism(g, e);
    program_.Reply(t, 0);
    ++replayed_[At(t)];
    ++replayed_events_;
    states_[At(t)] = State::kUnknown;
  }
}

// The index of the first event of `t` that is not replayed yet and cannot be now: a read whose
// source has not happened, or the beginning of a destructor, which comes as late as possible.
int ExecutionBuilder::ReplayableUpTo(const ExecutionGraph& g, ThreadId t) const {
  int to = replayed_[At(t)];
  for (; to < g.size(t); ++to) {
    const Event& e = g.at(IdOf(t, to));
    if (e.label.kind == Kind::kDestroy) break;
    if (e.label.is_read() && !e.rf.is_init() && e.rf.thread != t &&
        e.rf.index >= replayed_[At(e.rf.thread)])
      break;
  }
  return to;
}

// A thread that is to be replayed on, from the beginning of a destructor; -1: none.
ThreadId ExecutionBuilder::NextDestroyer(const ExecutionGraph& g) const {
  if (g.end_count() == 0) return -1;
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    const int next = replayed_[At(t)];
    if (next < g.size(t) && g.at(IdOf(t, next)).label.kind == Kind::kDestroy) return t;
  }
  return -1;
}

Violation ExecutionBuilder::Nondeterminism(const ExecutionGraph& g, EventId e) const {
  return MakeViolation(
      ErrorKind::kNondeterminism,
      "nondeterministic test: replaying event " + std::to_string(e.index) + " of thread " +
          std::to_string(e.thread) +
          ", the thread did something else with the same values read; it may depend on nothing but "
          "its reads and choices (no time, address, random number or global left over from an "
          "earlier run)",
      {e}, g.at(e).label);
}

void ExecutionBuilder::Reply(const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  states_[At(e.thread)] = State::kUnknown;
  replayed_[At(e.thread)] = g.size(e.thread);
  program_.Reply(e.thread, event.value);
}

ThreadId ExecutionBuilder::NextThread(const ExecutionGraph& g, bool awaits_last) {
  ThreadId awaiting = -1;
  bool satisfied = false, any_destroys = false;
  // Whether `t` is to move next, or may have an error.
  const auto moves = [&](ThreadId t) {
    Peek(t);
    if (states_[At(t)] != State::kReady) return states_[At(t)] == State::kError;
    const Label& label = steps_[At(t)]->label;
    if (!label.await) return true;
    if (label.of_written_once) return !IsHeld(g, t);
    if (satisfied || g.IsWaiting(t)) return false;
    if (!awaits_last) return true;
    satisfied = label.await.Holds(ValueOf(g, g.NewestWrite(label.location)));
    if (satisfied || awaiting < 0) awaiting = t;
    return false;
  };
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    if (IsAboutToDestroy(g, t))
      any_destroys = true;
    else if (moves(t))
      return HasError() ? -1 : t;
  }
  for (ThreadId t = 0; any_destroys && t < g.thread_count(); ++t)
    if (IsAboutToDestroy(g, t) && moves(t)) return HasError() ? -1 : t;
  return awaiting;
}

bool ExecutionBuilder::OthersCanMove(const ExecutionGraph& g, ThreadId t) {
  for (ThreadId u = 0; u < g.thread_count(); ++u) {
    if (u == t || !IsReady(u)) continue;
    const Label& label = steps_[At(u)]->label;
    if (!label.await) return true;
    if (g.IsWaiting(u)) continue;
    for (int p = static_cast<int>(g.mo(label.location).size()); p >= 0; --p)
      if (label.await.Holds(ValueOf(g, g.WriteAt(label.location, p)))) return true;
  }
  return false;
}

bool ExecutionBuilder::AnyBlocked(const ExecutionGraph& g) const {
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    if (states_[At(t)] == State::kFinished) continue;
    if (states_[At(t)] == State::kBlocked) return true;
    if (!Pending(t).label.may_wait_forever && IsStuck(g, t)) return true;
  }
  return false;
}

bool ExecutionBuilder::WaitsInVain(const ExecutionGraph& g) const {
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    if (states_[At(t)] != State::kBlocked || steps_[At(t)]->label.may_be_interrupted) continue;
    const int first = g.size(t) - static_cast<int>(steps_[At(t)]->label.value);
    for (int i = g.size(t); i-- > first;) {
      const Event& e = g.at(IdOf(t, i));
      if (!e.label.is_read()) continue;
      const auto& mo = g.mo(e.label.location);
      for (auto p = At(g.mo_position(e.rf)); p < mo.size(); ++p)
        if (g.at(mo[p]).stamp < e.stamp) return true;
      break;  // up to date: a revisit of it, which keeps the stale ones before it, may release `t`
    }
  }
  return false;
}

std::optional<Violation> ExecutionBuilder::Deadlock(const ExecutionGraph& g) const {
  std::string waiting;
  std::vector<EventId> events;
  const Label* where = nullptr;
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    const bool awaits = IsStuck(g, t);
    if (states_[At(t)] != State::kBlocked && !awaits) continue;
    const Step& step = *steps_[At(t)];
    if (awaits && step.label.may_wait_forever) continue;
    if (step.label.may_be_interrupted) return std::nullopt;
    std::string last_written;
    if (awaits) {
      const EventId newest = g.NewestWrite(step.label.location);
      if (step.label.await.Holds(ValueOf(g, newest))) return std::nullopt;
      if (!newest.is_init()) events.push_back(newest);
      last_written = LastWritten(program_, g, step.label.location, step.message);
    } else {
      std::vector<Location> seen;
      for (int i = g.size(t) - static_cast<int>(step.label.value); i < g.size(t); ++i) {
        const Event& e = g.at(IdOf(t, i));
        if (!e.label.is_read()) continue;
        events.push_back(IdOf(t, i));
        if (e.rf != g.NewestWrite(e.label.location)) return std::nullopt;
        if (std::find(seen.begin(), seen.end(), e.label.location) != seen.end()) continue;
        seen.push_back(e.label.location);
        last_written += (last_written.empty() ? "" : ", ") +
                        LastWritten(program_, g, e.label.location, step.message);
      }
    }
    waiting += (waiting.empty() ? "thread " : "; thread ") + std::to_string(t) + " waits for " +
               step.message + (last_written.empty() ? "" : " (" + last_written + ")");
    where = &step.label;
  }
  if (where == nullptr) return std::nullopt;
  return MakeViolation(ErrorKind::kDeadlock, waiting + "; no thread is left to make it true",
                       events, *where);
}

Violation ExecutionBuilder::FromStep(const Step& step) const {
  return MakeViolation(step.error, step.message, {}, step.label);
}

Violation ExecutionBuilder::TooLong(ThreadId t, int max_events) const {
  return MakeViolation(ErrorKind::kTooLarge,
                       "thread " + std::to_string(t) + " issued more than " +
                           std::to_string(max_events) +
                           " events: bound its loops, wait by await or spin_until, or allow more",
                       {}, Pending(t).label);
}

}  // namespace heddle::model
