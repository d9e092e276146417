// MP (message passing): does a reader that sees the flag see the payload published before it?
//
//     CPU 0                          CPU 1
//     payload = 42  (plain)          r0 = flag            (kConsume)
//     flag = 1      (kPublish)       if (r0) r1 = payload (plain)
//
// The release store of flag pairs with the acquire load: reading 1 makes everything before the
// store visible.  Source: Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 36(2), 2014.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, std::memory_order kPublish, std::memory_order kConsume>
class MessagePassingProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Write() : Read(); }
  std::array<Observation, 2> Observed() const { return {flag_seen_, payload_seen_}; }

 private:
  void Write() {
    payload_.store(42);
    flag_.store(1, kPublish);
  }
  void Read() {
    const int flag = flag_.load(kConsume);
    Rt::observe(flag_seen_, flag);
    if (flag == 1) Rt::observe(payload_seen_, payload_.load());
  }

  typename Rt::template Plain<int> payload_{0, "payload"};
  typename Rt::template Atomic<int> flag_{0, "flag"};
  Observation flag_seen_{"flag"}, payload_seen_{"payload"};
};

struct MessagePassing {
  static constexpr std::string_view kName = "MP";
  static constexpr std::string_view kQuestion =
      "does a reader that sees the flag see the payload published before it?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = MessagePassingProgram<Rt, std::memory_order_release, std::memory_order_acquire>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0}, kAllowed, kAllowed, kAllowed, "the reader came before the flag"},
            {{1, 42}, kAllowed, kAllowed, kAllowed, "flag and payload both visible"},
            {{1, 0}, kForbidden, kForbidden, kForbidden, "flag visible, payload missed"}};
  }

  // Only rc11 tells these from the original: under sc and tso every atomic read synchronizes with
  // the write it reads from, whatever its order, so the payload stays ordered.
  static Verdict RaceUnderRc11(std::string_view model, std::string why) {
    if (model == "rc11") return {"data race", std::move(why)};
    return {"", "every atomic read synchronizes under this model"};
  }

  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "flag stored relaxed";
    template <Runtime Rt>
    using Program = MessagePassingProgram<Rt, std::memory_order_relaxed, std::memory_order_acquire>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return RaceUnderRc11(model, "a relaxed store releases nothing");
    }
  };
  struct RelaxedConsumption {
    static constexpr std::string_view kName = "relaxed-consumption";
    static constexpr std::string_view kWhat = "flag loaded relaxed";
    template <Runtime Rt>
    using Program = MessagePassingProgram<Rt, std::memory_order_release, std::memory_order_relaxed>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return RaceUnderRc11(model, "a relaxed load acquires nothing");
    }
  };
  using Mutants = TypeList<RelaxedPublication, RelaxedConsumption>;
};

}  // namespace heddle
