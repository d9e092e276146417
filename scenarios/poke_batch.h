// poke_batch: a patcher changes the instructions at two sites in one batch, while executors run
// across both in one call, or each across one of them.
//
//     Patcher                            Executor (one or two)
//     for each version v:                again and again:
//       started = v                        low = finished (acquire)
//       poke({first, second}, version(v))  r = call function: what it returns tells both
//       finished = v (release)             high = started
//
// Each site obeys poke_one_site's rule.  The two need not be of one version while a poke is under
// way: a caller of batches must tolerate every mixture, and the table demands to see them all.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/poke_mutants.h"

namespace heddle {

/// kInTurn: the first site alone, then the second one alone, and so on.
enum class BatchOf { kBoth, kInTurn };

/// The function that crosses both sites.
struct CrossBoth {
  static constexpr std::size_t kFirst = 5, kSecond = 10, kCall = 16, kJump = 22;
  // 0: mov eax, 1; first: nop5, or call 16; second: nop5, or jmp 22; ret
  // 16: mov eax, 2; ret
  // 22: cmp eax, 1; jne 35; mov eax, 3; ret      35: mov eax, 4; ret
  static constexpr std::array<std::uint8_t, 41> kCode = {
      0xB8, 1,    0,    0, 0, 0x0F, 0x1F, 0x44, 0,    0, 0x0F, 0x1F, 0x44, 0,
      0,    0xC3, 0xB8, 2, 0, 0,    0,    0xC3, 0x3D, 1, 0,    0,    0,    0x75,
      6,    0xB8, 3,    0, 0, 0,    0xC3, 0xB8, 4,    0, 0,    0,    0xC3};
  static constexpr std::size_t Entry(int) { return 0; }
};

/// A function for each: CPU 1 crosses the first site, CPU 2 the second one.
struct CrossOne {
  static constexpr std::size_t kFirst = 5, kSecond = 21, kCall = 32, kJump = 40;
  // 0: mov eax, 1; first: nop5, or call 32; ret      16: mov eax, 1; second: nop5, or jmp 40; ret
  // 32: mov eax, 2; ret                              40: mov eax, 3; ret
  static constexpr std::array<std::uint8_t, 46> kCode = {
      0xB8, 1, 0, 0, 0, 0x0F, 0x1F, 0x44, 0,    0, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,
      0xB8, 1, 0, 0, 0, 0x0F, 0x1F, 0x44, 0,    0, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,
      0xB8, 2, 0, 0, 0, 0xC3, 0xCC, 0xCC, 0xB8, 3, 0,    0,    0,    0xC3};
  static constexpr std::size_t Entry(int cpu) { return cpu == 1 ? 0 : 16; }
};

template <Runtime Rt, typename Text, BatchOf kBatch, int kExecutors, int kPokes, int kCalls,
          Int3Steps kSteps = Int3Steps{}>
class PokeBatchProgram {
 public:
  PokeBatchProgram() { Rt::set_trap_handler(&Poker::OnTrap, &poker_); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(cpu); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Poker = X86Int3<Rt, 2, kSteps>;
  static constexpr std::size_t kFirst = Text::kFirst, kSecond = Text::kSecond;

  // NOP and another one in turn; `version` counts this site's pokes.
  X86Instruction First(int version) const {
    return version % 2 == 0
               ? X86Instruction::Nop(5)
               : *X86Instruction::Call(text_.address(kFirst), text_.address(Text::kCall));
  }
  X86Instruction Second(int version) const {
    return version % 2 == 0
               ? X86Instruction::Nop(5)
               : *X86Instruction::Jump(text_.address(kSecond), text_.address(Text::kJump));
  }
  /// How many of the first `pokes` pokes concern a site.
  static int OfFirst(int pokes) { return kBatch == BatchOf::kBoth ? pokes : (pokes + 1) / 2; }
  static int OfSecond(int pokes) { return kBatch == BatchOf::kBoth ? pokes : pokes / 2; }

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      started_.store(v, std::memory_order_relaxed);
      typename Poker::Batch batch(text_);
      const auto add = [&](std::size_t offset, const X86Instruction& now,
                           const X86Instruction& to) {
        return batch.Add(offset, now, to) == PatchError::kNone;
      };
      bool good = true;
      const int a = OfFirst(v - 1), b = OfSecond(v - 1);
      // As they come, not as they lie: the batch sorts them.
      if (OfSecond(v) != b) good = add(kSecond, Second(b), Second(b + 1));
      if (OfFirst(v) != a) good = add(kFirst, First(a), First(a + 1)) && good;
      Rt::check(good && poker_.Poke(batch) == PatchError::kNone, "the batch was refused");
      finished_.store(v, std::memory_order_release);
    }
  }

