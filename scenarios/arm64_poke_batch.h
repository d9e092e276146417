// arm64_poke_batch*: a patcher changes two sites with breakpoints in one batch, or one after the
// other, while executors call through them.
//
//     Patcher                                   Executor (one or two)
//     for each version v:                       for one site, or for both in turn:
//       started = v                               low = finished (acquire)
//       poke({A, B}), or A and B in turn          r = call the site's function
//       finished = v (release)                    high = started
//
// Each site obeys arm64_poke_brk's rule: a version between `low` and `high`, and once new, never
// old.  In turn, the descriptor of A's poke is reused for B, and back, under traps of the other
// one.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "patching/arm64_text.h"
#include "runtime/scenario.h"

namespace heddle {

namespace arm64_batch {

using Insn = Arm64Instruction;

// A:  mov x9, x30; mov w0, #1; nop, or bl callee; ret x9      B: the same
// callee: mov w0, #2; ret
inline constexpr auto kCode =
    arm64::Code(Insn::Move(9, 30), Insn::MoveWide(0, 1), Insn::Nop(), Insn::Return(9),  //
                Insn::Move(9, 30), Insn::MoveWide(0, 1), Insn::Nop(), Insn::Return(9),  //
                Insn::MoveWide(0, 2), Insn::Return());
inline constexpr std::size_t kCallee = 32;
constexpr std::size_t EntryOf(std::size_t site) { return 16 * site; }
constexpr std::size_t OffsetOf(std::size_t site) { return EntryOf(site) + 8; }

/// A site's instruction after so many pokes of it.
constexpr Insn Version(std::size_t site, int version) {
  return version % 2 == 0 ? Insn::Nop() : *Insn::BranchLink(OffsetOf(site), kCallee);
}

/// What a poke concerns.
enum class Order { kTogether, kInTurn };

}  // namespace arm64_batch

/// kCrosses: the sites that one executor calls through; of two, each has its own.
template <Runtime Rt, arm64_batch::Order kOrder, int kExecutors, int kPokes,
          std::size_t kCrosses = 2, Arm64Steps kSteps = Arm64Steps{}>
class Arm64PokeBatchProgram {
 public:
  Arm64PokeBatchProgram() { Rt::set_trap_handler(&Text::OnTrap, &text_); }

  void Thread(int cpu) {
    if (cpu == 0) {
      Patch();
    } else if (kExecutors == 2) {
      Execute(static_cast<std::size_t>(cpu - 1), static_cast<std::size_t>(cpu - 1));
    } else {
      Execute(0, kCrosses - 1);
    }
  }
  std::array<Observation, 2> Observed() const { return returned_; }

 private:
  using Text = Arm64Text<Rt, 2, kSteps>;

  /// How many of the first `pokes` pokes concern `site`.
  static int Of(std::size_t site, int pokes) {
    if (kOrder == arm64_batch::Order::kTogether) return pokes;
    return (pokes + (site == 0 ? 1 : 0)) / 2;
  }

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      started_.store(v, std::memory_order_relaxed);
      Rt::fence(std::memory_order_release);  // with the fetch of the new word, or of its BRK
      typename Text::Batch batch(code_);
      for (const std::size_t site : {std::size_t{1}, std::size_t{0}}) {  // the batch sorts them
        const int now = Of(site, v - 1), to = Of(site, v);
        if (now == to) continue;
        const PatchError added =
            batch.Add(arm64_batch::OffsetOf(site), arm64_batch::Version(site, now),
                      arm64_batch::Version(site, to));
        Rt::check(added == PatchError::kNone, "the site can be patched");
      }
      Rt::check(text_.PokeByBreakpoint(batch) == PatchError::kNone, "the poke succeeds");
      finished_.store(v, std::memory_order_release);
    }
  }

  void Execute(std::size_t first, std::size_t last) {
    std::array<int, 2> seen{};  // the oldest versions that this CPU can still be at
    for (int i = 0; Rt::again(i, 1); ++i) {
      for (std::size_t site = first; site <= last; ++site) {
        const int low = Of(site, finished_.load(std::memory_order_acquire));
        const auto r = static_cast<int>(Rt::call(code_, arm64_batch::EntryOf(site)));
        const int high = Of(site, started_.load(std::memory_order_relaxed));
        Observation returned = returned_[site];
        Rt::observe(returned, r);
        int& version = seen[site];
        if (version < low) version = low;
        while (version % 2 + 1 != r && version <= high) ++version;
        Rt::check(version <= high,
                  "an executor ran an instruction older than one it must have seen");
      }
    }
  }

  typename Rt::CodeRegion code_ = MakeText();
  Text text_{code_,
             {{arm64_batch::OffsetOf(0), arm64_batch::Version(0, 0)},
              {arm64_batch::OffsetOf(1), arm64_batch::Version(1, 0)}}};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 2> returned_{{{"first"}, {"second"}}};

  static typename Rt::CodeRegion MakeText() {
    if constexpr (kExecutors == 1)
      return {arm64_batch::kCode, {1}, Isa::kArm64};
    else
      return {arm64_batch::kCode, {1, 2}, Isa::kArm64};
  }
};

