// The INT3 protocol where steps fall away: instructions of six bytes, of one, and INT3 itself as
// the new instruction.  The program is poke_one_site's.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/poke_mutants.h"
#include "scenarios/poke_one_site.h"
#include "scenarios/stale_fetch.h"

namespace heddle {

struct PokeJumpIf {
  static constexpr std::string_view kName = "poke_jump_if";
  static constexpr std::string_view kQuestion =
      "a site of six bytes that holds conditional jumps, whose first byte never changes (bound: 2 "
      "pokes, 1 call)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, JumpIfSite, 1, 2, 1>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "JNE fell through"},
            {{0, 2}, kOk, kOk, kOk, "executed or emulated JE"},
            {{0, 3}, kOk, kOk, kOk, "executed or emulated JAE"}};
  }
  using Family = PokeFamily<JumpIfSite, 1, 2, 1>;

  struct NoInt3 : heddle::NoInt3<Family> {
    static constexpr Hardly kHardlyNatively{
        Isa::kX86_64, "the two bytes that change are neighbours, written by one store"};
  };
  using Mutants =
      TypeList<PublishAfterInt3<Family>, NoInt3, NoSyncAfterInt3<Family>, NoSyncAfterTail<Family>,
               TailAfterFirst<Family>, StrictNoSyncAfterFirst<Family>>;
};

/// A CPU sees one byte old or new in any case; but not for good before it serialises.
struct PokeOneByte {
  static constexpr std::string_view kName = "poke_one_byte";
  static constexpr std::string_view kQuestion =
      "a site of one byte, which has no tail (bound: 2 pokes, 2 calls)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, OneByteSite, 1, 2, 2>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "executed or emulated RET"},
            {{0, 2}, kOk, kOk, kOk, "executed NOP"}};
  }
  using Family = PokeFamily<OneByteSite, 1, 1, 2>;

  struct NoInt3 : heddle::NoInt3<Family> {
    static constexpr std::string_view kWhat = "P2 and P3 dropped: the byte is written at once";
    static constexpr Hardly kHardlyNatively = kHardlyStale;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "fetches are not coherent: the old byte may come after the new one"};
    }
  };
  struct NoSyncAfterInt3 : heddle::NoSyncAfterInt3<Family> {
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "fetches are not coherent: the old byte may come after the new one"};
    }
  };
  struct NoSyncAfterTail : heddle::NoSyncAfterTail<Family> {
    static Verdict Expected(std::string_view, TrapDelivery) { return {"", "there is no tail"}; }
  };
  using Mutants = TypeList<PublishAfterInt3<Family>, NoInt3, NoSyncAfterInt3, NoSyncAfterTail,
                           StrictNoSyncAfterFirst<Family>>;
};

struct PokeToInt3 {
  static constexpr std::string_view kName = "poke_to_int3";
  static constexpr std::string_view kQuestion =
      "a NOP becomes another owner's INT3 and a NOP again (bound: 2 pokes, 2 calls)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, TrapSite, 1, 2, 2>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "executed or emulated the NOP"},
            {{0, 2}, kOk, kOk, kOk, "trapped; the other owner answered"}};
  }
  using Family = PokeFamily<TrapSite, 1, 2, 1>;

  struct AcceptsInt3 : PokeMutant<Family, Int3Steps{.decline_int3 = false}> {
    static constexpr std::string_view kName = "accepts-int3";
    static constexpr std::string_view kWhat = "T5 claims what is to be INT3, and goes on behind it";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"torn instruction", "behind INT3 is the tail of an instruction"};
    }
  };
  struct NoSyncAfterInt3 : heddle::NoSyncAfterInt3<PokeFamily<TrapSite, 1, 1, 1>> {
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "there is no P7, so only P3 ends the old instruction"};
    }
  };
  struct NoWait : heddle::NoWait<Family> {
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "there is no P7, so only P8 knows when handlers are done"};
    }
  };
  using Mutants = TypeList<AcceptsInt3, NoSyncAfterInt3, NoWait>;
};

}  // namespace heddle
