// What does the main thread do while others play the schedule?
//
// It waits until nobody moves any more, and tells why.  If all have ended, it goes on to Finish.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <string>

#include "runtime/ordered/player.h"

namespace heddle::ordered {
namespace {

// Somebody who looks at a thread takes all the time he likes.
bool IsBeingDebugged() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("TracerPid:")) return line.find_first_of("123456789") != std::string::npos;
  return false;
}

std::chrono::nanoseconds CpuTime() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

// Whether nobody has come to an operation for so long that a thread must hang.
class Player::Patience {
 public:
  explicit Patience(const Player& player) : player_(player) {}

  /// Before one looks whether it has come.
  void Look() {
    const std::uint32_t seen = player_.events_.Get();
    if (seen == seen_) return;
    seen_ = seen;
    quiet_ = 0;
    since_ = CpuTime();
  }
  /// Until something has happened since.
  void Wait() {
    player_.events_.WaitWhile(seen_);
    ++quiet_;
  }
  bool IsOver() const {
    const auto most = player_.limits_.without_step;
    return most.count() > 0 && (CpuTime() - since_ > most || quiet_ > 600) && !IsBeingDebugged();
  }

 private:
  const Player& player_;
  std::uint32_t seen_ = 0;
  int quiet_ = 0;  // waits of a tenth of a second
  std::chrono::nanoseconds since_ = CpuTime();
};

bool Player::Settled() {
  const std::uint32_t now = turn_.Get();
  const auto is_still = [](const auto& p) {
    const std::uint32_t state = p->state.Get();
    return state != Performer::kRunning && state != Performer::kWaiting;
  };
  if (now >= schedule_.steps.size())
    return std::all_of(performers_.begin(), performers_.end(), is_still);
  const Step& step = schedule_.steps[now];
  const Performer& owner = *performers_[static_cast<std::size_t>(step.thread)];
  const std::uint32_t state = owner.state.Get();
  std::string came;
  if (state == Performer::kEnded) {
    came = "its end";
  } else if (state == Performer::kHeld) {
    came = owner.stands_at;
  } else if (state == Performer::kBlocked) {
    came = "that it waits for " + owner.wait.what;
  } else if (state == Performer::kNotStarted &&
             std::none_of(performers_.begin(), performers_.end(),
                          [](const auto& p) { return p->state.Get() == Performer::kRunning; })) {
    came = "nothing, as nobody has started it";
  }
  if (!came.empty() && turn_.Get() == now) Diverge(step.text, came);
  return false;
}

// Returns false if a thread hangs.
bool Player::WaitUntilSettled() {
  for (Patience patience(*this);; patience.Wait()) {
    patience.Look();
    if (Settled()) return true;
    if (patience.IsOver()) return false;
  }
}

// Whoever stands at an awaiting operation may find what it waits for.
void Player::FindBlocked() {
  for (const auto& p : performers_) {
    if (p->state.Get() == Performer::kHeld && p->awaits && p->awaited != nullptr) {
      model::Label look{.kind = model::Kind::kRead, .order = model::Order::kPlain};
      look.bytes = p->awaited->bytes;
      if (!p->awaits.Holds(Access(look, p->awaited->storage, nullptr))) {
        ending_.waits.push_back(p->wait);
        continue;
      }
    }
    if (p->state.Get() == Performer::kBlocked) ending_.waits.push_back(p->wait);
    if (p->state.Get() == Performer::kHeld) ending_.held.push_back({p->number, p->stands_at});
  }
}

void Player::Finish() {
  observed_outside_.clear();  // set-up's
  try {
    instance_->Finish();
    ending_.outcome = instance_->Observed();
    for (const auto& p : performers_)
      ending_.each_observation.insert(ending_.each_observation.end(), p->observed.begin(),
                                      p->observed.end());
    ending_.each_observation.insert(ending_.each_observation.end(), observed_outside_.begin(),
                                    observed_outside_.end());
    ending_.complete = true;
    FailIfLeaking();
  } catch (const FailedOutside&) {
    // Recorded.
  } catch (const std::exception& e) {
    ExceptionLeftFinish(e.what());
  } catch (...) {
    ExceptionLeftFinish("one that is no std::exception");
  }
}

void Player::ExceptionLeftFinish(const std::string& what) {
  ending_.complete = false;
  ending_.failures.push_back(
      {-1, model::ErrorKind::kCheckFailed, "an exception left Finish: " + what, {}});
}

Ending Player::Run() {
  try {
    instance_ = code_.make();
  } catch (const FailedOutside&) {
    all_ended_ = true;
    return ending_;
  }
  for (int t = 0; t < code_.threads; ++t) Start(*performers_[static_cast<std::size_t>(t)]);
  {
    const Unseen unseen;
    ending_.hangs = !WaitUntilSettled();
    if (ending_.divergence.empty())
      ending_.steps_done = std::min<std::size_t>(turn_.Get(), schedule_.steps.size());
    if (ending_.hangs) {  // whoever still comes to an operation is held there
      turn_.Set(kStopped);
      const std::lock_guard lock(mutex_);
      return ending_;
    }
    FindBlocked();
  }
  all_ended_ = std::all_of(performers_.begin(), performers_.end(), [](const auto& p) {
    const std::uint32_t state = p->state.Get();
    return state == Performer::kEnded || state == Performer::kNotStarted;
  });
  for (const auto& p : performers_)
    if (p->state.Get() == Performer::kEnded) p->thread.join();
  if (!all_ended_) return ending_;
  if (ending_.failures.empty() && ending_.divergence.empty()) Finish();
  return ending_;
}

Ending Play(const Code& code, const Schedule& schedule,
            const std::function<void(const Step&)>& on_step, Limits limits) {
  auto player = std::make_unique<Player>(code, schedule, on_step, limits);
  Ending ending = player->Run();
  if (!player->all_ended()) {  // the others are still there
    static auto& kept = *new std::vector<std::unique_ptr<Player>>;
    kept.push_back(std::move(player));
  }
  return ending;
}

}  // namespace heddle::ordered
