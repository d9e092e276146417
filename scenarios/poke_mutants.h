// What dropping a step of patching/x86_int3.h leads to: mutants of the poke scenarios.
//
// A Family has `template <Runtime, Int3Steps> Code`: the program to run with those steps.
#pragma once

#include <string>
#include <string_view>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/stale_fetch.h"

namespace heddle {

template <typename Family, Int3Steps kSteps>
struct PokeMutant {
  template <Runtime Rt>
  using Program = typename Family::template Code<Rt, kSteps>;
};

template <typename Family>
struct PublishAfterInt3 : PokeMutant<Family, Int3Steps{.publish_before_int3 = false}> {
  static constexpr std::string_view kName = "publish-after-int3";
  static constexpr std::string_view kWhat =
      "P0 after P2: the descriptor is published after the breakpoint";
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"unhandled trap", "a CPU traps before there is a descriptor that claims it"};
  }
};

template <typename Family>
struct NoInt3 : PokeMutant<Family, Int3Steps{.int3_first = false}> {
  static constexpr std::string_view kName = "no-int3";
  static constexpr std::string_view kWhat =
      "P2 and P3 dropped: the tail changes under the old opcode";
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"torn instruction", "the old first byte is decoded with the new tail"};
  }
};

template <typename Family>
struct NoSyncAfterInt3 : PokeMutant<Family, Int3Steps{.sync_after_int3 = false}> {
  static constexpr std::string_view kName = "no-sync-after-int3";
  static constexpr std::string_view kWhat = "P3 dropped";
  static constexpr Hardly kHardlyNatively = kHardlyStale;
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"torn instruction", "a CPU that fetched the old first byte decodes the new tail"};
  }
};

template <typename Family>
struct NoSyncAfterTail : PokeMutant<Family, Int3Steps{.sync_after_tail = false}> {
  static constexpr std::string_view kName = "no-sync-after-tail";
  static constexpr std::string_view kWhat = "P5 dropped";
  static constexpr Hardly kHardlyNatively = kHardlyStale;
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"torn instruction",
            "fetches are not coherent among themselves: new first byte, stale tail"};
  }
};

template <typename Family>
struct TailAfterFirst : PokeMutant<Family, Int3Steps{.tail_before_first = false}> {
  static constexpr std::string_view kName = "tail-after-first";
  static constexpr std::string_view kWhat = "P6 before P4";
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"torn instruction", "the new first byte is decoded with the old tail"};
  }
};

template <typename Family>
struct NoSyncAfterFirst : PokeMutant<Family, Int3Steps{.sync_after_first = false}> {
  static constexpr std::string_view kName = "no-sync-after-first";
  static constexpr std::string_view kWhat = "P7 dropped";
  static Verdict Expected(std::string_view, TrapDelivery delivery) {
    if (delivery == TrapDelivery::kKernel)
      return {"", "T3b and T4b, which user space needs, also cover a late trap here"};
    return {"", "a trap after P8 is retried by T3b anyway, so P7 protects nothing more"};
  }
};

template <typename Family>
struct StrictNoSyncAfterFirst : PokeMutant<Family, Int3Steps{.sync_after_first = false,
                                                             .confirm_claim = false,
                                                             .retry_unlisted = false,
                                                             .retry_unclaimed = false}> {
  static constexpr std::string_view kName = "strict-no-sync-after-first";
  static constexpr std::string_view kWhat =
      "P7, T3b and T4b dropped: the kernel's handler without P7";
  static Verdict Expected(std::string_view, TrapDelivery) {
    return {"unhandled trap", "a stale INT3 is fetched after P8, when no descriptor claims it"};
  }
};

template <typename Family>
struct NoWait : PokeMutant<Family, Int3Steps{.wait_for_handlers = false}> {
  static constexpr std::string_view kName = "no-wait";
  static constexpr std::string_view kWhat = "P8 does not wait for running handlers";
  static Verdict Expected(std::string_view, TrapDelivery delivery) {
    if (delivery == TrapDelivery::kKernel)
      return {
          "",
          "a handler runs with interrupts off, so P7's acknowledgement implies that it is done; "
          "only a foreign INT3's handler could still hold a reference"};
    return {
        "unhandled trap",
        "a late handler drops its reference from the next poke's count, whose traps then find 0"};
  }
};

template <typename Family>
struct NoRetry : PokeMutant<Family, Int3Steps{.retry_unclaimed = false}> {
  static constexpr std::string_view kName = "no-retry";
  static constexpr std::string_view kWhat = "T3b dropped: an unclaimed trap is an error at once";
  static Verdict Expected(std::string_view, TrapDelivery delivery) {
    if (delivery == TrapDelivery::kKernel)
      return {"", "after P7 nobody traps, so no trap comes too late to be claimed"};
    return {"unhandled trap", "the signal is delivered after P8"};
  }
};

template <typename Family>
struct NoRecheck : PokeMutant<Family, Int3Steps{.recheck_generation = false}> {
  static constexpr std::string_view kName = "no-recheck";
  static constexpr std::string_view kWhat = "T3b does not look at the generation";
  static Verdict Expected(std::string_view, TrapDelivery delivery) {
    if (delivery == TrapDelivery::kKernel)
      return {"", "no trap is delivered so late that another poke has begun"};
    return {"unhandled trap",
            "refs was 0 between two pokes, and the breakpoint is the later one's"};
  }
};