  void Execute(int cpu) {
    Observation returned = returned_[0];
    int first = 0, second = 0;  // pokes that this CPU has seen of the two sites, at least
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      const int low = finished_.load(std::memory_order_acquire);
      const auto r = static_cast<int>(Rt::call(text_, Text::Entry(cpu)));
      Rt::fence(std::memory_order_acquire);  // pairs with the release fence in Poke
      const int high = started_.load(std::memory_order_relaxed);
      Rt::observe(returned, r);
      const bool both = std::is_same_v<Text, CrossBoth>;
      if (both || cpu == 1) Advance(first, OfFirst(low), OfFirst(high), r == 2 || r == 4);
      if (both || cpu == 2) Advance(second, OfSecond(low), OfSecond(high), r == 3 || r == 4);
    }
  }

  static void Advance(int& site, int low, int high, bool odd) {
    if (site < low) site = low;
    if ((site % 2 != 0) != odd) ++site;
    Rt::check(site <= high, "an executor ran an instruction older than one it must have seen");
  }

  static typename Rt::CodeRegion MakeText() {
    if constexpr (kExecutors == 1)
      return {Text::kCode, {1}};
    else
      return {Text::kCode, {1, 2}};
  }

  typename Rt::CodeRegion text_ = MakeText();
  Poker poker_{text_, {{kFirst, First(0)}, {kSecond, Second(0)}}};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};
};

// --- descriptions

inline std::vector<Expect> BatchOutcomes() {
  constexpr Grade kOk = Grade::kAllowed;
  return {{{0, 1}, kOk, kOk, kOk, "both sites as in the beginning"},
          {{0, 2}, kOk, kOk, kOk, "only the first one is new"},
          {{0, 3}, kOk, kOk, kOk, "only the second one is new"},
          {{0, 4}, kOk, kOk, kOk, "both are new"}};
}

template <typename Text, BatchOf kBatch, int kExecutors, int kPokes>
struct BatchFamily {
  template <Runtime Rt, Int3Steps kSteps = Int3Steps{}>
  using Code = PokeBatchProgram<Rt, Text, kBatch, kExecutors, kPokes, 1, kSteps>;
};

template <typename Family>
struct UnsortedBatch : PokeMutant<Family, Int3Steps{.sort_batch = false}> {
  static constexpr std::string_view kName = "unsorted";
  static constexpr std::string_view kWhat = "a site is appended to the batch, whatever its address";
  static constexpr int kMuseum = 7;
  static constexpr std::string_view kSource = "Linux from commit c8976ade0c1b to June 2025";
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"unhandled trap", "T4's binary search misses a site that is in the batch"};
  }
};

template <typename Family>
struct NoRetryUnlisted : PokeMutant<Family, Int3Steps{.retry_unlisted = false}> {
  static constexpr std::string_view kName = "no-retry-unlisted";
  static constexpr std::string_view kWhat =
      "T4b only for the descriptor's sites: a trap at another one is an error at once";
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"unhandled trap", "the signal is delivered during the poke of another site"};
  }
};

struct PokeBatch {
  static constexpr std::string_view kName = "poke_batch";
  static constexpr std::string_view kQuestion =
      "two sites in one batch, one executor crosses both: is each instruction whole, and never "
      "older than before? (bound: 2 pokes, 1 call)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  using Family = BatchFamily<CrossBoth, BatchOf::kBoth, 1, 2>;
  template <Runtime Rt>
  using Program = Family::Code<Rt>;
  static std::vector<Expect> Expected() { return BatchOutcomes(); }
  using Mutants = TypeList<UnsortedBatch<Family>, PublishAfterInt3<Family>, NoInt3<Family>,
                           NoSyncAfterInt3<Family>, NoSyncAfterTail<Family>, TailAfterFirst<Family>,
                           StrictNoSyncAfterFirst<Family>>;
};

struct PokeBatchTwo {
  static constexpr std::string_view kName = "poke_batch_2";
  static constexpr std::string_view kQuestion =
      "two executors cross a site each, which are poked one after the other: the descriptor is "
      "used "
      "again (bound: 2 pokes, 1 call each)";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  using Family = BatchFamily<CrossOne, BatchOf::kInTurn, 2, 2>;
  template <Runtime Rt>
  using Program = Family::Code<Rt>;
  static std::vector<Expect> Expected() {
    std::vector<Expect> rows = BatchOutcomes();
    rows.pop_back();  // nobody tells both
    return rows;
  }
  using Mutants = TypeList<StrictNoSyncAfterFirst<Family>>;
};

struct PokeBatchUser {
  static constexpr std::string_view kName = "poke_batch_user";
  static constexpr std::string_view kQuestion =
      "one executor, sites poked one after the other, traps delivered late (bound: 2 pokes, 1 "
      "call)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
  static constexpr bool kModelOnly = true;  // natively, all traps are delivered like this
  using Family = BatchFamily<CrossBoth, BatchOf::kInTurn, 1, 2>;
  template <Runtime Rt>
  using Program = Family::Code<Rt>;
  static std::vector<Expect> Expected() { return BatchOutcomes(); }
  using Mutants = TypeList<NoRetryUnlisted<Family>, NoRetry<Family>, Strict<Family>>;
};

}  // namespace heddle
