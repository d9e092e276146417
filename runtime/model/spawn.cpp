// How does a model thread start another one, and wait for its end?
//
// A program may start `spawned` threads, which exist from the beginning: each waits for a cell of
// its own, its start, and may do so for ever.  Starting one takes the next number (a relaxed
// fetch_add, so that the number depends only on what the spawner reads), hands over the function
// and writes the start with release.  The thread writes its end with release; whoever joins awaits
// that with acquire.  So everything that the standard promises of std::thread follows from the
// memory model.
#include <atomic>
#include <utility>

#include "runtime/model/contexts.h"
#include "runtime/model/machine.h"

namespace heddle {
namespace {

using model::ErrorKind;
using model::Kind;
using model::Label;
using model::Location;
using model::Order;

constexpr Location kCounter = 0;  // these cells come before the program's own
constexpr Location StartOf(int n) { return 1 + 2 * n; }
constexpr Location EndOf(int n) { return 2 + 2 * n; }

Label Access(Kind kind, Order order, Location l, SourceLocation at) {
  Label label{.kind = kind, .order = order, .location = l};
  label.file = at.file;
  label.line = at.line;
  return label;
}
Label Set(Location l, SourceLocation at) {
  Label label = Access(Kind::kWrite, Order::kRelease, l, at);
  label.value = 1;
  return label;
}
Label AwaitSet(Location l, SourceLocation at) {
  Label label = Access(Kind::kRead, Order::kAcquire, l, at);
  label.await = model::AwaitTest::Of([](model::Value v) { return v != 0; });
  label.of_written_once = true;
  return label;
}

}  // namespace

std::uint64_t Machine::NewLife() {
  static std::atomic<std::uint64_t> lives{0};  // of all machines, as a static may serve several
  return lives.fetch_add(1, std::memory_order_relaxed) + 1;
}

ThreadSlot Machine::this_thread() {
  if (!in_thread()) return {threads(), outside_life_};
  return {running_, thread().life};
}

void Machine::MakeSpawnCells() {
  outside_life_ = NewLife();
  if (code_.spawned == 0) return;
  spawned_.resize(static_cast<std::size_t>(code_.spawned));
  NewCell("threads started", 0, {});
  for (int n = 0; n < code_.spawned; ++n) {
    SpawnedThread& s = spawned_[static_cast<std::size_t>(n)];
    const std::string thread = "thread " + std::to_string(code_.threads + n);
    if (s.start_name.empty()) s.start_name = thread + "'s start";
    if (s.end_name.empty()) s.end_name = thread + "'s end";
    s.body.reset();
    NewCell(s.start_name.c_str(), 0, {});
    NewCell(s.end_name.c_str(), 0, {});
  }
}

void Machine::RunSpawned(int t) {
  const int n = t - code_.threads;
  Label start = AwaitSet(StartOf(n), {});
  start.may_wait_forever = true;
  thread().step.message = "to be started";
  Perform(start);
  // A copy: the spawner may be run again meanwhile, and hand over the function again.
  const auto body = spawned_[static_cast<std::size_t>(n)].body;
  (*body)();
  contexts_->ThreadEnds();  // whoever has waited for the end finds no handler any more
  Perform(Set(EndOf(n), {}));
}

int Machine::Spawn(std::function<void()> body, SourceLocation at) {
  if (!in_thread()) {
    Fail(ErrorKind::kMisuse, "only a thread can start another one", at);
    return -1;
  }
  Label next = Access(Kind::kRead, Order::kRelaxed, kCounter, at);
  next.rmw = true;
  next.op = model::RmwOp::kAdd;
  next.value = 1;
  if (code_.spawned == 0) {
    Fail(ErrorKind::kMisuse, "a thread is started, but the scenario declares no kSpawned", at);
    return -1;
  }
  const int n = static_cast<int>(Perform(next));
  if (n >= code_.spawned) {
    Fail(ErrorKind::kMisuse,
         "more threads are started than the scenario's kSpawned = " + std::to_string(code_.spawned),
         at);
    return -1;
  }
  if (!abandoning_) {
    spawned_[static_cast<std::size_t>(n)].body =
        std::make_shared<std::function<void()>>(std::move(body));
    Perform(Set(StartOf(n), at));
  }
  return code_.threads + n;
}

void Machine::AwaitEnd(int t, SourceLocation at) {
  if (t < code_.threads) return;  // it was not started, which has been reported
  const Label end = AwaitSet(EndOf(t - code_.threads), at);
  Await(end, spawned_[static_cast<std::size_t>(t - code_.threads)].end_name.c_str());
}

}  // namespace heddle