// --- descriptions

struct Arm64BatchTorture {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr Isa kIsa = Isa::kArm64;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "executed or emulated the first NOP"},
            {{0, 2}, kOk, kOk, kOk, "executed or emulated the first BL"},
            {{1, 1}, kOk, kOk, kOk, "executed or emulated the second NOP"},
            {{1, 2}, kOk, kOk, kOk, "executed or emulated the second BL"}};
  }
  using Mutants = TypeList<>;
};

struct Arm64PokeBatch : Arm64BatchTorture {
  static constexpr std::string_view kName = "arm64_poke_batch";
  static constexpr std::string_view kQuestion =
      "two sites by breakpoint in one batch: once new, never old, at each? (bound: 1 poke, 1 call)";
  template <Runtime Rt>
  using Program = Arm64PokeBatchProgram<Rt, arm64_batch::Order::kTogether, 1, 1>;
};

struct Arm64PokeBatchTwo : Arm64BatchTorture {
  static constexpr std::string_view kName = "arm64_poke_batch_2";
  static constexpr std::string_view kQuestion =
      "the same with an executor at each site (bound: 1 poke, 1 call each)";
  static constexpr int kThreads = 3;
  template <Runtime Rt>
  using Program = Arm64PokeBatchProgram<Rt, arm64_batch::Order::kTogether, 2, 1>;
};

/// The descriptor is reused for another site.
struct Arm64PokeInTurn : Arm64BatchTorture {
  static constexpr std::string_view kName = "arm64_poke_in_turn";
  static constexpr std::string_view kQuestion =
      "two sites by breakpoint, one after the other (bound: 2 pokes, 1 call)";
  static constexpr bool kModelOnly = true;  // natively there is no bound
  template <Runtime Rt>
  using Program = Arm64PokeBatchProgram<Rt, arm64_batch::Order::kInTurn, 1, 2>;
};

/// A trap of the first site may be delivered when the descriptor is the second one's.
struct Arm64PokeInTurnUser : Arm64PokeInTurn {
  static constexpr std::string_view kName = "arm64_poke_in_turn_user";
  static constexpr std::string_view kQuestion =
      "the same with traps delivered late, to an executor of the first site alone";
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
  template <Runtime Rt>
  using Program = Arm64PokeBatchProgram<Rt, arm64_batch::Order::kInTurn, 1, 2, 1>;
  static std::vector<Expect> Expected() {
    auto rows = Arm64BatchTorture::Expected();
    rows.resize(2);
    return rows;
  }

  struct NoRetryUnlisted {
    static constexpr std::string_view kName = "no-retry-unlisted";
    static constexpr std::string_view kWhat = "T3b dropped";
    template <Runtime Rt>
    using Program = Arm64PokeBatchProgram<Rt, arm64_batch::Order::kInTurn, 1, 2, 1,
                                          Arm64Steps{.retry_unlisted = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"unhandled trap", "the first site's trap is delivered during the second one's poke"};
    }
  };
  using Mutants = TypeList<NoRetryUnlisted>;
};

struct Arm64PokeInTurnTwo : Arm64PokeInTurn {
  static constexpr std::string_view kName = "arm64_poke_in_turn_2";
  static constexpr std::string_view kQuestion = "the same with an executor at each site";
  static constexpr int kThreads = 3;
  template <Runtime Rt>
  using Program = Arm64PokeBatchProgram<Rt, arm64_batch::Order::kInTurn, 2, 2>;
};

}  // namespace heddle
