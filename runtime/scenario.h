// A scenario: a closed program, what it may produce, and the mutants that must fail.  It knows no
// engine.  A scenario is described by a class of static members, so that both backends can
// instantiate its code and compare the results:
//
//   struct MessagePassing {
//     static constexpr std::string_view kName = "MP";         // unique, as printed and typed
//     static constexpr std::string_view kQuestion = "…";      // one line
//     static constexpr int kThreads = 2;                      // CPUs; 1 … 8
//     static constexpr Shape kShape = Shape::kSample;
//     template <Runtime Rt> using Program = MessagePassingProgram<Rt>;
//     static std::vector<Expect> Expected();                  // every possible outcome, graded
//     using Mutants = TypeList<…>;                            // descriptions of mutants, below
//   };
//
// Optional members: `static constexpr TrapDelivery kDelivery` for scenarios that call patchable
// text; `static constexpr Isa kIsa` if that text is not x86-64's: arm64 text is checked under
// Arm's models, whose names its mutants' Expected is asked by (graded like rc11), and runs on
// arm64; `kSpawned = n`: the most threads that the code itself starts (runtime/sync/thread.h; with
// kThreads at most 32); `kControl = true`: a native run that never shows the weak outcomes is not
// to be trusted; `kModelOnly = true`: not run natively; `kIsolated = true`: threads change nothing
// that outlives them but cells and the program's own Observations (no counter, no container, no
// text), so that the checker may run one of them again while the others stay where they are:
// several times faster; `kAlike = std::array{0, 1, 1}`: thread i runs the same code on the same
// cells as thread kAlike[i], and neither the table nor Finish nor checks tell them apart, so that
// `heddle check --symmetry` explores one of the executions that differ only in who is who;
// `kHandlersWait = true`: handlers wait for other threads (ADR 13);
// `kLeaksAllowed = true`: objects that are never destroyed are no error;
// `static constexpr std::string_view kSource`: who has published the algorithm or, for a mutant,
// the bug; of a mutant, `static constexpr int kMuseum`: its number in docs/museum.md, if it is a
// bug that has happened; `static constexpr std::string_view kWhyNotNatively`: why it cannot fail
// natively; `static constexpr Hardly kHardlyNatively`: why it may survive there.
//
// A Program is default-constructible; it has `void Thread(int cpu)`, `Observed() const` returning
// std::array<Observation, N> in order of Expect::outcome, and, if it likes, `void Finish()`, which
// runs after all threads.  A mutant is described by
//
//   struct RelaxedPublication {
//     static constexpr std::string_view kName = "relaxed-publication";
//     static constexpr std::string_view kWhat = "flag stored relaxed";
//     template <Runtime Rt> using Program = …;
//     static Verdict Expected(std::string_view model, TrapDelivery delivery);
//   };
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/runtime.h"

namespace heddle {

/// jcstress's grades.  kWeak: allowed by this model but not by sequential consistency.
enum class Grade { kAllowed, kWeak, kForbidden };

/// kSample: run as often as possible from a fresh state; one outcome is one tuple of all
/// observations.  kTorture: natively one long run from one state; each `observe` is one sample of
/// that observation alone, in the model too, and Expect::outcome is {observation index, value}.
enum class Shape { kSample, kTorture };

/// One row of a scenario's outcome table, graded per memory model.  An outcome that is in no row is
/// forbidden; a kAllowed or kWeak row that a complete model check never sees is an error in the
/// table.
struct Expect {
  std::vector<std::int64_t> outcome;
  Grade sc, tso, rc11;
  std::string why;
};

/// Why CPUs of this kind, or of all if it is empty, may run for long without showing what they are
/// allowed to.
struct Hardly {
  std::optional<Isa> isa;
  std::string_view why;
};

/// Where a trap is delivered: at once with interrupts off until its return, as in the kernel; or
/// late, as SIGTRAP is, with interrupts possible anywhere between.  (User space differs: an
/// acknowledged interrupt does not imply that a trap handler begun before it has finished.)
/// Scenarios without text behave the same under both.
enum class TrapDelivery { kKernel, kUser };

/// What a mutant must end in under one model and delivery: the error's name as in
/// model::Name(ErrorKind) ("data race", …), or "forbidden outcome", or "" where the dropped step is
/// not needed; and why.
struct Verdict {
  std::string error;
  std::string why;
};

template <typename... Ts>
struct TypeList {
  static constexpr int kSize = sizeof...(Ts);
  /// Calls f.operator()<T>() for each T in turn.
  template <typename F>
  static void ForEach(F&& f) {
    (f.template operator()<Ts>(), ...);
  }
};

namespace detail {
template <typename... Lists>
struct ConcatOf;
template <typename... Ts>
struct ConcatOf<TypeList<Ts...>> {
  using Type = TypeList<Ts...>;
};
template <typename... Ts, typename... Us, typename... Rest>
struct ConcatOf<TypeList<Ts...>, TypeList<Us...>, Rest...>
    : ConcatOf<TypeList<Ts..., Us...>, Rest...> {};
}  // namespace detail

/// One list of several: Concat<TypeList<A>, TypeList<B, C>> is TypeList<A, B, C>.
template <typename... Lists>
using Concat = typename detail::ConcatOf<Lists...>::Type;

}  // namespace heddle
