// How does a thread keep a value of its own?
//
// `ThreadLocal<Rt, T> x;` is one T per thread, the initial value at first.  In the model each
// execution begins anew, as does each thread that is started.  Natively a number of a thread that
// has ended is used again, but not its value.
//
// It is written once for both backends: Rt::this_thread() says where to look and whether what is
// there is older than the thread.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "runtime/runtime.h"

namespace heddle::sync {

template <Runtime Rt, typename T>
class ThreadLocal {
  static_assert(std::is_trivially_destructible_v<T>, "nothing is destroyed when a thread ends");

 public:
  explicit ThreadLocal(T initial = T{}) : initial_(std::move(initial)) {}
  ThreadLocal(const ThreadLocal&) = delete;
  ThreadLocal& operator=(const ThreadLocal&) = delete;

  /// The calling thread's own.
  T& get() {
    const ThreadSlot me = Rt::this_thread();
    Slot& slot = slots_[static_cast<std::size_t>(me.index)];
    if (slot.life != me.life) slot = {me.life, initial_};
    return slot.value;
  }
  T& operator*() { return get(); }
  T* operator->() { return &get(); }

 private:
  struct Slot {
    std::uint64_t life = 0;  // of the thread whose value this is; 0: of none
    T value{};
  };
  const T initial_;
  std::array<Slot, kMostThreads> slots_{};
};

}  // namespace heddle::sync
