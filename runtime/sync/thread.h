// Thread: a thread that the code under test starts itself, like std::thread.
//
// A scenario declares how many: `static constexpr int kSpawned = n` (runtime/scenario.h).  Starting
// synchronises with the beginning of the function, its end with join.  Reported, with the place: a
// handle joined or detached twice, or dropped while the thread is neither.  The handle is to be
// used by one thread at a time, as std::thread's.
//
// An execution of the model is over when detached threads are, too.  In an isolated scenario the
// function must not refer to locals of the thread that starts it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class Thread {
 public:
  using Here = SourceLocation;

  Thread() = default;
  explicit Thread(std::function<void()> body, Here at = Here::Current())
      : spawned_(Rt::Spawned::Start(std::move(body), at)), state_(State::kJoinable), at_(at) {}
  Thread(Thread&& other) noexcept { *this = std::move(other); }
  Thread& operator=(Thread&& other) noexcept {
    Drop();
    spawned_ = std::move(other.spawned_);
    state_ = std::exchange(other.state_, State::kNone);
    at_ = other.at_;
    return *this;
  }
  ~Thread() { Drop(); }

  bool joinable() const { return state_ == State::kJoinable; }
  void join(Here at = Here::Current()) {
    if (!Check("joins", at)) return;
    state_ = State::kJoined;
    spawned_.Wait(at);
  }
  void detach(Here at = Here::Current()) {
    if (!Check("detaches", at)) return;
    state_ = State::kDetached;
    spawned_.Leave();
  }

 private:
  enum class State { kNone, kJoinable, kJoined, kDetached };

  bool Check(const char* what, Here at) {
    static constexpr const char* kWhy[] = {"a handle without a thread", "",
                                           "a thread that was joined already",
                                           "a thread that was detached already"};
    if (joinable()) return true;
    Rt::report(Fault::kMisuse, Me<Rt>() + " " + what + " " + kWhy[static_cast<std::size_t>(state_)],
               at);
    return false;
  }
  void Drop() noexcept {
    if (!joinable()) return;
    state_ = State::kDetached;
    spawned_.Leave();
    if (Rt::is_given_up()) return;
    const typename Rt::MustReturn must_return;
    Rt::report(Fault::kMisuse,
               Me<Rt>() + " drops the handle of a thread that is neither joined nor detached", at_);
  }

  typename Rt::Spawned spawned_;
  State state_ = State::kNone;
  Here at_;  // where it was started
};

}  // namespace heddle::sync
