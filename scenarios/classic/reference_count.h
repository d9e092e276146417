// Reference counting: does the last one to drop its reference destroy the object after everybody
// else is done with it?
//
//     CPU 0                    CPU 1                    CPU 2
//     make the object          wait for a reference     wait for a reference
//     N1 one more reference,   N1 one more reference,   use the object
//        for CPU 1                for CPU 2             N2 drop the reference
//     use the object           use the object
//     N4 alone? change it      N2 drop the reference
//     N2 drop the reference
//
//     N1 count += 1 (relaxed): who has a reference keeps the object alive, and the new reference
//        is handed over with a release store
//     N2 count -= 1 (acq_rel); if it was the last one: N3 destroy the object
//
//     N4 count is 1 (acquire): nobody else has a reference
//
// N2's release half, in all but the last, pairs with the acquire half in the last, and with N4:
// every use by others comes before N3, and before the change.
// Source: Doko, Vafeiadis, "Tackling Real-Life Relaxed Concurrency with FSL++", ESOP 2017, proves
// this of Rust's Arc (whose drop is a release and, before N3, an acquire fence).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct ReferenceCountSteps {
  bool atomic_copy = true;                             ///< N1 is one RMW
  std::memory_order drop = std::memory_order_acq_rel;  ///< N2
  std::memory_order look = std::memory_order_acquire;  ///< N4
};

template <Runtime Rt, ReferenceCountSteps kSteps>
class ReferenceCountProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      object_ = Rt::template make<Object>();
    } else {
      HandedTo(cpu).await([](bool handed) { return handed; }, std::memory_order_acquire,
                          "a reference");
    }
    if (cpu < 2) {
      Copy();
      HandedTo(cpu + 1).store(true, std::memory_order_release);
    }
    Rt::check(object_->contents.load() == 42, "the object is what was made");
    if (cpu == 0 && object_->count.load(kSteps.look) == 1) object_->contents.store(43);
    Drop(cpu);
  }
  std::array<Observation, 1> Observed() const { return {destroyer_}; }

 private:
  struct Object {
    typename Rt::template Atomic<int> count{1, "count"};
    typename Rt::template Plain<int> contents{42, "contents"};
  };

  auto& HandedTo(int cpu) { return handed_[static_cast<std::size_t>(cpu - 1)]; }

  void Copy() {
    if constexpr (kSteps.atomic_copy) {
      object_->count.fetch_add(1, std::memory_order_relaxed);
    } else {
      object_->count.store(object_->count.load(std::memory_order_relaxed) + 1,
                           std::memory_order_relaxed);
    }
  }
  void Drop(int cpu) {
    if (object_->count.fetch_sub(1, kSteps.drop) != 1) return;
    Rt::destroy(object_);
    Rt::observe(destroyer_, cpu);
  }

  Object* object_ = nullptr;  // written before the first hand-over, then never again
  std::array<typename Rt::template Atomic<bool>, 2> handed_{
      {{false, "handed[1]"}, {false, "handed[2]"}}};
  Observation destroyer_{"destroyer", -1};
};

struct ReferenceCount {
  static constexpr std::string_view kName = "reference_count";
  static constexpr std::string_view kQuestion =
      "does the last one to drop its reference destroy the object after everybody is done with it?";
  static constexpr std::string_view kSource = "Doko, Vafeiadis, ESOP 2017";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = ReferenceCountProgram<Rt, ReferenceCountSteps{}>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{-1}, kForbidden, kForbidden, kForbidden, "nobody: the object has leaked"},
            {{0}, kAllowed, kAllowed, kAllowed, "CPU 0 was the last"},
            {{1}, kAllowed, kAllowed, kAllowed, "CPU 1 was the last"},
            {{2}, kAllowed, kAllowed, kAllowed, "CPU 2 was the last"}};
  }

  struct LoadThenStore {
    static constexpr std::string_view kName = "load-then-store";
    static constexpr std::string_view kWhat = "N1 is a load and a store";
    template <Runtime Rt>
    using Program = ReferenceCountProgram<Rt, ReferenceCountSteps{.atomic_copy = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11")
        return {"use after free", "the store ends other drops' release sequence"};
      return {"forbidden outcome", "a drop between the two is undone, so nobody is the last"};
    }
  };
  struct RelaxedDrop {
    static constexpr std::string_view kName = "relaxed-drop";
    static constexpr std::string_view kWhat = "N2 is relaxed";
    template <Runtime Rt>
    using Program =
        ReferenceCountProgram<Rt, ReferenceCountSteps{.drop = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "use after free", "nothing orders the others' uses before N3");
    }
  };
  struct AcquireDrop {
    static constexpr std::string_view kName = "acquire-drop";
    static constexpr std::string_view kWhat = "N2 is acquire";
    template <Runtime Rt>
    using Program =
        ReferenceCountProgram<Rt, ReferenceCountSteps{.drop = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "use after free", "the others' drops release nothing");
    }
  };
  struct ReleaseDrop {
    static constexpr std::string_view kName = "release-drop";
    static constexpr std::string_view kWhat = "N2 is release";
    template <Runtime Rt>
    using Program =
        ReferenceCountProgram<Rt, ReferenceCountSteps{.drop = std::memory_order_release}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "use after free", "the last drop acquires nothing");
    }
  };
  struct RelaxedLook {
    static constexpr std::string_view kName = "relaxed-look";
    static constexpr std::string_view kWhat = "N4 is relaxed";
    static constexpr std::string_view kSource =
        "Rust's Arc::get_mut, rust-lang/rust issue 51780, 2018";
    template <Runtime Rt>
    using Program =
        ReferenceCountProgram<Rt, ReferenceCountSteps{.look = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "the others' uses may come after the change");
    }
  };
  using Mutants = TypeList<LoadThenStore, RelaxedDrop, AcquireDrop, ReleaseDrop, RelaxedLook>;
};

}  // namespace heddle
