#include "runtime/ordered/player.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace heddle::ordered {
namespace {

using model::ErrorKind;
using model::Kind;
using model::Label;
using model::Value;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

void NameThisThread(int number) {
  const std::string name = "CPU" + std::to_string(number);
  pthread_setname_np(pthread_self(), name.c_str());
}

}  // namespace

Player::Player(const Code& code, const Schedule& schedule,
               const std::function<void(const Step&)>& on_step, Limits limits)
    : code_(code),
      schedule_(schedule),
      on_step_(on_step),
      limits_(limits),
      matching_(schedule_),
      processors_(*this),
      ipis_(processors_),
      text_(processors_, ipis_),
      spawned_(At(code.spawned)) {
  current_ = this;
  for (int t = 0; t < code.threads + code.spawned; ++t) {
    performers_.push_back(std::make_unique<Performer>());
    performers_.back()->number = t;
    performers_.back()->part = &schedule_.threads.at(At(t));
  }
  MakeSpawnCells();
}

Player::~Player() {
  dropping_ = true;
  for (Object* object : objects_.all())
    if (!code_.leaks_allowed && !object->may_leak) RunDestructor(*object);
  instance_.reset();
  current_ = nullptr;
}

void Player::ThreadMain(Performer& self) {
  t_self_ = &self;
  NameThisThread(self.number);
  try {
    if (self.number < code_.threads)
      instance_->Thread(self.number);
    else
      RunSpawned(self);
    const Unseen unseen;
    self.nesting.ThreadEnds(*this);
    ipis_.ThreadEnds();
  } catch (const std::exception& e) {
    ExceptionLeft(self, e.what());
  } catch (...) {
    ExceptionLeft(self, "one that is no std::exception");
  }
  t_self_ = nullptr;
  const Unseen unseen;
  self.state.Set(Performer::kEnded);
  events_.Add(1);
}

void Player::ExceptionLeft(const Performer& self, const std::string& what) {
  const Unseen unseen;
  const std::lock_guard lock(mutex_);
  ending_.failures.push_back(
      {self.number,
       ErrorKind::kCheckFailed,
       "an exception left thread " + std::to_string(self.number) + ": " + what,
       {}});
}

void Player::Hold(Performer& self, Performer::State state) {
  self.state.Set(state);
  events_.Add(1);
  for (;;) self.state.WaitWhile(state);
}

void Player::BlockOn(const char* what, SourceLocation at) {
  const Unseen unseen;
  self().wait = {self().number, what, at};
  Hold(self(), Performer::kBlocked);
}

void Player::Diverge(const std::string& expected, const std::string& came) {
  const std::lock_guard lock(mutex_);
  if (ending_.divergence.empty()) {  // or somebody has diverged before
    ending_.divergence = "expected was " + expected + "; what came was " + came;
    ending_.steps_done = turn_.Get();
  }
  turn_.Set(kStopped);
}

bool Player::TakeTurn(Performer& self, const Operation& due) {
  const auto mine = static_cast<std::uint32_t>(due.step);
  self.state.Set(Performer::kWaiting);
  events_.Add(1);
  for (;;) {
    const std::uint32_t now = turn_.Get();
    if (now == kStopped) return false;
    if (now == mine) break;
    turn_.WaitWhile(now);
  }
  self.state.Set(Performer::kRunning);
  return true;
}

