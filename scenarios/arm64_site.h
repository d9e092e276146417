// The text that the arm64 patching scenarios execute, and how they tell what was run.
//
// One function with one site.  Versions of the site go round NOP, BL and, where there are three, B;
// the function returns 1, 2 or 3.
//
//     mov x9, x30; mov w0, #1; site: nop; ret x9;  callee: mov w0, #2; ret;  target: mov w0, #3;
//     ret x9
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patching/arm64_text.h"
#include "runtime/scenario.h"

namespace heddle {

namespace arm64_site {

using Insn = Arm64Instruction;
inline constexpr auto kCode =
    arm64::Code(Insn::Move(9, 30), Insn::MoveWide(0, 1), Insn::Nop(), Insn::Return(9),  //
                Insn::MoveWide(0, 2), Insn::Return(),                                   //
                Insn::MoveWide(0, 3), Insn::Return(9));
inline constexpr std::size_t kSite = 8, kCallee = 16, kTarget = 24;

/// What the function returns if the site is of this version.
constexpr int Returned(int version, int versions) { return version % versions + 1; }

/// The site's instruction.
constexpr Insn Version(int version, int versions) {
  switch (version % versions) {
    case 1:
      return *Insn::BranchLink(kSite, kCallee);
    case 2:
      return *Insn::Branch(kSite, kTarget);
    default:
      return Insn::Nop();
  }
}

/// The first `versions` outcomes of a torture scenario that observes what is returned.
inline std::vector<Expect> Outcomes(std::size_t versions) {
  constexpr Grade kOk = Grade::kAllowed;
  std::vector<Expect> rows = {{{0, 1}, kOk, kOk, kOk, "executed the NOP"},
                              {{0, 2}, kOk, kOk, kOk, "executed or emulated the BL"},
                              {{0, 3}, kOk, kOk, kOk, "executed or emulated the B"}};
  rows.resize(versions);
  return rows;
}

}  // namespace arm64_site

/// Verdicts of mutants, by what the model says of the caches.
namespace arm64_mutants {

/// Without DC CVAU.
inline Verdict UnlessIdc(std::string_view model, std::string error) {
  if (model != "arm64") return {"", "IDC: instructions are fetched from where stores are visible"};
  return {std::move(error), "the new word has not left the data cache when the old one is dropped"};
}
/// Without something that only instruction caches need which are not coherent.
inline Verdict UnlessDic(std::string_view model, std::string error, std::string why,
                         std::string why_not = "DIC: instruction caches need no invalidation") {
  if (model == "arm64-idc-dic") return {"", std::move(why_not)};
  return {std::move(error), std::move(why)};
}

}  // namespace arm64_mutants

}  // namespace heddle
