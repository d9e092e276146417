// Static keys: is the text on whenever a user relies on it, and does the count stay right?
//
// Each CPU does what its KeyUse says, and executes the site wherever it has a user of its
// own or has just enabled the key: then the site must be on.  At the end the count is what the
// calls add up to, and the text says the same.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "patching/static_key.h"
#include "patching/x86_int3.h"
#include "runtime/scenario.h"

namespace heddle {

enum class KeyUse {
  kIncDec,    ///< Inc, execute, Dec
  kDec,       ///< Dec without a user of its own: is to be refused if there is none
  kEnable,    ///< Enable, execute
  kDisable,   ///< Disable
  kDeferred,  ///< Inc, execute, DecDeferred, RunDeferred
};

// Two sites in x86-64 text, changed by int3 in one batch: one is a NOP while the key is off, and a
// jump while it is on; the other one the reverse, as a branch that is likely taken.
template <Runtime Rt>
class Int3Sites {
 public:
  Int3Sites() { Rt::set_trap_handler(&Poker::OnTrap, &poker_); }

  void Switch(bool on) {
    typename Poker::Batch batch(text_);
    for (const std::size_t site : {kUnlikely, kLikely}) {
      const PatchError error = batch.Add(site, At(site, !on), At(site, on));
      Rt::check(error == PatchError::kNone, "a site is patched from what it is not");
    }
    Rt::check(poker_.Poke(batch) == PatchError::kNone, "a poke was refused");
  }
  /// What the running CPU executes at the first site.
  bool IsOn() { return Rt::call(text_, kUnlikely) == 2; }
  /// Requires that both sites say the same.
  bool SaysOn() {
    const bool on = Holds(kUnlikely, true);
    Rt::check(Holds(kLikely, on), "the two sites of a key differ");
    return on;
  }

 private:
  using Poker = X86Int3<Rt, 2>;
  static constexpr std::size_t kUnlikely = 0, kLikely = 16, kTarget = 24;
  // unlikely: nop5; mov eax, 1; ret     likely: jmp 24; ret     24: mov eax, 2; ret
  static constexpr std::array<std::uint8_t, 30> kCode = {
      0x0F, 0x1F, 0x44, 0, 0, 0xB8, 1,    0,    0,    0,    0xC3, 0xCC, 0xCC, 0xCC, 0xCC,
      0xCC, 0xE9, 3,    0, 0, 0,    0xC3, 0xCC, 0xCC, 0xB8, 2,    0,    0,    0,    0xC3};

  static X86Instruction At(std::size_t site, bool on) {
    return on == (site == kUnlikely) ? *X86Instruction::Jump(site, kTarget)
                                     : X86Instruction::Nop(5);
  }
  bool Holds(std::size_t site, bool on) {
    return Rt::read_code(text_, site) == At(site, on).Encode()[0];
  }

  typename Rt::CodeRegion text_{kCode, {0, 1}};
  Poker poker_{text_, {{kUnlikely, At(kUnlikely, false)}, {kLikely, At(kLikely, false)}}};
};

template <Runtime Rt, KeyUse k0, KeyUse k1, StaticKeySteps kSteps = StaticKeySteps{}>
class StaticKeyProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Use<k0>(cpu) : Use<k1>(cpu); }

  void Finish() {
    const int expected = Enables() ? 1 : users_[0].load() + users_[1].load();
    count_.value = key_.count();
    if constexpr (k1 != KeyUse::kDisable)
      Rt::check(key_.count() == expected, "the count is not what the calls add up to");
    Rt::check(key_.count() >= 0, "the count is negative");
    Rt::check(sites_.SaysOn() == (key_.count() > 0), "the text does not say what the count says");
  }
  std::array<Observation, 1> Observed() const { return {count_}; }

 private:
  static constexpr bool Enables() { return k0 == KeyUse::kEnable || k1 == KeyUse::kEnable; }
  // Whether somebody takes away what another one relies on: then only the count is asked about.
  static constexpr bool Steals() { return k1 == KeyUse::kDisable || k1 == KeyUse::kDec; }

  template <KeyUse kUse>
  void Use(int cpu) {
    if constexpr (kUse == KeyUse::kIncDec || kUse == KeyUse::kDeferred) key_.Inc();
    if constexpr (kUse == KeyUse::kEnable) key_.Enable();
    if constexpr (!Steals())
      Rt::check(sites_.IsOn(), "a CPU executes the site switched off although the key has a user");
    if constexpr (kUse == KeyUse::kIncDec || kUse == KeyUse::kDec) {
      const bool done = key_.Dec();
      users_[static_cast<std::size_t>(cpu)].store((kUse == KeyUse::kIncDec ? 1 : 0) -
                                                  (done ? 1 : 0));
    }
    if constexpr (kUse == KeyUse::kDeferred) {
      key_.DecDeferred();
      key_.RunDeferred();
    }
    if constexpr (kUse == KeyUse::kDisable) key_.Disable();
  }

  Int3Sites<Rt> sites_;
  StaticKey<Rt, Int3Sites<Rt>, kSteps> key_{sites_};
  std::array<typename Rt::template Plain<int>, 2> users_{
      {{0, "users of CPU 0"}, {0, "users of CPU 1"}}};
  Observation count_{"count"};
};

// --- descriptions

template <KeyUse k0, KeyUse k1, StaticKeySteps kSteps>
struct KeyProgram {
  template <Runtime Rt>
  using Program = StaticKeyProgram<Rt, k0, k1, kSteps>;
};

struct StaticKeyScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
};

