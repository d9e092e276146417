// Is each wrong request refused for the right reason, with memory unchanged?
#include "patching/x86_batch.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "patching/x86_int3.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using Insn = X86Instruction;
using enum PatchError;

// nop5; nop (66 90); hlt; nop6; ret; mov eax (its tail is missing)
constexpr std::array<std::uint8_t, 17> kCode = {0x0F, 0x1F, 0x44, 0, 0, 0x66, 0x90, 0xF4, 0x66,
                                                0x0F, 0x1F, 0x44, 0, 0, 0xC3, 0xB8, 1};

struct AddsPatches {
  void Thread(int) {
    const std::uintptr_t site = text.address(0);
    Expect(batch.Add(17, Insn::Nop(1), Insn::Nop(1)), kOutsideRegion);
    Expect(batch.Add(1000, Insn::Nop(5), Insn::Nop(5)), kOutsideRegion);
    Expect(batch.Add(14, Insn::MoveEax(1), Insn::MoveEax(2)), kOutsideRegion);
    Expect(batch.Add(7, Insn::Nop(1), Insn::Nop(1)), kUnknownBytes);
    Expect(batch.Add(15, Insn::Nop(1), Insn::Nop(1)), kUnknownBytes);
    Expect(batch.Add(0, Insn::MoveEax(1), Insn::Nop(5)), kUnexpectedBytes);
    Expect(batch.Add(5, Insn::Trap(), Insn::Nop(2)), kUnexpectedBytes);
    Expect(batch.Add(0, Insn::Nop(5), Insn::Nop(6)), kLengthMismatch);
    Expect(batch.Add(0, Insn::Nop(5), Insn::Nop(5), Insn::Nop(4)), kLengthMismatch);
    Expect(batch.Add(0, Insn::Nop(5), Insn{}), kLengthMismatch);
    Expect(batch.Add(0, Insn::Nop(5), Insn::Call(site, site + (std::uintptr_t{1} << 32))),
           kOutOfReach);
    Expect(batch.Add(5, Insn::Nop(2), Insn::ShortJump(site + 5, site + 300)), kOutOfReach);
    Rt::check(batch.size() == 0, "nothing wrong was added");

    Expect(batch.Add(8, Insn::Nop(6), Insn::JumpIf(4, site + 8, site)), kNone);
    Expect(batch.Add(0, Insn::Nop(5), Insn::ReturnZero(), Insn::Call(site, site)), kNone);
    Expect(batch.Add(0, Insn::Nop(5), Insn::Nop(5)), kOverlap);
    Expect(batch.Add(5, Insn::Nop(2), Insn::Trap()), kNone);
    Expect(batch.Add(14, Insn::Return(), Insn::Trap()), kBatchFull);
    std::vector<std::size_t> offsets;
    for (const X86Patch& p : batch) offsets.push_back(p.offset);
    Rt::check(offsets == std::vector<std::size_t>{0, 5, 8}, "sorted by address");
    for (std::size_t i = 0; i < kCode.size(); ++i)
      Rt::check(Rt::read_code(text, i) == kCode[i], "adding writes nothing");
  }
  void Expect(PatchError got, PatchError wanted) {
    Rt::check(got == wanted, Sentence(wanted).data());
  }

  Rt::CodeRegion text{kCode, {0}};
  X86Batch<Rt, 3> batch{text};
};

TEST(X86Batch, RefusesEachWrongPatchForItsReason) {
  const Explored e = Explore(CodeOf<AddsPatches>(1));
  EXPECT_TRUE(e.holds()) << e.message();
}

// int3; nop; ret.  The handler tries to poke the NOP.
struct PokesInHandler {
  PokesInHandler() { Rt::set_trap_handler(&Handle, this); }
  void Thread(int) {
    Rt::check(!Rt::in_trap(), "not before the trap");
    (void)Rt::call(text, 0);
    Rt::check(!Rt::in_trap() && handled, "nor after it");
    Rt::check(Rt::read_code(text, 1) == 0x90, "memory is unchanged");
  }
  static bool Handle(void* self, TrapFrame&) {
    auto& p = *static_cast<PokesInHandler*>(self);
    p.handled = p.poker.Poke(1, Insn::Nop(1), Insn::Return()) == kInTrapHandler;
    X86Batch<Rt, 1> batch(p.text);
    const bool added = batch.Add(1, Insn::Nop(1), Insn::Return()) == kNone;
    Rt::check(added && p.poker.PokeEarly(batch) == kInTrapHandler, "early neither");
    return true;
  }

  static constexpr std::array<std::uint8_t, 3> kText = {0xCC, 0x90, 0xC3};
  Rt::CodeRegion text{kText, {0}};
  X86Int3<Rt, 1> poker{text, {{1, Insn::Nop(1)}}};
  bool handled = false;
};

TEST(X86Int3, RefusesToPatchFromATrapHandler) {
  const Explored e = Explore(CodeOf<PokesInHandler>(1));
  EXPECT_TRUE(e.holds()) << e.message();
}

TEST(PatchError, EachHasASentenceOfItsOwn) {
  std::set<std::string_view> sentences;
  for (int e = 0; e <= static_cast<int>(kInTrapHandler); ++e) {
    const std::string_view s = Sentence(static_cast<PatchError>(e));
    EXPECT_TRUE(s.ends_with(".")) << e;
    EXPECT_TRUE(sentences.insert(s).second) << s;
  }
}

}  // namespace
}  // namespace heddle
