// What is called through a hook, and freed once nobody can be in it any more?
//
// A traced function jumps to its trampoline, if there is one.  A task may be preempted between two
// instructions of it: two reads of plain data stand for them.  Freeing overwrites both, so that
// whoever is still in it then races with that, or finds what is no trampoline.
#pragma once

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

template <Runtime Rt>
class Trampoline {
 public:
  /// The traced function is called, by way of the trampoline if there is one: 1, else 0.
  [[nodiscard]] int Enter() {
    if (kernel::rcu_dereference(hook_) == 0) return 0;
    Rt::linger();
    return first_.load() == 1 ? 1 : Freed();
  }
  /// `in`: what Enter returned.
  void Leave(int in) {
    Rt::linger();
    if (in != 0 && second_.load() != 1) Freed();
  }

  /// Nobody can enter it any more.
  void Unhook() { kernel::write_once(hook_, 0); }
  void Free() {
    first_.store(0);
    second_.store(0);
  }

 private:
  int Freed() {
    Rt::check(false, "a task is in a trampoline that has been freed");
    return 1;
  }

  typename Rt::template Atomic<int> hook_{1, "hook"};
  typename Rt::template Plain<int> first_{1, "trampoline"}, second_{1, "trampoline's end"};
};

}  // namespace heddle