struct StaticKeyIncDec : StaticKeyScenario {
  static constexpr std::string_view kName = "static_key";
  static constexpr std::string_view kQuestion =
      "is the text on for each of two CPUs that count the key up and down?";
  template <StaticKeySteps kSteps>
  using Dropping = KeyProgram<KeyUse::kIncDec, KeyUse::kIncDec, kSteps>;
  template <Runtime Rt>
  using Program = StaticKeyProgram<Rt, KeyUse::kIncDec, KeyUse::kIncDec>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0}, kOk, kOk, kOk, "as many downs as ups"}};
  }

  struct EarlyCount : Dropping<StaticKeySteps{.mark_first = false}> {
    static constexpr std::string_view kName = "early-count";
    static constexpr int kMuseum = 1;
    static constexpr std::string_view kWhat = "K3 counts to 1 before the text is switched";
    static constexpr std::string_view kSource = "Linux before commit 4c5ea0a9cd02, 2016";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "the second user counts up and goes on while the text is still off"};
    }
  };
  struct NoLock : Dropping<StaticKeySteps{.lock = false}> {
    static constexpr std::string_view kName = "no-lock";
    static constexpr std::string_view kWhat = "K2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "the second user meets the -1 of the first"};
    }
  };
  struct RelaxedCount : Dropping<StaticKeySteps{.acquire_count = false, .release_count = false}> {
    static constexpr std::string_view kName = "relaxed-count";
    static constexpr std::string_view kWhat = "K1 and K4 are relaxed";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the text's last sync_core_all comes before the count, on every CPU"};
    }
  };
  using Mutants = TypeList<EarlyCount, NoLock, RelaxedCount>;
};

struct StaticKeyUnbalanced : StaticKeyScenario {
  static constexpr std::string_view kName = "static_key_unbalanced";
  static constexpr std::string_view kQuestion =
      "does the count survive a Dec that nobody has counted up for?";
  template <StaticKeySteps kSteps>
  using Dropping = KeyProgram<KeyUse::kIncDec, KeyUse::kDec, kSteps>;
  template <Runtime Rt>
  using Program = StaticKeyProgram<Rt, KeyUse::kIncDec, KeyUse::kDec>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0}, kOk, kOk, kOk, "one of the two Decs is refused"}};
  }

  struct FastDecOfAll : Dropping<StaticKeySteps{.refuse_first = false}> {
    static constexpr std::string_view kName = "fast-dec-of-all";
    static constexpr int kMuseum = 3;
    static constexpr std::string_view kWhat = "K5 counts down whatever is not 1";
    static constexpr std::string_view kSource = "Linux before commit 83ab38ef0a0b, 2024";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "0 becomes -1, or the -1 of an Inc becomes -2"};
    }
  };
  using Mutants = TypeList<FastDecOfAll>;
};

struct StaticKeyEnable : StaticKeyScenario {
  static constexpr std::string_view kName = "static_key_enable";
  static constexpr std::string_view kQuestion =
      "do two CPUs that enable a key at once make its count 1?";
  template <StaticKeySteps kSteps>
  using Dropping = KeyProgram<KeyUse::kEnable, KeyUse::kEnable, kSteps>;
  template <Runtime Rt>
  using Program = StaticKeyProgram<Rt, KeyUse::kEnable, KeyUse::kEnable>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{1}, kOk, kOk, kOk, "enabled once"}};
  }

  struct CheckOutside : Dropping<StaticKeySteps{.check_under_lock = false}> {
    static constexpr std::string_view kName = "check-outside";
    static constexpr int kMuseum = 2;
    static constexpr std::string_view kWhat =
        "Enable does not look again under the mutex, but counts up";
    static constexpr std::string_view kSource = "Linux before commit 1dbb6704de91, 2017";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "both have seen 0, so the count becomes 2"};
    }
  };
  using Mutants = TypeList<CheckOutside>;
};

struct StaticKeyDisable : StaticKeyScenario {
  static constexpr std::string_view kName = "static_key_disable";
  static constexpr std::string_view kQuestion =
      "do text and count agree when one CPU enables a key and another one disables it?";
  template <StaticKeySteps kSteps>
  using Dropping = KeyProgram<KeyUse::kEnable, KeyUse::kDisable, kSteps>;
  template <Runtime Rt>
  using Program = StaticKeyProgram<Rt, KeyUse::kEnable, KeyUse::kDisable>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0}, kOk, kOk, kOk, "disabled last"}, {{1}, kOk, kOk, kOk, "enabled last"}};
  }

  struct EarlyCountNoLock : Dropping<StaticKeySteps{.mark_first = false, .lock = false}> {
    static constexpr std::string_view kName = "early-count-no-lock";
    static constexpr std::string_view kWhat = "K2 dropped, and K3 counts to 1 at once";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "Disable switches off what Enable has not switched on yet"};
    }
  };
  using Mutants = TypeList<EarlyCountNoLock>;
};

struct StaticKeyDeferred : StaticKeyScenario {
  static constexpr std::string_view kName = "static_key_deferred";
  static constexpr std::string_view kQuestion =
      "is the text on for a user while another one's Dec is deferred?";
  template <StaticKeySteps kSteps>
  using Dropping = KeyProgram<KeyUse::kDeferred, KeyUse::kDeferred, kSteps>;
  template <Runtime Rt>
  using Program = StaticKeyProgram<Rt, KeyUse::kDeferred, KeyUse::kDeferred>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0}, kOk, kOk, kOk, "all that was deferred is done"}};
  }

  struct LostDeferred : Dropping<StaticKeySteps{.take_deferred_at_once = false}> {
    static constexpr std::string_view kName = "deferred-not-exchanged";
    static constexpr std::string_view kWhat = "K8 is a load and a store";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "what is deferred between the two is lost, or done twice"};
    }
  };
  using Mutants = TypeList<LostDeferred>;
};

}  // namespace heddle
