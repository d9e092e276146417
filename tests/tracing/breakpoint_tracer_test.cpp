// Are probes refused where they must not be, and other breakpoints left to others?
#include "tracing/breakpoint_tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;

struct TwoSites {
  TwoSites() { Rt::set_trap_handler(&OnTrap, this); }
  static bool OnTrap(void* self, TrapFrame& frame) {
    auto& p = *static_cast<TwoSites*>(self);
    return p.tracer.HandleTrap(
        frame, [] {}, [] { return std::size_t{0}; }, [&] { ++p.events; });
  }

  // nop; ret     2: int3; ret     4: nop; ret
  static constexpr std::array<std::uint8_t, 6> kCode = {0x90, 0xC3, kInt3, 0xC3, 0x90, 0xC3};
  Rt::CodeRegion text{kCode, {0}};
  BreakpointTracer<Rt, 1, 2> tracer{
      text, {{{0, X86Instruction::Nop(1)}, {4, X86Instruction::Nop(1)}}}, 4};
  int events = 0;
};

struct ProbesOpen : TwoSites {
  void Thread(int) {
    Rt::call(text, 0);
    Rt::check(events == 0, "an event without a probe");
    tracer.Arm(0);
    Rt::call(text, 0);
    Rt::check(events == 1, "no event");
  }
};
TEST(BreakpointTracer, AProbeCausesAnEvent) { ExpectHolds(CodeOf<ProbesOpen>(1), 1); }

struct ProbesClosed : TwoSites {
  void Thread(int) { tracer.Arm(1); }
};
TEST(BreakpointTracer, WhatIsClosedIsNotProbed) {
  EXPECT_THAT(MessageOf(CodeOf<ProbesClosed>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr("probes text+4, which the probes' handler executes"),
                    HasSubstr("breakpoint_tracer_test.cpp")));
}

struct HitsAnothers : TwoSites {
  void Thread(int) { Rt::call(text, 2); }
};
TEST(BreakpointTracer, AnothersBreakpointIsNotClaimed) {
  EXPECT_THAT(MessageOf(CodeOf<HitsAnothers>(1), ErrorKind::kUnhandledTrap), HasSubstr("text[2]"));
}

}  // namespace
}  // namespace heddle
