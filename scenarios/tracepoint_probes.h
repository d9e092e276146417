// What program asks whether a tracepoint's callbacks meet their own data only?
//
//     Updater                              CPU 1, some times
//     unregister, register, …              hit the tracepoint: each callback checks whose data
//     Synchronize                            it is called with
//     free the data of what is gone        be idle for a moment, and hit it there, too
//
// Callbacks and arrays that are called or read after they were freed are errors, too.  Natively the
// script runs again and again; in between all probes go, one by one, and the first ones come back.
//
// The scenarios of it: tracepoint.h, tracepoint_101_readers.h, tracepoint_text.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "rcu/probe_readers.h"
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
  bool idle_hits = false;   ///< each hit is followed by one in idle code
};

template <Runtime Rt, typename Site, TracepointScript kScript, TracepointSteps kSteps,
          ProbePolicy kPolicy = ProbePolicy::kPlain,
          ProbeReadersSteps kReaders = ProbeReadersSteps{.rcu = {.check_use = false}}>
class TracepointProbesProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Hit(); }
  void Finish() {
    tracepoint_.Clear();
    for (int function = 1; function <= kFunctions; ++function) Rt::destroy(data(function).load());
  }
  std::array<Observation, 2> Observed() const { return called_; }

 private:
  static constexpr int kFunctions = 4;
  struct Data {
    explicit Data(int function) : owner(function, "owner") {}
    typename Rt::template Plain<int> owner;
  };

  void Update() {
    Begin();
    kernel::smp_store_release(begun_, 1);
    for (int n = 0; Rt::again(n, 1); ++n) {
      if (n > 0) {
        End();
        Begin();
      }
      Change();
      Rt::linger();
    }
  }
  void Begin() {
    for (int function = 1; function <= kScript.probes; ++function) Register(function, false);
  }
  void Change() {
    for (const auto step : kScript.steps) {
      if (step.change == TracepointChange::kRemove) {
        tracepoint_.Unregister(step.function);
      } else if (step.change != TracepointChange::kNone) {
        Register(step.function, step.change == TracepointChange::kAddFirst);
      }
    }
    if constexpr (kScript.synchronize) tracepoint_.Synchronize();
    for (const auto step : kScript.steps)
      if (step.change == TracepointChange::kRemove) Free(step.function);
  }
  void End() {
    for (int function = 1; function <= kFunctions; ++function)
      if (data(function).load() != nullptr) tracepoint_.Unregister(function);
    tracepoint_.Synchronize();
    for (int function = 1; function <= kFunctions; ++function)
      if (data(function).load() != nullptr) Free(function);
  }
  void Register(int function, bool first) {
    data(function).store(Rt::template make<Data>(function));
    Rt::check(tracepoint_.Register(function, data(function).load(), first), "no memory");
  }
  void Free(int function) {
    Rt::destroy(data(function).load());
    data(function).store(nullptr);
  }

  void Hit() {
    auto& rcu = readers_.rcu();
    if constexpr (kScript.idle_first) rcu.Leave(1, Context::kIdle);
    begun_.await([](int begun) { return begun == 1; }, std::memory_order_acquire, "the beginning");
    bool away = kScript.idle_first;
    for (int i = 0; Rt::again(i, kScript.hits); ++i) {
      if (away) rcu.Return(1);
      Observe(called_[0], [&](auto call) { tracepoint_.Hit(1, call); });
      rcu.Leave(1, Context::kIdle);
      away = true;
      if constexpr (kScript.idle_hits)
        Observe(called_[1], [&](auto call) { tracepoint_.HitInIdleCode(1, call); });
    }
    if (!away) rcu.Leave(1, Context::kIdle);  // natively, if the run was over at once
  }
  template <typename F>
  void Observe(Observation& observed, F hit) {
    int called = 0;
    hit([&](int function, Data* data) {
      Rt::linger();
      Rt::check(data->owner.load() == function, "a callback is called with another one's data");
      called = 10 * called + function;
    });
    Rt::observe(observed, called);
  }

  auto& data(int function) { return data_[static_cast<std::size_t>(function - 1)]; }

  using Readers = ProbeReaders<Rt, 2, kPolicy, kReaders>;
  Readers readers_;
  Site site_;
  Tracepoint<Rt, Site, Readers, Data, 3, kSteps> tracepoint_{site_, readers_};
  typename Rt::template Array<typename Rt::template Plain<Data*>, kFunctions> data_{
      static_cast<Data*>(nullptr), "data of a probe"};
  typename Rt::template Atomic<int> begun_{0, "begun"};
  std::array<Observation, 2> called_{{{"called"}, {"called in idle code"}}};
};

}  // namespace heddle
