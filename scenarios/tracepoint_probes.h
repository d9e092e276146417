// What program asks whether a tracepoint's callbacks meet their own data only?
//
//     Updater                              CPU 1, some times
//     unregister, register, …              hit the tracepoint: each callback checks whose data
//     Synchronize                            it is called with
//     free the data of what is gone        be idle for a moment
//
// Callbacks and arrays that are called or read after they were freed are errors, too.
//
// The scenarios of it: tracepoint.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "rcu/rcu.h"
#include "rcu/tracepoint.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

enum class TracepointChange { kNone, kAdd, kAddFirst, kRemove };

/// Functions 1 … `probes` are registered before the first hit.
struct TracepointScript {
  struct Step {
    TracepointChange change = TracepointChange::kNone;
    int function = 0;
  };
  int probes = 0;
  std::array<Step, 4> steps{};
  int hits = 1;
  bool idle_first = false;  ///< CPU 1 is idle before its first hit, so that a change may precede it
  bool synchronize = true;  ///< before the data is freed
};

template <Runtime Rt, typename Site, TracepointScript kScript, TracepointSteps kSteps>
class TracepointProbesProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Hit(); }
  void Finish() {
    tracepoint_.Clear();
    for (std::size_t i = 0; i < kFunctions; ++i) Rt::destroy(data_[i].load());
  }
  std::array<Observation, 1> Observed() const { return {called_}; }

 private:
  static constexpr std::size_t kFunctions = 4;
  struct Data {
    explicit Data(int function) : owner(function, "owner") {}
    typename Rt::template Plain<int> owner;
  };

  void Update() {
    for (int function = 1; function <= kScript.probes; ++function) Register(function, false);
    kernel::smp_store_release(begun_, 1);
    for (const auto step : kScript.steps) {
      if (step.change == TracepointChange::kRemove) {
        tracepoint_.Unregister(step.function);
      } else if (step.change != TracepointChange::kNone) {
        Register(step.function, step.change == TracepointChange::kAddFirst);
      }
    }
    if constexpr (kScript.synchronize) tracepoint_.Synchronize();
    for (const auto step : kScript.steps)
      if (step.change == TracepointChange::kRemove) {
        Rt::destroy(data(step.function).load());
        data(step.function).store(nullptr);
      }
  }
  void Register(int function, bool first) {
    data(function).store(Rt::template make<Data>(function));
    Rt::check(tracepoint_.Register(function, data(function).load(), first), "no memory");
  }

  void Hit() {
    if constexpr (kScript.idle_first) rcu_.Leave(1, Context::kIdle);
    begun_.await([](int begun) { return begun == 1; }, std::memory_order_acquire, "the beginning");
    for (int i = 0; i < kScript.hits; ++i) {
      if (kScript.idle_first || i > 0) rcu_.Return(1);
      int called = 0;
      tracepoint_.Hit(1, [&](int function, Data* data) {
        Rt::check(data->owner.load() == function, "a callback is called with another one's data");
        called = 10 * called + function;
      });
      Rt::observe(called_, called);
      rcu_.Leave(1, Context::kIdle);
    }
  }

  auto& data(int function) { return data_[static_cast<std::size_t>(function - 1)]; }

  using RcuOf = Rcu<Rt, 2, RcuSteps{.check_use = false}>;
  RcuOf rcu_;
  Site site_;
  Tracepoint<Rt, Site, RcuOf, Data, 3, kSteps> tracepoint_{site_, rcu_};
  typename Rt::template Array<typename Rt::template Plain<Data*>, kFunctions> data_{
      static_cast<Data*>(nullptr), "data of a probe"};
  typename Rt::template Atomic<int> begun_{0, "begun"};
  Observation called_{"called"};
};

}  // namespace heddle
