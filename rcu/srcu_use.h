// Is a domain of SRCU used by its rules?  What each thread holds, for reports only.
//
// With kCheck = false it is nothing and costs nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "runtime/runtime.h"
#include "runtime/sync/thread_local.h"
#include "runtime/sync/words.h"

namespace heddle {

/// Each operation reports the misuse and answers false, or answers true.
template <Runtime Rt, bool kCheck>
class SrcuUse {
 public:
  using Here = SourceLocation;
  SrcuUse(const char* kind, const char* name) : title_(sync::Title(kind, name)) {}

  /// Before the calling thread enters a critical section.  `nmi_safe`: an NMI amid an increment
  /// loses no count.
  void BeforeEnter(bool nmi_safe, Here at) {
    if (!nmi_safe && Rt::in_handler(Interrupt::kNmi))
      Misuse(
          "locks " + title_ + " in an NMI, which may have come amid an increment of its counters",
          at);
  }
  /// It has entered with index 0 or 1.
  void Enter(std::size_t index) { ++held_.get()[index]; }
  /// `wrong(index)`: what is wrong if it has locked with the other index only.
  template <typename Wrong>
  [[nodiscard]] bool Leave(std::size_t index, Here at, Wrong wrong) {
    auto& held = held_.get();
    if (held[0] + held[1] == 0)
      return Misuse("unlocks " + title_ + ", which it has not locked", at);
    if (index > 1 || held[index] == 0)
      return Misuse("unlocks " + title_ + " with " + wrong(held[0] > 0 ? 0 : 1), at);
    --held[index];
    return true;
  }
  [[nodiscard]] bool IsOutside(Here at) {
    const auto& held = held_.get();
    return held[0] + held[1] == 0 ||
           Misuse("synchronizes " + title_ +
                      " inside a critical section of it: it would wait for itself",
                  at);
  }
  [[nodiscard]] bool BeginSynchronize(Here at) {
    if (!IsOutside(at)) return false;
    if (busy_.load() != 0)
      return Misuse("synchronizes " + title_ + " while another thread does", at);
    busy_.store(1);
    return true;
  }
  void EndSynchronize() { busy_.store(0); }

 private:
  bool Misuse(const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, sync::Me<Rt>() + " " + what, at);
    return false;
  }

  const std::string& title_;
  // Of two updaters at once that do not see one another here the model reports a race.
  typename Rt::template Plain<int> busy_{0, "in Synchronize"};
  sync::ThreadLocal<Rt, std::array<int, 2>> held_;
};

template <Runtime Rt>
class SrcuUse<Rt, false> {
 public:
  using Here = SourceLocation;
  SrcuUse(const char*, const char*) {}
  void BeforeEnter(bool, Here) {}
  void Enter(std::size_t) {}
  template <typename Wrong>
  [[nodiscard]] bool Leave(std::size_t, Here, Wrong) {
    return true;
  }
  [[nodiscard]] bool IsOutside(Here) { return true; }
  [[nodiscard]] bool BeginSynchronize(Here) { return true; }
  void EndSynchronize() {}
};

}  // namespace heddle
