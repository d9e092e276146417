// Real threads that do what a schedule says, one operation at a time.
//
//   file        question
//   play.h      what is played, and what comes of it?
//   schedule.h  in which order do operations happen?
//   turns.h     whose turn is it?
//   unseen.h    what is ThreadSanitizer not to see of that?
//   memory.h    how is an operation executed?
//   matching.h  does a thread do what the schedule says?
//   nesting.h   where do handlers interrupt a thread?
//   processors.h  how do CPUs interrupt each other and execute text?
//   objects.h   which objects are there?
//
// Before each operation its thread waits for its turn, and calls heddle_step: the place for a
// breakpoint.  What a thread does beyond its last operation it does not do: it is held there, for
// ever, and so is its program.  The model gives such threads up, and survives what comes of that;
// here a debugger can look at them.
//
// One at a time per process.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "model/program.h"
#include "runtime/events/ipis.h"
#include "runtime/events/text.h"
#include "runtime/ordered/cell.h"
#include "runtime/ordered/matching.h"
#include "runtime/ordered/memory.h"
#include "runtime/ordered/nesting.h"
#include "runtime/ordered/objects.h"
#include "runtime/ordered/play.h"
#include "runtime/ordered/processors.h"
#include "runtime/ordered/schedule.h"
#include "runtime/ordered/turns.h"
#include "runtime/ordered/unseen.h"
#include "runtime/runtime.h"

namespace heddle::ordered {

/// What one thread carries.
struct Performer {
  enum State : std::uint32_t { kNotStarted, kRunning, kWaiting, kHeld, kBlocked, kEnded };

  int number = 0;
  const std::vector<Operation>* part = nullptr;
  std::size_t next = 0;  ///< in `part`
  Word state;
  std::string stands_at;    ///< when it is held
  Wait wait;                ///< when it is blocked,
  model::AwaitTest awaits;  ///< or held at an awaiting operation
  Cell* awaited = nullptr;
  Nesting nesting;
  std::vector<const Cell*> failed_spuriously;
  std::vector<Observation> observed;
  int objects = 0;
  int object = -1;  ///< the one that new cells belong to
  std::thread thread;
  std::function<void()> body;
};

class Player {
 public:
  static Player& Current() { return *current_; }

  Player(const Code& code, const Schedule& schedule,
         const std::function<void(const Step&)>& on_step, Limits limits);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  Ending Run();
  bool all_ended() const { return all_ended_; }  ///< no thread of the run is there any more

  bool in_thread() const { return t_self_ != nullptr; }
  Performer& self() { return *t_self_; }
  PlayerProcessors& processors() { return processors_; }
  events::Ipis& ipis() { return ipis_; }
  events::Text& text() { return text_; }
  TrapDelivery delivery() const { return code_.delivery; }
  int threads() const { return code_.threads + code_.spawned; }
  /// Nobody looks any more, or nobody else is there.
  bool is_given_up() const { return dropping_ || !in_thread(); }
  /// A new number with each call, in this process.
  static std::uint64_t NewLife();
  std::uint64_t outside_life() const { return outside_life_; }
  bool is_abandoning() const { return dropping_; }
  int& must_return() { return outside_must_return_; }

  /// Does the operation when it is due; returns what it read or chose.
  model::Value Perform(const model::Label& label, Cell* cell = nullptr, Wide* wide = nullptr);
  model::Value Await(const model::Label& label, Cell* cell, const char* what);
  template <typename Pred>
  void SpinUntil(Pred pred, const char* what, SourceLocation at);
  model::Value Choose(int n, SourceLocation at);
  bool FailsSpuriously(const Cell& cell, SourceLocation at);
  void Fail(model::ErrorKind kind, std::string message, SourceLocation at);
  void Observe(Observation& seen, std::int64_t value);
  void NewCell(Cell& cell, const model::Value* initial, SourceLocation at, Wide* wide = nullptr);
  const char* Keep(const std::string& text);

  int Spawn(std::function<void()> body, SourceLocation at);
  void AwaitEnd(int thread, SourceLocation at);

