// Does the interpreter do what each encoding means, and refuse what it does not know?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Bytes = std::vector<std::uint8_t>;

// One CPU calls constant text at offset 0; `handler` claims traps, or not.
struct CallsText {
  static inline Bytes code;
  static inline TrapHandler handler = nullptr;

  CallsText() {
    if (handler != nullptr) Rt::set_trap_handler(handler, this);
  }
  void Thread(int) { Rt::observe(result[0], Rt::call(text, 0)); }
  std::array<Observation, 1> Observed() const { return result; }

  Rt::CodeRegion text{code, {0}};
  Rt::Plain<int> count{0, "count"};
  std::array<Observation, 1> result{{{"returned"}}};
};

Explored Execute(Bytes code, TrapHandler handler = nullptr) {
  CallsText::code = std::move(code);
  CallsText::handler = handler;
  return Explore(CodeOf<CallsText>(1));
}

TEST(Interpreter, ExecutesEachEncoding) {
  struct Case {
    const char* what;
    Bytes code;
    std::int64_t eax;
  };
  const std::vector<Case> cases = {
      {"mov; ret", {0xB8, 42, 0, 0, 0, 0xC3}, 42},
      {"unsigned eax", {0xB8, 0xFF, 0xFF, 0xFF, 0xFF, 0xC3}, 0xFFFFFFFF},
      {"nop; nop5", {0x90, 0x0F, 0x1F, 0x44, 0, 0, 0xB8, 7, 0, 0, 0, 0xC3}, 7},
      // jmp 7 | 2: mov 1 | 7: mov 2; ret
      {"jmp rel8 forward", {0xEB, 5, 0xB8, 1, 0, 0, 0, 0xB8, 2, 0, 0, 0, 0xC3}, 2},
      // jmp 8 | 2: mov 3; ret | 8: jmp 2 (from 10 by -8)
      {"jmp rel8 back", {0xEB, 6, 0xB8, 3, 0, 0, 0, 0xC3, 0xEB, 0xF8}, 3},
      // jmp 11 | 5: mov 4; ret | 11: jmp 5 (from 16 by -11)
      {"jmp rel32", {0xE9, 6, 0, 0, 0, 0xB8, 4, 0, 0, 0, 0xC3, 0xE9, 0xF5, 0xFF, 0xFF, 0xFF}, 4},
      // call 6; ret | 6: mov 5; ret
      {"call", {0xE8, 1, 0, 0, 0, 0xC3, 0xB8, 5, 0, 0, 0, 0xC3}, 5},
  };
  for (const Case& c : cases) {
    const Explored e = Execute(c.code);
    EXPECT_TRUE(e.holds()) << c.what << ": " << e.message();
    EXPECT_EQ(e.outcomes, (std::set<std::vector<std::int64_t>>{{c.eax}})) << c.what;
  }
}

TEST(Interpreter, UnknownBytesAreShown) {
  const Explored one = Execute({0xF4});
  EXPECT_EQ(one.error(), ErrorKind::kIllegalInstruction);
  EXPECT_EQ(one.message(), "cannot execute f4 (hlt) at text[0]");
  const Explored five = Execute({0x90, 0x0F, 0x1F, 0x44, 0x00, 0x01, 0xC3});
  EXPECT_EQ(five.error(), ErrorKind::kIllegalInstruction);
  EXPECT_EQ(five.message(),
            "cannot execute 0f 1f 44 00 01 (nop dword ptr [rax + rax + 1]) at text[1]");
}

TEST(Interpreter, LeavingTheRegionIsAnErrorThatNamesTheOffset) {
  struct Case {
    Bytes code;
    const char* offset;
  };
  const std::vector<Case> cases = {{{0xEB, 0x7F}, "offset 129"},  // 2 + 127
                                   {{0xEB, 0xFC}, "offset -2"},   // 2 - 4
                                   {{0x90}, "offset 1"},          // falls off the end
                                   {{0xB8, 1}, "offset 2"}};      // its own tail is missing
  for (const Case& c : cases) {
    const Explored e = Execute(c.code);
    EXPECT_EQ(e.error(), ErrorKind::kIllegalInstruction);
    EXPECT_THAT(e.message(), HasSubstr(c.offset));
  }
}

TEST(Interpreter, EndlessLoopIsABound) {
  EXPECT_EQ(Execute({0xEB, 0xFE}).error(), ErrorKind::kTooLarge);  // jmp to itself
}

TEST(Traps, UnhandledWithoutHandlerAndWhenDeclined) {
  const Explored without = Execute({0x90, 0xCC, 0xC3});
  EXPECT_EQ(without.error(), ErrorKind::kUnhandledTrap);
  EXPECT_THAT(without.message(), HasSubstr("text[1]"));
  const Explored declined = Execute({0x90, 0xCC, 0xC3}, [](void*, TrapFrame&) { return false; });
  EXPECT_EQ(declined.error(), ErrorKind::kUnhandledTrap);
}

// int3; mov 6; ret.  The plain accesses do not race, for they are the trapped CPU's own.
TEST(Traps, HandlerRunsOnTheSameCpuAfterTheBreakpoint) {
  const Explored e = Execute({0xCC, 0xB8, 6, 0, 0, 0, 0xC3}, [](void* self, TrapFrame& frame) {
    auto& program = *static_cast<CallsText*>(self);
    Rt::check(frame.pc() == program.text.address(1), "pc is behind the breakpoint");
    program.count.store(program.count.load() + 1);
    return true;
  });
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (std::set<std::vector<std::int64_t>>{{6}}));
}

// int3; ret | 2: mov 8; ret.  The handler calls 2 and lets it return to 1.
TEST(Traps, HandlerMayEmulateACall) {
  const Explored e =
      Execute({0xCC, 0xC3, 0xB8, 8, 0, 0, 0, 0xC3}, [](void* self, TrapFrame& frame) {
        frame.push(frame.pc());
        frame.set_pc(static_cast<CallsText*>(self)->text.address(2));
        return true;
      });
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (std::set<std::vector<std::int64_t>>{{8}}));
}

TEST(Traps, TakenForeverIsABound) {
  const Explored e = Execute({0xCC}, [](void*, TrapFrame& frame) {
    frame.set_pc(frame.pc() - 1);
    return true;
  });
  EXPECT_EQ(e.error(), ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace heddle
