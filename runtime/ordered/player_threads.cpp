// How do threads of a schedule start and wait for one another?
//
// By the same operations as in the model: runtime/model/spawn.cpp, waiting.cpp.
#include <utility>

#include "runtime/events/label.h"
#include "runtime/ordered/player.h"

namespace heddle::ordered {
namespace {

using model::ErrorKind;
using model::Kind;
using model::Label;
using model::Order;
using model::Value;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

Label Set(SourceLocation at) {
  Label label = events::MakeLabel(Kind::kWrite, Order::kRelease, at);
  label.value = 1;
  return label;
}
Label AwaitSet(SourceLocation at) {
  Label label = events::MakeLabel(Kind::kRead, Order::kAcquire, at);
  label.await = model::AwaitTest::Of([](Value v) { return v != 0; });
  return label;
}

}  // namespace

void Player::MakeSpawnCells() {
  started_cell_ = {.name = "threads started", .storage = &started_, .written = true};
  for (int n = 0; n < code_.spawned; ++n) {
    SpawnCells& s = spawned_[At(n)];
    const std::string thread = "thread " + std::to_string(code_.threads + n);
    s.start_cell = {.name = Keep(thread + "'s start"), .storage = &s.start, .written = true};
    s.end_cell = {.name = Keep(thread + "'s end"), .storage = &s.end, .written = true};
  }
}

// The thread's creation orders it after its creator, as it does everywhere.
void Player::Start(Performer& performer) {
  performer.state.Set(Performer::kRunning);
  const Seen seen;
  performer.thread = std::thread([this, &performer] { ThreadMain(performer); });
}

void Player::RunSpawned(Performer& self) {
  SpawnCells& cells = spawned_[At(self.number - code_.threads)];
  Perform(AwaitSet({}), &cells.start_cell);
  self.body();
  self.nesting.ThreadEnds(*this);
  Perform(Set({}), &cells.end_cell);
}

int Player::Spawn(std::function<void()> body, SourceLocation at) {
  if (!in_thread()) {
    Fail(ErrorKind::kMisuse, "only a thread can start another one", at);
    return -1;
  }
  if (code_.spawned == 0) {
    Fail(ErrorKind::kMisuse, "a thread is started, but the scenario declares no kSpawned", at);
    return -1;
  }
  Label next = events::MakeLabel(Kind::kRead, Order::kRelaxed, at);
  next.rmw = true;
  next.op = model::RmwOp::kAdd;
  next.value = 1;
  const int n = static_cast<int>(Perform(next, &started_cell_));
  if (n >= code_.spawned) {
    Fail(ErrorKind::kMisuse,
         "more threads are started than the scenario's kSpawned = " + std::to_string(code_.spawned),
         at);
    return -1;
  }
  Performer& spawned = *performers_[At(code_.threads + n)];
  spawned.body = std::move(body);
  Start(spawned);
  Perform(Set(at), &spawned_[At(n)].start_cell);
  return code_.threads + n;
}

void Player::AwaitEnd(int thread, SourceLocation at) {
  if (thread < code_.threads) return;  // it was not started, which has been reported
  Cell& end = spawned_[At(thread - code_.threads)].end_cell;
  Await(AwaitSet(at), &end, end.name);
}

Value Player::Await(const Label& label, Cell* cell, const char* what) {
  const SourceLocation at{label.file, label.line};
  if (!in_thread()) {
    Label look = events::MakeLabel(Kind::kRead, Order::kRelaxed, at);
    look.bytes = label.bytes;
    if (!dropping_ && !label.await.Holds(Perform(look, cell)))
      Fail(ErrorKind::kDeadlock, std::string(what) + " never holds", at);
    return Perform(label, cell);
  }
  if (!ipis_.ReachTheCpu()) {
    self().wait = {self().number, what, at};
    return Perform(label, cell);
  }
  // Its CPU has to take interrupts meanwhile.
  Label once = label;
  const model::AwaitTest test = std::exchange(once.await, {});
  Value value = 0;
  SpinUntil(
      [&] {
        return once.rmw ? TryOnce(once, cell, test, value)
                        : test.Holds(value = Perform(once, cell));
      },
      what, at);
  return value;
}

bool Player::TryOnce(Label rmw, Cell* cell, const model::AwaitTest& test, Value& read) {
  Label look = events::MakeLabel(Kind::kRead, Order::kRelaxed, {rmw.file, rmw.line});
  look.bytes = rmw.bytes;
  read = Perform(look, cell);
  if (!test.Holds(read)) return false;
  if (!rmw.cas) {
    rmw.value = WriteHalf(rmw, read).value;
    rmw.expected = read;
    rmw.op = model::RmwOp::kExchange;
    rmw.cas = true;
    return Perform(rmw, cell) == read;
  }
  return test.Holds(read = Perform(rmw, cell));
}

}  // namespace heddle::ordered