  void* Allocate(std::size_t bytes, std::size_t alignment, SourceLocation at);
  void EndAllocation(void* object, void (*destructor)(void*));
  void TakeBack(void* object, SourceLocation at);
  void Destroy(void* object, SourceLocation at);
  void AllowLeak(const void* object);

 private:
  class Patience;
  struct FailedOutside {};
  struct SpawnCells {
    std::uint64_t start = 0, end = 0;
    Cell start_cell, end_cell;
  };

  void MakeSpawnCells();
  void Start(Performer& performer);
  void ThreadMain(Performer& self);
  void RunSpawned(Performer& self);
  void ExceptionLeft(const Performer& self, const std::string& what);
  bool TakeTurn(Performer& self, const Operation& due);
  [[noreturn]] void Hold(Performer& self, Performer::State state);
  void Diverge(const std::string& expected, const std::string& came);
  model::Value PerformOutside(const model::Label& label, Cell* cell, Wide* wide);
  model::Value Execute(const model::Label& label, Cell* cell, Wide* wide);
  static model::Value Fetched(const Operation& due, const Cell& cell);
  bool TryOnce(model::Label rmw, Cell* cell, const model::AwaitTest& test, model::Value& read);
  std::optional<Failure> WrongUse(const model::Label& label, const Cell* cell);
  bool HasMore(const Performer& self) const { return self.next < self.part->size(); }
  void BlockOn(const char* what, SourceLocation at);
  void AnnounceEnd(const Object& object, model::Kind kind, model::Value value, SourceLocation at);
  void RunDestructor(Object& object);
  // The main thread's.
  void FindBlocked();
  bool Settled();
  bool WaitUntilSettled();
  void Finish();
  void ExceptionLeftFinish(const std::string& what);
  void FailIfLeaking();

  static inline Player* current_ = nullptr;
  static inline constinit thread_local Performer* t_self_ = nullptr;

  static constexpr std::uint32_t kStopped = ~std::uint32_t{0};  // a turn: nobody's any more

  // Copies: a thread that hangs may come to its next operation when nobody expects it any more.
  const Code code_;
  const Schedule schedule_;
  const std::function<void(const Step&)> on_step_;
  const Limits limits_;
  Matching matching_;
  PlayerProcessors processors_;
  events::Ipis ipis_;
  events::Text text_;
  Objects objects_;
  std::uint64_t started_ = 0;
  Cell started_cell_;
  std::vector<SpawnCells> spawned_;
  std::vector<std::unique_ptr<Performer>> performers_;
  std::unique_ptr<Instance> instance_;
  Word turn_;         // the number of steps done; kStopped
  Word events_;       // counts what the main thread waits for
  std::mutex mutex_;  // of what follows and of objects_: threads may come there at once
  Ending ending_;
  std::vector<std::unique_ptr<std::string>> kept_;
  int outside_must_return_ = 0;
  const std::uint64_t outside_life_ = NewLife();
  bool dropping_ = false;  // nobody looks any more
  bool all_ended_ = false;
  std::vector<Observation> observed_outside_;
};

template <typename Pred>
void Player::SpinUntil(Pred pred, const char* what, SourceLocation at) {
  if (!in_thread()) {
    if (!pred()) Fail(model::ErrorKind::kDeadlock, std::string(what) + " never holds", at);
    return;
  }
  for (;;) {
    const int fired = self().nesting.fired();
    if (pred()) return;
    if (self().nesting.fired() != fired) continue;  // look again at what they may have changed
    if (HasMore(self()) && ipis_.WhileWaiting(at)) continue;
    if (!HasMore(self())) return BlockOn(what, at);
  }
}

/// A scope in which what fails outside threads returns.
class MustReturn {
 public:
  MustReturn() { Count(1); }
  ~MustReturn() { Count(-1); }
  MustReturn(const MustReturn&) = delete;
  MustReturn& operator=(const MustReturn&) = delete;

 private:
  static void Count(int n) {
    Player& player = Player::Current();
    if (!player.in_thread()) player.must_return() += n;
  }
};

}  // namespace heddle::ordered
