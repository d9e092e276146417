// Do the arm64 protocols refuse what they must, and do they change batches of sites?
//
// What each step is for, the scenarios' mutants show (scenarios/arm64_*.h).
#include "patching/arm64_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "patching/text_poke_log.h"
#include "scenarios/arm64_site.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using Insn = Arm64Instruction;
using Text = Arm64Text<Rt, 2>;
using Outcomes = std::set<std::vector<std::int64_t>>;
using arm64_site::kSite;

constexpr Insn kNop = Insn::Nop(), kBranch = *Insn::Branch(kSite, arm64_site::kTarget);

// One CPU, which makes a request and then looks at all of the text.
struct Requests {
  static inline std::function<PatchError(Rt::CodeRegion&, Text&)> request;
  void Thread(int) {
    const PatchError error = request(code, text);
    std::int64_t changed = 0;
    for (std::size_t i = 0; i < arm64_site::kCode.size(); i += Insn::kLength) {
      const auto bytes = std::span(arm64_site::kCode).subspan(i, Insn::kLength);
      for (std::size_t b = 0; b < Insn::kLength; ++b)
        changed += (Rt::read_code(code, i) >> 8 * b & 0xFF) != bytes[b];
    }
    Rt::observe(seen[0], static_cast<int>(error));
    Rt::observe(seen[1], changed);
  }
  std::array<Observation, 2> Observed() const { return seen; }
  Rt::CodeRegion code{arm64_site::kCode, {0}, Isa::kArm64};
  Text text{code, {{kSite, kNop}, {kSite + 4, Insn::Return(9)}}};
  std::array<Observation, 2> seen{{{"error"}, {"bytes changed"}}};
};

void ExpectRefused(PatchError error, std::function<PatchError(Rt::CodeRegion&, Text&)> request) {
  Requests::request = std::move(request);
  const Explored e = Explore(CodeOf<Requests>(1), model::Arm64());
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{static_cast<int>(error), 0}})) << Sentence(error);
}

TEST(Arm64Batch, RefusesWhatCannotBeChanged) {
  using enum PatchError;
  const auto add = [](std::size_t offset, const Insn& now, const std::optional<Insn>& to) {
    return [=](Rt::CodeRegion& code, Text&) { return Text::Batch(code).Add(offset, now, to); };
  };
  ExpectRefused(kOutsideRegion, add(32, kNop, kBranch));
  ExpectRefused(kOutsideRegion, add(static_cast<std::size_t>(-4), kNop, kBranch));
  ExpectRefused(kUnaligned, add(kSite + 2, kNop, kBranch));
  ExpectRefused(kOutOfReach, add(kSite, kNop, Insn::Branch(0, 1U << 27)));
  ExpectRefused(kUnsafeWord, add(kSite, kNop, Insn::MoveWide(0, 1)));
  ExpectRefused(kUnsafeWord, add(kSite + 4, Insn::Return(9), kNop));
  ExpectRefused(kUnexpectedBytes, add(kSite, kBranch, kNop));
  ExpectRefused(kNone, add(kSite, kNop, kBranch));
}

TEST(Arm64Batch, RefusesASiteTwiceAndMoreThanItHolds) {
  using enum PatchError;
  ExpectRefused(kOverlap, [](Rt::CodeRegion& code, Text&) {
    Text::Batch batch(code);
    EXPECT_EQ(batch.Add(kSite, kNop, kBranch), kNone);
    return batch.Add(kSite, kNop, Insn::Trap());
  });
  ExpectRefused(kBatchFull, [](Rt::CodeRegion& code, Text&) {
    Arm64Batch<Rt, 0> batch(code);
    return batch.Add(kSite, kNop, kBranch);
  });
}

TEST(Arm64Text, EmulatesNopBAndBlOnly) {
  for (const Insn& to : {Insn::Isb(), Insn::Trap(), Insn{Insn::Op::kSupervisorCall}}) {
    ExpectRefused(PatchError::kNotEmulated, [to](Rt::CodeRegion& code, Text& text) {
      Text::Batch batch(code);
      EXPECT_EQ(batch.Add(kSite, kNop, to), PatchError::kNone);
      return text.PokeByBreakpoint(batch);
    });
  }
}