Value Player::Perform(const Label& label, Cell* cell, Wide* wide) {
  if (!in_thread()) return PerformOutside(label, cell, wide);
  const Unseen unseen;
  Performer& me = self();
  me.nesting.BeforeOperation(*this, label, code_.every_firing_point);
  ipis_.BeforeOperation(label);
  const auto hold = [&] {
    me.stands_at = Describe(label, cell);
    me.awaits = label.await;
    me.awaited = cell;
    Hold(me, Performer::kHeld);
  };
  if (!HasMore(me)) hold();
  const Operation& due = (*me.part)[me.next];
  if (due.step == Operation::kNoStep) {  // nothing interrupts here
    if (!matching_.IsSame(*due.event, label, nullptr)) {
      Diverge("that nothing interrupts CPU" + std::to_string(me.number), Describe(label, cell));
      hold();
    }
    ++me.next;
    return due.event->value;
  }
  if (!TakeTurn(me, due)) hold();
  const Step& step = schedule_.StepOf(due);
  if (!matching_.IsSame(*due.event, label, cell)) {
    Diverge(step.text, Describe(label, cell));
    hold();
  }
  heddle_step(step.number, me.number, step.text.c_str());
  std::optional<Failure> wrong = WrongUse(label, cell);
  Value value = due.event->value;
  if (cell != nullptr && (label.is_read() || label.is_write())) {
    value = Execute(label, cell, wide);
    if (label.kind == Kind::kFetch) value = Fetched(due, *cell);
    const bool awaited = !label.await || label.await.Holds(value);
    const Value compared = wide == nullptr ? value : HashOf(wide->read);
    if (!awaited || !matching_.IsSameValue(*due.event, compared, *cell)) {
      Diverge(step.text, Describe(label, cell) + " of the value " + std::to_string(compared));
      hold();
    }
  } else if (label.kind == Kind::kFence) {
    const Seen seen;
    Fence(label.order);
  }
  me.next += 1;
  if (on_step_) on_step_(step);
  turn_.Advance(static_cast<std::uint32_t>(due.step));  // somebody may have stopped all
  events_.Add(1);
  if (wrong) Fail(wrong->kind, wrong->message, wrong->at);
  return value;
}

Value Player::Execute(const Label& label, Cell* cell, Wide* wide) {
  Value read = 0;
  {
    const Seen seen;
    read = Access(label, cell->storage, wide);
  }
  if (label.is_write() || label.rmw) cell->written = true;
  if (label.is_write() && cell->versions != nullptr) {
    if (!in_thread()) cell->versions->clear();  // set-up only changes the first one
    cell->versions->push_back(label.value);
  }
  return read;
}

Value Player::PerformOutside(const Label& label, Cell* cell, Wide* wide) {
  if (dropping_) return 0;
  if (label.kind == Kind::kChoice)
    Fail(ErrorKind::kCheckFailed, "choose() belongs into a thread, not into set-up or Finish",
         {label.file, label.line});
  if (const auto wrong = WrongUse(label, cell)) Fail(wrong->kind, wrong->message, wrong->at);
  return cell == nullptr ? 0 : Execute(label, cell, wide);
}

// What the CPU has of the unit: the scheduled version, which may be older than what is there.
Value Player::Fetched(const Operation& due, const Cell& cell) {
  const auto version = At(due.version);
  return version < cell.versions->size() ? (*cell.versions)[version] : ~Value{0};
}

Value Player::Choose(int n, SourceLocation at) {
  if (n < 1) {
    Fail(ErrorKind::kCheckFailed, "choose(n) needs n >= 1", at);
    return 0;
  }
  Label choice{.kind = Kind::kChoice, .value = static_cast<Value>(n)};
  choice.file = at.file;
  choice.line = at.line;
  return Perform(choice);
}

bool Player::FailsSpuriously(const Cell& cell, SourceLocation at) {
  if (is_given_up()) return false;
  auto& failed = self().failed_spuriously;
  if (std::erase(failed, &cell) > 0) return false;
  if (Choose(2, at) == 0) return false;
  failed.push_back(&cell);
  return true;
}

void Player::Fail(ErrorKind kind, std::string message, SourceLocation at) {
  const Unseen unseen;
  if (dropping_) return;
  {
    const std::lock_guard lock(mutex_);
    ending_.failures.push_back({in_thread() ? self().number : -1, kind, std::move(message), at});
  }
  if (!in_thread()) {
    if (outside_must_return_ == 0 && std::uncaught_exceptions() == 0) throw FailedOutside();
    return;
  }
  self().stands_at = "a failure";
  Hold(self(), Performer::kHeld);
}

void Player::Observe(Observation& seen, std::int64_t value) {
  if (dropping_) return;
  auto& all = in_thread() ? self().observed : observed_outside_;
  all.push_back({seen.name, value});
  seen.value = value;
}

const char* Player::Keep(const std::string& text) {
  const Unseen unseen;
  const std::lock_guard lock(mutex_);
  kept_.push_back(std::make_unique<std::string>(text));
  return kept_.back()->c_str();
}

}  // namespace heddle::ordered
