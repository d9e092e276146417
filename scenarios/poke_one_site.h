// poke_one_site: a patcher changes the instruction at one site while executors call through it.
//
//     Patcher                          Executor (one or two)
//     for each version v:              again and again:
//       started = v                      low = finished (acquire)
//       poke(site, instruction(v))       r = call function; what it returns tells the instruction
//       finished = v (release)           high = started
//
// Whatever an executor runs must be a version between `low` and `high`, whole, and no older than
// what it ran before: once new, never old.  Versions go round NOP, CALL and, with two pokes or
// more, JMP; the function returns 1, 2 or 3.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, int kExecutors, int kPokes, int kCalls, Int3Steps kSteps = Int3Steps{}>
class PokeOneSiteProgram {
 public:
  PokeOneSiteProgram() { Rt::set_trap_handler(&Poker::OnTrap, &poker_); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Poker = X86Int3<Rt, kSteps>;
  static constexpr int kVersions = kPokes == 1 ? 2 : 3;  // so that a bounded run comes to each
  static constexpr std::size_t kSite = 5, kCallee = 16, kJumpTarget = 24;

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      started_.store(v, std::memory_order_relaxed);
      poker_.Poke(InstructionOf(v));
      finished_.store(v, std::memory_order_release);
    }
  }

  void Execute() {
    Observation returned = returned_[0];
    int version = 0;
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      const int low = finished_.load(std::memory_order_acquire);
      const auto r = static_cast<int>(Rt::call(text_, 0));
      // Pairs with the release fence in Poke: what was executed had been started.
      Rt::fence(std::memory_order_acquire);
      const int high = started_.load(std::memory_order_relaxed);
      Rt::observe(returned, r);
      if (version < low) version = low;
      while (version % kVersions + 1 != r && version <= high) ++version;
      Rt::check(version <= high, "an executor ran an instruction older than one it must have seen");
    }
  }

  X86Site5 InstructionOf(int version) const {
    switch (version % kVersions) {
      case 1:
        return X86Site5::Call(poker_.site(), text_.address(kCallee));
      case 2:
        return X86Site5::Jump(poker_.site(), text_.address(kJumpTarget));
      default:
        return X86Site5::Nop();
    }
  }

  // mov eax, 1; site: nop5; ret     callee: mov eax, 2; ret     jump target: mov eax, 3; ret
  static constexpr std::array<std::uint8_t, 30> kCode = {
      0xB8, 1,    0, 0, 0, 0x0F, 0x1F, 0x44, 0,    0,    0xC3, 0xCC, 0xCC, 0xCC, 0xCC,
      0xCC, 0xB8, 2, 0, 0, 0,    0xC3, 0xCC, 0xCC, 0xB8, 3,    0,    0,    0,    0xC3};

  typename Rt::CodeRegion text_ = MakeText();
  Poker poker_{text_, kSite, X86Site5::Nop()};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};

  static typename Rt::CodeRegion MakeText() {
    if constexpr (kExecutors == 1)
      return {kCode, {1}};
    else
      return {kCode, {1, 2}};
  }
};

// --- descriptions

/// What dropping one step leads to; the table in patching/x86_int3.h says which step is which.
template <int kExecutors, int kPokes, int kCalls>
struct PokeMutants {
  template <Runtime Rt, Int3Steps kSteps>
  using Code = PokeOneSiteProgram<Rt, kExecutors, kPokes, kCalls, kSteps>;

