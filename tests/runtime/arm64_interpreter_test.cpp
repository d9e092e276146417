// Does the interpreter do what each encoding of arm64 means, and refuse what it does not know?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "isa/arm64.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Insn = Arm64Instruction;
using Op = Arm64Instruction::Op;
using Outcomes = std::set<std::vector<std::int64_t>>;
using Bytes = std::vector<std::uint8_t>;

template <typename... Instructions>
Bytes Code(const Instructions&... instructions) {
  const auto code = arm64::Code(instructions...);
  return {code.begin(), code.end()};
}

// One CPU calls constant text at offset 0; the handler, if any, claims traps.
struct CallsText {
  static inline Bytes code;
  static inline TrapHandler handler = nullptr;
  CallsText() {
    if (handler != nullptr) Rt::set_trap_handler(handler, this);
  }
  void Thread(int) { Rt::observe(result[0], Rt::call(text, 0)); }
  std::array<Observation, 1> Observed() const { return result; }
  Rt::CodeRegion text{code, {0}, Isa::kArm64};
  std::array<Observation, 1> result{{{"returned"}}};
};

Explored Execute(Bytes code, TrapHandler handler = nullptr) {
  CallsText::code = std::move(code);
  CallsText::handler = handler;
  return Explore(CodeOf<CallsText>(1), model::Arm64());
}

constexpr Insn By(Op op, std::int32_t words, std::uint8_t m = 0) {
  return {op, 0, m, 0, 4 * words};
}
constexpr Insn Mov(std::uint16_t value) { return Insn::MoveWide(0, value); }

TEST(Arm64Interpreter, ExecutesEachEncoding) {
  constexpr Insn kRet = Insn::Return(), kNop = Insn::Nop();
  constexpr Insn kSaveLink = Insn::Move(9, 30), kReturnSaved = Insn::Return(9);
  const auto compare = [](std::uint8_t wide, std::int32_t with) {
    return Insn{Op::kCompare, 0, 0, wide, with};
  };
  struct Case {
    const char* what;
    Bytes code;
    std::int64_t w0;
  };
  const std::vector<Case> cases = {
      {"movz w; ret", Code(Mov(42), kRet), 42},
      {"movz w, shifted", Code(Insn{Op::kMoveWide, 0, 1, 0, 0xFFFF}, kRet), 0xFFFF0000},
      {"movz x, above what is returned", Code(Insn{Op::kMoveWide, 0, 2, 1, 7}, kRet), 0},
      {"nop, bti, isb", Code(kNop, Insn{Op::kBti, 0, 3}, Insn::Isb(), Mov(7), kRet), 7},
      {"mov x", Code(Insn::MoveWide(3, 5), Insn::Move(0, 3), kRet), 5},
      {"mov w cuts off", Code(Insn{Op::kMoveWide, 3, 2, 1, 1}, Insn{Op::kMove, 0, 3}, kRet), 0},
      {"mov from zr", Code(Mov(3), Insn::Move(0, 31), kRet), 0},
      {"b forward", Code(By(Op::kBranch, 2), Mov(1), Mov(2), kRet), 2},
      {"b back", Code(By(Op::kBranch, 3), Mov(3), kRet, By(Op::kBranch, -2)), 3},
      {"bl and a saved link", Code(kSaveLink, By(Op::kBranchLink, 2), kReturnSaved, Mov(5), kRet),
       5},
      {"b.ne taken", Code(Mov(1), compare(0, 2), By(Op::kBranchIf, 2, 1), Mov(9), kRet), 1},
      {"b.ne not taken", Code(Mov(2), compare(0, 2), By(Op::kBranchIf, 2, 1), Mov(9), kRet), 9},
      {"cmp x sees the high half",
       Code(Insn{Op::kMoveWide, 0, 2, 1, 1}, compare(1, 0), By(Op::kBranchIf, 2, 1), Mov(9), kRet),
       0},
      {"cmp w does not",
       Code(Insn{Op::kMoveWide, 0, 2, 1, 1}, compare(0, 0), By(Op::kBranchIf, 2, 1), Mov(9), kRet),
       9},
      {"br", Code(Insn{Op::kBranchReg, 30}), 0},
      {"blr",
       Code(kSaveLink, Insn{Op::kLoadLiteral, 1, 0, 1, 12}, Insn{Op::kBranchLinkReg, 1},
            kReturnSaved, Insn::Trap(0x801), Insn{}, Mov(6), kRet),
       6},
      {"ldr w, back", Code(By(Op::kBranch, 2), Mov(8), Insn{Op::kLoadLiteral, 0, 0, 0, -4}, kRet),
       0x52800100},
  };
  for (Case c : cases) {
    // A literal that is the address of the instruction behind it: 0x10000 + 24.
    if (std::string(c.what) == "blr") {
      const std::array<std::uint8_t, 8> literal = {24, 0, 1, 0, 0, 0, 0, 0};
      std::copy(literal.begin(), literal.end(), c.code.begin() + 16);
    }
    const Explored e = Execute(c.code);
    EXPECT_TRUE(e.holds()) << c.what << ": " << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{c.w0}})) << c.what;
  }
}

