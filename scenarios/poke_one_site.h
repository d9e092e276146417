// poke_one_site: a patcher changes the instruction at one site while executors call through it.
//
//     Patcher                          Executor (one or two)
//     for each version v:              again and again:
//       started = v                      low = finished (acquire)
//       poke(site, instruction(v))       r = call function; what it returns tells the instruction
//       finished = v (release)           high = started
//
// Whatever an executor runs must be a version between `low` and `high`, whole, and no older than
// what it ran before: once new, never old.  Versions go round: see the sites below.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/poke_mutants.h"

namespace heddle {

/// Five bytes: NOP, CALL and, with two pokes or more, JMP.
struct FiveByteSite {
  // mov eax, 1; site: nop5; ret     16: mov eax, 2; ret     24: mov eax, 3; ret
  static constexpr std::array<std::uint8_t, 30> kCode = {
      0xB8, 1,    0, 0, 0, 0x0F, 0x1F, 0x44, 0,    0,    0xC3, 0xCC, 0xCC, 0xCC, 0xCC,
      0xCC, 0xB8, 2, 0, 0, 0,    0xC3, 0xCC, 0xCC, 0xB8, 3,    0,    0,    0,    0xC3};
  static constexpr std::size_t kOffset = 5;
  static constexpr std::array kReturns = {1, 2, 3};  // by version

  template <typename Region>
  static std::optional<X86Instruction> Version(std::size_t v, const Region& text) {
    if (v == 1) return X86Instruction::Call(text.address(kOffset), text.address(16));
    if (v == 2) return X86Instruction::Jump(text.address(kOffset), text.address(24));
    return X86Instruction::Nop(5);
  }
};

/// Six bytes: a conditional jump, which falls through, and two others, which do not.
struct JumpIfSite {
  // mov eax, 1; cmp eax, 1; site: jne 24; ret     24: mov eax, 2; ret     32: mov eax, 3; ret
  static constexpr std::array<std::uint8_t, 38> kCode = {
      0xB8, 1, 0, 0,    0,    0x3D, 1,    0,    0,    0,    0x0F, 0x85, 8,
      0,    0, 0, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xB8, 2,
      0,    0, 0, 0xC3, 0xCC, 0xCC, 0xB8, 3,    0,    0,    0,    0xC3};
  static constexpr std::size_t kOffset = 10;
  static constexpr std::array kReturns = {1, 2, 3};

  template <typename Region>
  static std::optional<X86Instruction> Version(std::size_t v, const Region& text) {
    constexpr std::uint8_t kNotEqual = 5, kEqual = 4, kNotBelow = 3;
    return X86Instruction::JumpIf(v == 0   ? kNotEqual
                                  : v == 1 ? kEqual
                                           : kNotBelow,
                                  text.address(kOffset), text.address(v == 2 ? 32 : 24));
  }
};

/// One byte: NOP and RET.
struct OneByteSite {
  // mov eax, 1; site: nop; mov eax, 2; ret
  static constexpr std::array<std::uint8_t, 12> kCode = {0xB8, 1, 0, 0, 0, 0x90,
                                                         0xB8, 2, 0, 0, 0, 0xC3};
  static constexpr std::size_t kOffset = 5;
  static constexpr std::array kReturns = {2, 1};

  template <typename Region>
  static std::optional<X86Instruction> Version(std::size_t v, const Region&) {
    return v == 1 ? X86Instruction::Return() : X86Instruction::Nop(1);
  }
};

/// NOP, and INT3 of another owner, which goes on elsewhere.
struct TrapSite {
  // mov eax, 1; site: nop5; ret     16: mov eax, 2; ret
  static constexpr std::array<std::uint8_t, 22> kCode = {
      0xB8, 1,    0,    0,    0,    0x0F, 0x1F, 0x44, 0, 0, 0xC3,
      0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xB8, 2,    0,    0, 0, 0xC3};
  static constexpr std::size_t kOffset = 5;
  static constexpr std::array kReturns = {1, 2};

  template <typename Region>
  static std::optional<X86Instruction> Version(std::size_t v, const Region&) {
    return v == 1 ? X86Instruction::Trap() : X86Instruction::Nop(5);
  }
  template <typename Region>
  static bool HandleOwnTrap(const Region& text, TrapFrame& frame) {
    if (frame.pc() != text.address(kOffset) + 1) return false;
    frame.set_pc(text.address(16));
    return true;
  }
};

template <Runtime Rt, typename Site, int kExecutors, int kPokes, int kCalls,
          Int3Steps kSteps = Int3Steps{}>
class PokeOneSiteProgram {
 public:
  PokeOneSiteProgram() { Rt::set_trap_handler(&OnTrap, this); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Poker = X86Int3<Rt, 1, kSteps>;
  // So that a bounded run comes to each.
  static constexpr std::size_t kVersions = kPokes == 1 ? 2 : Site::kReturns.size();

  static std::size_t Kind(int version) { return static_cast<std::size_t>(version) % kVersions; }

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      started_.store(v, std::memory_order_relaxed);
      const PatchError error = poker_.Poke(Site::kOffset, *Site::Version(Kind(v - 1), text_),
                                           Site::Version(Kind(v), text_));
      Rt::check(error == PatchError::kNone, "the poke was refused");
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
      while (Site::kReturns[Kind(version)] != r && version <= high) ++version;
      Rt::check(version <= high, "an executor ran an instruction older than one it must have seen");
    }
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    auto& program = *static_cast<PokeOneSiteProgram*>(self);
    if (program.poker_.HandleTrap(frame)) return true;
    if constexpr (requires { Site::HandleOwnTrap(program.text_, frame); })
      return Site::HandleOwnTrap(program.text_, frame);
    else
      return false;
  }

  static typename Rt::CodeRegion MakeText() {
    if constexpr (kExecutors == 1)
      return {Site::kCode, {1}};
    else
      return {Site::kCode, {1, 2}};
  }

  typename Rt::CodeRegion text_ = MakeText();
  Poker poker_{text_, {{Site::kOffset, *Site::Version(0, text_)}}};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};
};

// --- descriptions

template <typename Site, int kExecutors, int kPokes, int kCalls>
struct PokeFamily {
  template <Runtime Rt, Int3Steps kSteps>
  using Code = PokeOneSiteProgram<Rt, Site, kExecutors, kPokes, kCalls, kSteps>;
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
  using Program = PokeOneSiteProgram<Rt, FiveByteSite, 1, 2, 2>;
  static std::vector<Expect> Expected() { return PokeOutcomes(3); }
  using Mutants = AllPokeMutants<PokeFamily<FiveByteSite, 1, 2, 1>>;
};

struct PokeOneSiteTwo {
  static constexpr std::string_view kName = "poke_one_site_2";
  static constexpr std::string_view kQuestion =
      "the same with two executors (bound: 1 poke, 1 call each)";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeOneSiteProgram<Rt, FiveByteSite, 2, 1, 1>;
  static std::vector<Expect> Expected() { return PokeOutcomes(2); }
  using Mutants = FatalPokeMutants<PokeFamily<FiveByteSite, 2, 1, 1>>;
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
  using Program = PokeOneSiteProgram<Rt, FiveByteSite, 1, 2, 1>;
  static std::vector<Expect> Expected() { return PokeOutcomes(3); }
  using Mutants = LatePokeMutants<PokeFamily<FiveByteSite, 1, 2, 2>>;
};

}  // namespace heddle
