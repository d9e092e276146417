// A scenario, or one of its mutants, ready to run natively.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "runtime/scenario.h"
#include "stress/dense_runtime.h"
#include "stress/programs.h"

namespace heddle::stress {

struct StressPlan {
  std::string name;  // "MP", or "MP/relaxed-publication"
  int threads = 0;   // 1 … 8
  Shape shape = Shape::kSample;
  bool control = false;  // must show its weak outcomes, or the harness is not to be trusted
  std::vector<Expect> expected;
  /// What the architecture's model allows, if that is known: anything else is a failure.
  std::optional<std::vector<std::vector<std::int64_t>>> model_outcomes;
  std::function<std::unique_ptr<SampleBatch>(std::size_t size)> make_batch;  // kSample
  /// The same in Layout::kDense; empty if there is no such one.
  std::function<std::unique_ptr<SampleBatch>(std::size_t size)> make_dense_batch;
  std::function<std::unique_ptr<TortureProgram>()> make_program;  // kTorture
};

/// Two cells and what is observed of them, which are to share lines, too.  For each scenario that
/// small the compiler takes as long again.
inline constexpr std::size_t kLargestDense = 3 * native::kCacheLine;

/// The plan of scenario `Descriptor`, or of its mutant `Variant`, judged by the scenario's table.
/// Racy mutants have undefined behaviour natively: leave those to the model.
template <typename Descriptor, typename Variant = Descriptor>
StressPlan MakePlan() {
  using Program = typename Variant::template Program<NativeRuntime>;
  StressPlan plan;
  plan.name = std::string(Descriptor::kName);
  if constexpr (!std::is_same_v<Descriptor, Variant>)
    plan.name += "/" + std::string(Variant::kName);
  plan.threads = Descriptor::kThreads;
  plan.shape = Descriptor::kShape;
  if constexpr (requires { Descriptor::kControl; }) plan.control = Descriptor::kControl;
  plan.expected = Descriptor::Expected();
  if constexpr (Descriptor::kShape == Shape::kSample) {
    plan.make_batch = [](std::size_t size) -> std::unique_ptr<SampleBatch> {
      return std::make_unique<SampleBatchOf<Program>>(LayoutsOf(sizeof(Program), alignof(Program)),
                                                      size);
    };
    if constexpr (sizeof(Program) <= kLargestDense) {
      plan.make_dense_batch = [](std::size_t size) -> std::unique_ptr<SampleBatch> {
        using Dense = typename Variant::template Program<DenseRuntime>;
        return std::make_unique<SampleBatchOf<Dense>>(std::vector{Layout::kDense}, size);
      };
    }
  } else {
    plan.make_program = []() -> std::unique_ptr<TortureProgram> {
      return std::make_unique<TortureProgramOf<Program>>();
    };
  }
  return plan;
}

}  // namespace heddle::stress