  struct PublishAfterInt3 {
    static constexpr std::string_view kName = "publish-after-int3";
    static constexpr std::string_view kWhat =
        "P0 after P2: the descriptor is published after the breakpoint";
    static constexpr Int3Steps kSteps = {.publish_before_int3 = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      return {"unhandled trap", "a CPU traps before there is a descriptor that claims it"};
    }
  };
  struct NoInt3 {
    static constexpr std::string_view kName = "no-int3";
    static constexpr std::string_view kWhat =
        "P2 and P3 dropped: the tail changes under the old opcode";
    static constexpr Int3Steps kSteps = {.int3_first = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      return {"torn instruction", "the old first byte is decoded with the new tail"};
    }
  };
  struct NoSyncAfterInt3 {
    static constexpr std::string_view kName = "no-sync-after-int3";
    static constexpr std::string_view kWhat = "P3 dropped";
    static constexpr Int3Steps kSteps = {.sync_after_int3 = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      return {"torn instruction", "a CPU that fetched the old first byte decodes the new tail"};
    }
  };
  struct NoSyncAfterTail {
    static constexpr std::string_view kName = "no-sync-after-tail";
    static constexpr std::string_view kWhat = "P5 dropped";
    static constexpr Int3Steps kSteps = {.sync_after_tail = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      return {"torn instruction",
              "fetches are not coherent among themselves: new first byte, stale tail"};
    }
  };
  struct TailAfterFirst {
    static constexpr std::string_view kName = "tail-after-first";
    static constexpr std::string_view kWhat = "P6 before P4";
    static constexpr Int3Steps kSteps = {.tail_before_first = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      return {"torn instruction", "the new first byte is decoded with the old tail"};
    }
  };
  struct NoSyncAfterFirst {
    static constexpr std::string_view kName = "no-sync-after-first";
    static constexpr std::string_view kWhat = "P7 dropped";
    static constexpr Int3Steps kSteps = {.sync_after_first = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "T3b and T4b, which user space needs, also cover a late trap here"};
      return {"", "a trap after P8 is retried by T3b anyway, so P7 protects nothing more"};
    }
  };
  struct StrictNoSyncAfterFirst {
    static constexpr std::string_view kName = "strict-no-sync-after-first";
    static constexpr std::string_view kWhat =
        "P7, T3b and T4b dropped: the kernel's handler without P7";
    static constexpr Int3Steps kSteps = {
        .sync_after_first = false, .confirm_claim = false, .retry_unclaimed = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      return {"unhandled trap", "a stale INT3 is fetched after P8, when no descriptor claims it"};
    }
  };
  struct NoWait {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "P8 does not wait for running handlers";
    static constexpr Int3Steps kSteps = {.wait_for_handlers = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {
            "",
            "a handler runs with interrupts off, so P7's acknowledgement implies that it is done; "
            "only a foreign INT3's handler could still hold a reference"};
      return {"data race", "the next poke rewrites the descriptor under a late handler"};
    }
  };
  struct NoRetry {
    static constexpr std::string_view kName = "no-retry";
    static constexpr std::string_view kWhat = "T3b dropped: an unclaimed trap is an error at once";
    static constexpr Int3Steps kSteps = {.retry_unclaimed = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "after P7 nobody traps, so no trap comes too late to be claimed"};
      return {"unhandled trap", "the signal is delivered after P8"};
    }
  };
  struct NoRecheck {
    static constexpr std::string_view kName = "no-recheck";
    static constexpr std::string_view kWhat = "T3b does not look at the generation";
    static constexpr Int3Steps kSteps = {.recheck_generation = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "no trap is delivered so late that another poke has begun"};
      return {"unhandled trap",
              "refs was 0 between two pokes, and the breakpoint is the later one's"};
    }
  };
  struct NoConfirm {
    static constexpr std::string_view kName = "no-confirm";
    static constexpr std::string_view kWhat = "T4b dropped: a claim is not confirmed";
    static constexpr Int3Steps kSteps = {.confirm_claim = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "no trap is delivered so late that the next poke's descriptor is published"};
      return {"check failed",
              "the next poke's instruction is emulated before its INT3 is there; then "
              "the old one is executed again"};
    }
  };
  struct RelaxedDescriptor {
    static constexpr std::string_view kName = "relaxed-descriptor";
    static constexpr std::string_view kWhat = "P0's release and P1 dropped";
    static constexpr Int3Steps kSteps = {.release_descriptor = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (model != "rc11") return {"", "stores are not reordered under " + std::string(model)};
      return {"data race", "INT3, or refs = 1, may be seen before the descriptor"};
    }
  };
  struct NoFenceOnTrap {
    static constexpr std::string_view kName = "no-fence-on-trap";
    static constexpr std::string_view kWhat = "T2 dropped";
    static constexpr Int3Steps kSteps = {.fence_on_trap = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "loads are not reordered under " + std::string(model)};
      return {"", "T3b looks at refs again, after an acquire fence of its own"};
    }
  };
  struct StrictNoFenceOnTrap {
    static constexpr std::string_view kName = "strict-no-fence-on-trap";
    static constexpr std::string_view kWhat =
        "T2, T3b and T4b dropped: the kernel's handler without T2";
    static constexpr Int3Steps kSteps = {
        .fence_on_trap = false, .confirm_claim = false, .retry_unclaimed = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "loads are not reordered under " + std::string(model)};
      return {"unhandled trap", "INT3 was fetched, but refs = 1 need not be seen"};
    }
  };
  struct Strict {
    static constexpr std::string_view kName = "strict";
    static constexpr std::string_view kWhat = "T3b and T4b dropped: the kernel's handler";
    static constexpr Int3Steps kSteps = {.confirm_claim = false, .retry_unclaimed = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel) return {"", "P7 ends all traps before refs becomes 0"};
      return {"unhandled trap", "the signal is delivered after P8"};
    }
  };
  struct RelaxedReference {
    static constexpr std::string_view kName = "relaxed-reference";
    static constexpr std::string_view kWhat = "T6 is relaxed";
    static constexpr Int3Steps kSteps = {.release_reference = false};
    template <Runtime Rt>
    using Program = Code<Rt, kSteps>;
    static Verdict Expected([[maybe_unused]] std::string_view model,
                            [[maybe_unused]] TrapDelivery delivery) {
      if (model != "rc11")
        return {"", "an RMW orders everything before it under " + std::string(model)};
      if (delivery == TrapDelivery::kKernel)
        return {"",
                "P7's acknowledgement already orders the handler before the descriptor's reuse"};
      return {"data race", "the handler's reads of the descriptor race with its reuse"};
    }
  };

  // Every step, one at a time.
  using All = TypeList<PublishAfterInt3, NoInt3, NoSyncAfterInt3, NoSyncAfterTail, TailAfterFirst,
                       NoSyncAfterFirst, NoWait, NoRetry, NoRecheck, NoConfirm, RelaxedDescriptor,
                       NoFenceOnTrap, RelaxedReference, Strict, StrictNoSyncAfterFirst,
                       StrictNoFenceOnTrap>;
  // Those that fail under every model and delivery.
  using Fatal = TypeList<PublishAfterInt3, NoInt3, NoSyncAfterInt3, NoSyncAfterTail, TailAfterFirst,
                         StrictNoSyncAfterFirst>;
  // Those that only late delivery shows, and the fatal ones.
  using Late = TypeList<PublishAfterInt3, NoInt3, NoSyncAfterInt3, NoSyncAfterTail, TailAfterFirst,
                        NoWait, NoRetry, NoRecheck, NoConfirm, Strict>;
};

