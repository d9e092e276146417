// The family of programs, with the numbers that a search has to reproduce.
//
// `executions` are exact: one per consistent graph.  GenMC 0.11.0, with one execution per graph as
// here (symmetry reduction and the other savings off), found the same numbers in the CPU seconds
// given, of which kGenmcStartup are no search.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/programs/casrot.h"
#include "bench/programs/fib.h"
#include "bench/programs/inc.h"
#include "bench/programs/iriw.h"
#include "bench/programs/lastzero.h"
#include "bench/programs/mpchain.h"
#include "bench/programs/readers.h"
#include "bench/programs/sbring.h"
#include "bench/programs/seqlock.h"
#include "bench/programs/ticket.h"
#include "bench/programs/treiber.h"
#include "bench/programs/wrn.h"
#include "runtime/model/model_runtime.h"

namespace heddle::bench {

template <typename T>
using PerModel = std::array<T, 3>;  ///< in the order of model::AllModels(): sc, tso, rc11

/// One program at one size.
struct FamilyRow {
  const char* program;
  ModelCode (*code)(const char* program, int size);
  int size;
  PerModel<std::uint64_t> executions;
  std::uint64_t max_blocked = 0;  ///< what GenMC visits
  std::optional<PerModel<double>> genmc_seconds = {};
  bool slow = false;  ///< the three models take more than 2 s at -O1

  std::string name() const { return std::string(program) + "/" + std::to_string(size); }
  ModelCode Code() const { return code(program, size); }
};

inline constexpr double kGenmcStartup = 0.04;  ///< seconds in each of genmc_seconds

template <typename P>
class FamilyInstance final : public ModelInstance {
 public:
  explicit FamilyInstance(int size) : program_(size) {}
  void Thread(int cpu) override { program_.Thread(cpu); }
  void Finish() override {}
  std::vector<Observation> Observed() const override { return {}; }

 private:
  P program_;
};

template <typename P>
ModelCode CodeOf(const char* program, int size) {
  return {program, P::Threads(size), TrapDelivery::kKernel,
          [size] { return std::make_unique<FamilyInstance<P>>(size); }, /*isolated=*/true};
}

inline const std::vector<FamilyRow>& Family() {
  using M = ModelRuntime;
  constexpr auto inc = CodeOf<Increments<M>>;
  constexpr auto readers = CodeOf<Readers<M>>;
  constexpr auto wrn = CodeOf<WriteThenRead<M>>;
  constexpr auto sbring = CodeOf<StoreBufferRing<M>>;
  constexpr auto sbringsc = CodeOf<StoreBufferRing<M, RingStrength::kSeqCst>>;
  constexpr auto sbringf = CodeOf<StoreBufferRing<M, RingStrength::kFence>>;
  constexpr auto lastzero = CodeOf<LastZero<M>>;
  constexpr auto fib = CodeOf<Fibonacci<M>>;
  constexpr auto casrot = CodeOf<CasRotation<M>>;
  constexpr auto mpchain = CodeOf<MessageChain<M>>;
  constexpr auto iriw = CodeOf<Iriw<M>>;
  constexpr auto seqlock = CodeOf<SeqLock<M>>;
  constexpr auto ticket = CodeOf<TicketLock<M>>;
  constexpr auto treiber = CodeOf<TreiberStack<M>>;
  using S = PerModel<double>;
  constexpr bool kSlow = true;
  // clang-format off
  static const std::vector<FamilyRow> rows{
      // program, size, executions under sc, tso, rc11; blocked, GenMC's CPU seconds
      {"inc", inc, 5, {120, 120, 120}},
      {"inc", inc, 7, {5040, 5040, 5040}},
      {"readers", readers, 8, {256, 256, 256}},
      {"readers", readers, 13, {8192, 8192, 8192}},
      {"wrn", wrn, 3, {36, 36, 36}},
      {"wrn", wrn, 4, {576, 576, 576}},
      {"sbring", sbring, 4, {15, 16, 16}},
      {"sbring", sbring, 7, {127, 128, 128}},
      {"sbringsc", sbringsc, 4, {15, 15, 15}},
      {"sbringsc", sbringsc, 7, {127, 127, 127}},
      {"sbringf", sbringf, 4, {15, 15, 15}},
      {"lastzero", lastzero, 5, {64, 64, 64}},
      {"lastzero", lastzero, 9, {1536, 1536, 1536}},
      {"fib", fib, 3, {141, 175, 175}},
      {"fib", fib, 4, {1107, 1764, 1764}},
      {"casrot", casrot, 5, {43, 43, 43}},
      {"mpchain", mpchain, 4, {5, 5, 5}},
      {"iriw", iriw, 1, {15, 15, 16}},
      {"iriw", iriw, 2, {207, 207, 256}},
      {"seqlock", seqlock, 1, {196, 196, 196}},
      {"seqlock", seqlock, 2, {2209, 2209, 3025}},
      {"treiber", treiber, 3, {429, 429, 429}},

      {"inc", inc, 8, {40320, 40320, 40320}, 0, S{3.76, 3.99, 3.52}, kSlow},
      {"readers", readers, 17, {131072, 131072, 131072}, 0, S{2.95, 2.96, 2.87}},
      {"wrn", wrn, 5, {14400, 14400, 14400}, 0, S{0.23, 0.21, 0.24}},
      {"sbring", sbring, 16, {65535, 65536, 65536}, 0, S{1.58, 1.63, 1.66}},
      {"sbringsc", sbringsc, 14, {16383, 16383, 16383}, 0, S{0.36, 0.37, 0.37}},
      {"sbringf", sbringf, 12, {4095, 4095, 4095}, 0, S{0.11, 0.12, 0.15}},
      {"lastzero", lastzero, 13, {32768, 32768, 32768}, 0, S{4.51, 4.29, 4.91}},
      {"fib", fib, 6, {73789, 226512, 226512}, 0, S{11.81, 22.57, 22.24}, kSlow},
      {"casrot", casrot, 8, {2048, 2048, 2048}, 0, S{0.07, 0.07, 0.05}},
      {"iriw", iriw, 4, {34911, 34911, 65536}, 0, S{0.77, 0.80, 1.21}},
      {"seqlock", seqlock, 4, {47961, 47961, 78400}, 0, S{0.64, 0.72, 1.11}},
      {"ticket", ticket, 4, {24, 24, 24}, 66, S{0.04, 0.06, 0.06}},
      {"ticket", ticket, 5, {120, 120, 120}, 565, S{0.12, 0.11, 0.13}},
      {"treiber", treiber, 4, {16528, 16528, 16528}, 0, S{0.80, 0.69, 0.71}},
  };
  // clang-format on
  return rows;
}

}  // namespace heddle::bench