TEST(Arm64Interpreter, ShowsWordsThatItDoesNotExecute) {
  const Explored unknown = Execute({0, 0, 0, 0x8B});
  EXPECT_EQ(unknown.error(), ErrorKind::kIllegalInstruction);
  EXPECT_EQ(unknown.message(), "cannot execute 8b000000 (add x0, x0, x0) at text[0]");
  for (const Op call : {Op::kHypervisorCall, Op::kSupervisorCall, Op::kSecureMonitorCall}) {
    const Explored e = Execute(Code(Insn::Nop(), Insn{call}));
    EXPECT_EQ(e.error(), ErrorKind::kIllegalInstruction);
    EXPECT_THAT(e.message(), HasSubstr(" at text[4]"));
  }
}

TEST(Arm64Interpreter, LeavingTheRegionAndMisalignmentAreErrorsThatNameTheOffset) {
  const std::vector<std::pair<Bytes, const char*>> cases = {
      {Code(By(Op::kBranch, 32)), "offset 128"},
      {Code(By(Op::kBranch, -1)), "offset -4"},
      {Code(Insn::Nop()), "offset 4"},
      {Code(Insn::MoveWide(1, 2), Insn{Op::kBranchReg, 1}), "left the code region"},
      // LDR x1, the literal 0x10002; BR x1
      {{0x41, 0, 0, 0x58, 0x20, 0, 0x1F, 0xD6, 2, 0, 1, 0, 0, 0, 0, 0}, "text[2], which is not al"},
      {Code(Insn{Op::kLoadLiteral, 0, 0, 0, 64}), "read_code at offset 64"}};
  for (const auto& [code, message] : cases)
    EXPECT_THAT(Execute(code).message(), HasSubstr(message));
}

TEST(Arm64Traps, UnhandledWithoutHandlerAndWhenDeclined) {
  const Bytes code = Code(Insn::Nop(), Insn::Trap(), Insn::Return());
  for (const TrapHandler handler :
       {TrapHandler{}, TrapHandler{[](void*, TrapFrame&) { return false; }}}) {
    const Explored e = Execute(code, handler);
    EXPECT_EQ(e.error(), ErrorKind::kUnhandledTrap);
    EXPECT_THAT(e.message(), HasSubstr("BRK at text[4]"));
  }
}

// mov x9, x30; brk; ret x9; mov w0, #8; ret: the handler does BL +2.
TEST(Arm64Traps, HandlerMayEmulateACall) {
  const Explored e =
      Execute(Code(Insn::Move(9, 30), Insn::Trap(), Insn::Return(9), Mov(8), Insn::Return()),
              [](void* self, TrapFrame& frame) {
                Rt::check(frame.pc() == static_cast<CallsText*>(self)->text.address(4),
                          "BRK's own address");
                By(Op::kBranchLink, 2).Execute(frame, frame.pc());
                return true;
              });
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{8}}));
}

}  // namespace
}  // namespace heddle