// The first `versions` instructions: NOP, CALL, JMP.
inline std::vector<Expect> PokeOutcomes(std::size_t versions) {
  constexpr Grade kOk = Grade::kAllowed;
  std::vector<Expect> rows = {{{0, 1}, kOk, kOk, kOk, "executed the NOP"},
                              {{0, 2}, kOk, kOk, kOk, "executed or emulated the CALL"},
                              {{0, 3}, kOk, kOk, kOk, "executed or emulated the JMP"}};
  rows.resize(versions);
  return rows;
}

struct PokeOneSite {
  static constexpr std::string_view kName = "poke_one_site";
  static constexpr std::string_view kQuestion =
      "does an executor always run a whole instruction, and never an older one again? (bound: 2 "
      "pokes, "
      "2 calls)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, 1, 2, 2>;
  static std::vector<Expect> Expected() { return PokeOutcomes(3); }
  using Mutants = PokeMutants<1, 2, 1>::All;
};

struct PokeOneSiteTwo {
  static constexpr std::string_view kName = "poke_one_site_2";
  static constexpr std::string_view kQuestion =
      "the same with two executors (bound: 1 poke, 1 call each)";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, 2, 1, 1>;
  static std::vector<Expect> Expected() { return PokeOutcomes(2); }
  using Mutants = PokeMutants<2, 1, 1>::Fatal;
};

/// Late trap delivery multiplies the executions, so one call; its mutants, which need not be
/// exhausted, make two.
struct PokeOneSiteUser {
  static constexpr std::string_view kName = "poke_one_site_user";
  static constexpr std::string_view kQuestion =
      "the same with traps delivered late, as signals are (bound: 2 pokes, 1 call)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
  static constexpr bool kModelOnly = true;  // natively, all traps are delivered like this
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, 1, 2, 1>;
  static std::vector<Expect> Expected() { return PokeOutcomes(3); }
  using Mutants = PokeMutants<1, 2, 2>::Late;
};

}  // namespace heddle
