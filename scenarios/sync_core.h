// sync_core: what must every CPU have done when sync_core_all returns?
//
//     Writer                  Syncer                        Executor
//     write one byte          await written (acquire)       low = synced (acquire)
//     written = 1 (release)   sync_core_all                 r = call
//                             synced = 1 (release)
//                             r = call
//
// After it no CPU, the caller's own included, may execute the old byte.  The mutants are bugs that
// Linux's membarrier had.  The writer's and the syncer's are different CPUs because a CPU sees its
// own stores to code anyway.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

/// `kFlaw`: see runtime.h; only on backends that can have one.
template <Runtime Rt, SyncFlaw kFlaw = SyncFlaw::kNone>
class SyncCoreProgram {
 public:
  SyncCoreProgram() {
    Rt::declare_instruction(text_, 0, {kCode.data(), 5});
    Rt::declare_instruction(text_, 0, kNew);
    if constexpr (kFlaw != SyncFlaw::kNone) Rt::set_sync_flaw(kFlaw);
  }

  void Thread(int cpu) {
    if (cpu == 0) {
      Rt::write_code(text_, 1, {&kNew[1], 1});
      return written_.store(1, std::memory_order_release);
    }
    if (cpu == 1) {
      Rt::spin_until([this] { return written_.load(std::memory_order_acquire) == 1; }, "the write");
      Rt::sync_core_all();
      synced_.store(1, std::memory_order_release);
      return Rt::observe(seen_[0], Rt::call(text_, 0));
    }
    const bool synced = synced_.load(std::memory_order_acquire) == 1;
    const std::uint32_t r = Rt::call(text_, 0);
    Rt::observe(seen_[1], synced && r != 2);
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  // mov eax, 1; ret
  static constexpr std::array<std::uint8_t, 6> kCode = {0xB8, 1, 0, 0, 0, 0xC3};
  static constexpr std::array<std::uint8_t, 5> kNew = {0xB8, 2, 0, 0, 0};

  typename Rt::CodeRegion text_{kCode, {1, 2}};
  typename Rt::template Atomic<int> written_{0, "written"}, synced_{0, "synced"};
  std::array<Observation, 2> seen_{{{"syncer's call"}, {"old text after the sync"}}};
};

struct SyncCore {
  static constexpr std::string_view kName = "sync_core";
  static constexpr std::string_view kQuestion =
      "does no CPU execute old text after sync_core_all, the caller included?";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr bool kModelOnly = true;  // each sample needs new text, which takes the longest
  template <Runtime Rt>
  using Program = SyncCoreProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed, kNo = Grade::kForbidden;
    return {{{2, 0}, kOk, kOk, kOk, "the new text"},
            {{1, 0}, kNo, kNo, kNo, "the caller executes old text"},
            {{2, 1}, kNo, kNo, kNo, "another CPU executes old text"}};
  }

  struct SkipsCaller {
    static constexpr std::string_view kName = "skips-caller";
    static constexpr std::string_view kWhat = "the calling CPU does not serialise";
    static constexpr int kMuseum = 38;
    static constexpr std::string_view kSource = "Linux before commit e45cdc71d1fa, 2020";
    template <Runtime Rt>
    using Program = SyncCoreProgram<Rt, SyncFlaw::kSkipsCaller>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "it may have fetched the old text before"};
    }
  };
  struct InterruptsOnly {
    static constexpr std::string_view kName = "interrupts-only";
    static constexpr std::string_view kWhat = "interrupted CPUs return without serialising";
    static constexpr int kMuseum = 39;
    static constexpr std::string_view kSource = "Linux before commit 758c9373d841, 2020";
    template <Runtime Rt>
    using Program = SyncCoreProgram<Rt, SyncFlaw::kInterruptsOnly>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "an interrupt alone does not discard what was fetched"};
    }
  };
  using Mutants = TypeList<SkipsCaller, InterruptsOnly>;
};

}  // namespace heddle