template <typename Family>
struct NoConfirm : PokeMutant<Family, Int3Steps{.confirm_claim = false}> {
  static constexpr std::string_view kName = "no-confirm";
  static constexpr std::string_view kWhat = "T4b dropped: a claim is not confirmed";
  static constexpr Hardly kHardlyNatively{
      {}, "the patcher must stand still between P0 and P2 just when a late handler comes"};
  static Verdict Expected(std::string_view, TrapDelivery delivery) {
    if (delivery == TrapDelivery::kKernel)
      return {"", "no trap is delivered so late that the next poke's descriptor is published"};
    return {"check failed",
            "the next poke's instruction is emulated before its INT3 is there; then "
            "the old one is executed again"};
  }
};

template <typename Family>
struct RelaxedDescriptor : PokeMutant<Family, Int3Steps{.release_descriptor = false}> {
  static constexpr std::string_view kName = "relaxed-descriptor";
  static constexpr std::string_view kWhat = "P0's release and P1 dropped";
  static Verdict Expected(std::string_view model, TrapDelivery) {
    if (model != "rc11") return {"", "stores are not reordered under " + std::string(model)};
    return {"data race", "INT3, or refs = 1, may be seen before the descriptor"};
  }
};

template <typename Family>
struct NoFenceOnTrap : PokeMutant<Family, Int3Steps{.fence_on_trap = false}> {
  static constexpr std::string_view kName = "no-fence-on-trap";
  static constexpr std::string_view kWhat = "T2 dropped";
  static Verdict Expected(std::string_view model, TrapDelivery) {
    if (model != "rc11") return {"", "loads are not reordered under " + std::string(model)};
    return {"", "T3b looks at refs again, after an acquire fence of its own"};
  }
};

template <typename Family>
struct StrictNoFenceOnTrap : PokeMutant<Family, Int3Steps{.fence_on_trap = false,
                                                          .confirm_claim = false,
                                                          .retry_unlisted = false,
                                                          .retry_unclaimed = false}> {
  static constexpr std::string_view kName = "strict-no-fence-on-trap";
  static constexpr std::string_view kWhat =
      "T2, T3b and T4b dropped: the kernel's handler without T2";
  static Verdict Expected(std::string_view model, TrapDelivery) {
    if (model != "rc11") return {"", "loads are not reordered under " + std::string(model)};
    return {"unhandled trap", "INT3 was fetched, but refs = 1 need not be seen"};
  }
};

template <typename Family>
struct Strict : PokeMutant<Family, Int3Steps{.confirm_claim = false,
                                             .retry_unlisted = false,
                                             .retry_unclaimed = false}> {
  static constexpr std::string_view kName = "strict";
  static constexpr std::string_view kWhat = "T3b and T4b dropped: the kernel's handler";
  static Verdict Expected(std::string_view, TrapDelivery delivery) {
    if (delivery == TrapDelivery::kKernel) return {"", "P7 ends all traps before refs becomes 0"};
    return {"unhandled trap", "the signal is delivered after P8"};
  }
};

template <typename Family>
struct RelaxedReference : PokeMutant<Family, Int3Steps{.release_reference = false}> {
  static constexpr std::string_view kName = "relaxed-reference";
  static constexpr std::string_view kWhat = "T6 is relaxed";
  static Verdict Expected(std::string_view model, TrapDelivery delivery) {
    if (model != "rc11")
      return {"", "an RMW orders everything before it under " + std::string(model)};
    if (delivery == TrapDelivery::kKernel)
      return {"", "P7's acknowledgement already orders the handler before the descriptor's reuse"};
    return {"data race", "the handler's reads of the descriptor race with its reuse"};
  }
};

// Every step, one at a time.
template <typename F>
using AllPokeMutants =
    TypeList<PublishAfterInt3<F>, NoInt3<F>, NoSyncAfterInt3<F>, NoSyncAfterTail<F>,
             TailAfterFirst<F>, NoSyncAfterFirst<F>, NoWait<F>, NoRetry<F>, NoRecheck<F>,
             NoConfirm<F>, RelaxedDescriptor<F>, NoFenceOnTrap<F>, RelaxedReference<F>, Strict<F>,
             StrictNoSyncAfterFirst<F>, StrictNoFenceOnTrap<F>>;
// Those that fail under every model and delivery.
template <typename F>
using FatalPokeMutants = TypeList<PublishAfterInt3<F>, NoInt3<F>, NoSyncAfterInt3<F>,
                                  NoSyncAfterTail<F>, TailAfterFirst<F>, StrictNoSyncAfterFirst<F>>;
// Those that only late delivery shows, and the fatal ones.
template <typename F>
using LatePokeMutants =
    TypeList<PublishAfterInt3<F>, NoInt3<F>, NoSyncAfterInt3<F>, NoSyncAfterTail<F>,
             TailAfterFirst<F>, NoWait<F>, NoRetry<F>, NoRecheck<F>, NoConfirm<F>, Strict<F>>;

}  // namespace heddle