TEST(Arm64Text, EachErrorHasItsSentence) {
  std::set<std::string_view> sentences;
  for (int e = 0; e <= static_cast<int>(PatchError::kInTrapHandler); ++e)
    sentences.insert(Sentence(static_cast<PatchError>(e)));
  EXPECT_EQ(sentences.size(), static_cast<std::size_t>(PatchError::kInTrapHandler) + 1);
  EXPECT_FALSE(sentences.contains(""));
}

// brk; ret: its handler tries to patch.
struct PatchesInTrapHandler {
  PatchesInTrapHandler() { Rt::set_trap_handler(&Handle, this); }
  static bool Handle(void* self, TrapFrame& frame) {
    auto& s = *static_cast<PatchesInTrapHandler*>(self);
    const Text::Batch batch(s.code);
    Rt::check(s.text.PokeNosync(batch) == PatchError::kInTrapHandler, "nosync");
    Rt::check(s.text.PokeAndSync(batch) == PatchError::kInTrapHandler, "sync");
    Rt::check(s.text.PokeByBreakpoint(batch) == PatchError::kInTrapHandler, "breakpoint");
    ++s.handled;
    frame.set_pc(frame.pc() + Insn::kLength);
    return true;
  }
  void Thread(int) {
    (void)Rt::call(code, 0);
    Rt::check(handled == 1, "it has trapped");
    Rt::check(text.PokeNosync(Text::Batch(code)) == PatchError::kNone, "outside");
  }
  Rt::CodeRegion code{arm64::Code(Insn::Trap(), Insn::Return()), {0}, Isa::kArm64};
  Text text{code, {}};
  int handled = 0;
};

TEST(Arm64Text, RefusesToPatchInATrapHandler) {
  for (const TrapDelivery d : {TrapDelivery::kKernel, TrapDelivery::kUser}) {
    const Explored e = Explore(CodeOf<PatchesInTrapHandler>(1, d), model::Arm64());
    EXPECT_TRUE(e.holds()) << e.message();
  }
}

// mov x9, x30; first: nop; second: nop; ret x9; mov w0, #2; ret.  Added in either order, both NOPs
// become `to`; an executor calls meanwhile, so the descriptor is searched for both sites.
template <bool kSecondFirst>
struct PokesTwoSites {
  static constexpr std::size_t kFirst = 4, kSecond = 8, kCallee = 20;
  PokesTwoSites() { Rt::set_trap_handler(&Text::OnTrap, &text); }
  void Thread(int cpu) {
    if (cpu == 1) return Rt::observe(seen[0], Rt::call(code, 0));
    Text::Batch batch(code);
    for (const std::size_t site :
         {kSecondFirst ? kSecond : kFirst, kSecondFirst ? kFirst : kSecond})
      Rt::check(batch.Add(site, kNop, Insn::BranchLink(site, kCallee)) == PatchError::kNone,
                "added");
    Rt::check(
        text.PokeByBreakpoint(
            batch,
            [&](const Arm64Patch& p) {
              log.Append({static_cast<std::uint32_t>(p.offset), p.now.Encode(), p.to.Encode()});
            }) == PatchError::kNone,
        "poked");
    Rt::check(log.count() == 2 && log[0].offset == kFirst && log[1].offset == kSecond,
              "an event for each site");
    Rt::check(log[1].after == Rt::read_code(code, kSecond), "events tell what memory holds");
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::CodeRegion code{arm64::Code(Insn::Move(9, 30), kNop, kNop, Insn::Return(9), Insn::Trap(),
                                  Insn::MoveWide(0, 2), Insn::Return()),
                      {1},
                      Isa::kArm64};
  Text text{code, {{kFirst, kNop}, {kSecond, kNop}}};
  TextPokeLog<Rt, 2> log;
  std::array<Observation, 1> seen{{{"w0"}}};
};

TEST(Arm64Text, ChangesABatchInAnyOrder) {
  for (const auto& code : {CodeOf<PokesTwoSites<false>>(2), CodeOf<PokesTwoSites<true>>(2)}) {
    const Explored e = Explore(code, model::Arm64());
    EXPECT_TRUE(e.holds()) << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{0}, {2}}));
  }
}

}  // namespace
}  // namespace heddle
