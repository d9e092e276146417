// What does a tracepoint cost that may be hit in idle code, by what protects its probe?
//
// The probe does nothing, so a row is what is around it: the static key, and what
// rcu/probe_readers.h does.  Columns: on one CPU and on two at once, in the kernel and idle, in
// ns of CPU time per hit, the least of some rounds that take turns.  liburcu's rows are a read-side
// section of its flavours: what a probe of a user-space program pays, for which no CPU is ever
// idle.  With --rcu's rows, those say how far ours and its are of one guarantee.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bench/rcu_measure.h"
#include "bench/search.h"
#include "keys/key.h"
#include "rcu/probe_readers.h"
#include "runtime/native/native_runtime.h"

namespace heddle::bench {
namespace {

using Rt = NativeRuntime;
constexpr int kMostReaders = 2, kRounds = 9;
constexpr std::chrono::milliseconds kTime{20};

/// CPU 0 would update; the others hit the tracepoint, of which each sort has its own key.
template <ProbePolicy kPolicy, bool kEnabled, bool kIdle>
struct TracepointFlavour {
  using Tracepoint =
      ProbeReaders<Rt, 1 + kMostReaders, kPolicy,
                   ProbeReadersSteps{
                       .rcu = {.check_use = false},
                       .srcu = {.nmisafe_lock = true, .nmisafe_unlock = true, .check_use = false}}>;

  TracepointFlavour() {
    if (kEnabled) key.Inc();
  }
  class Reader {
   public:
    Reader(TracepointFlavour& flavour, int number)
        : tracepoint_(flavour.tracepoint), cpu_(number + 1) {
      if (kIdle) tracepoint_.rcu().Leave(cpu_, Context::kIdle);
    }
    [[gnu::always_inline]] void Section() {
      if constexpr (kEnabled) {
        if (keys::StaticBranch<"bench.tracepoint.on">()) Hit();
      } else {
        if (keys::StaticBranch<"bench.tracepoint.off">()) Hit();
      }
    }
    void Quiescent() {}

   private:
    [[gnu::always_inline]] void Hit() {
      if constexpr (kIdle)
        tracepoint_.HitInIdleCode(cpu_, Opaque);
      else
        tracepoint_.Hit(cpu_, Opaque);
    }
    Tracepoint& tracepoint_;
    const int cpu_;
  };
  void Synchronize() {}

  Tracepoint tracepoint;
  keys::Key key{kEnabled ? "bench.tracepoint.on" : "bench.tracepoint.off"};
};

struct Row {
  std::string name;
  RcuMeasure kernel = nullptr, idle = nullptr;
  // One CPU and two, in the kernel, then idle.
  std::array<double, 4> least{};
};

template <ProbePolicy kPolicy>
Row Enabled(const char* name) {
  return {name, &MeasureRcu<TracepointFlavour<kPolicy, true, false>>,
          &MeasureRcu<TracepointFlavour<kPolicy, true, true>>};
}

std::vector<Row> Rows() {
  using enum ProbePolicy;
  std::vector<Row> rows = {
      {"disabled", &MeasureRcu<TracepointFlavour<kWatchingFirst, false, false>>,
       &MeasureRcu<TracepointFlavour<kWatchingFirst, false, true>>},
      Enabled<kEnterAlways>("enter always"),
      Enabled<kSrcu>("SRCU"),
      Enabled<kSrcuInIdle>("SRCU in idle code"),
      Enabled<kWatchingFirst>("look first"),
      Enabled<kRefuse>("refuse"),
  };
  const std::array urcu = {std::pair{"liburcu mb", UrcuMb()}, std::pair{"liburcu memb", UrcuMemb()},
                           std::pair{"liburcu bp", UrcuBp()},
                           std::pair{"liburcu qsbr", UrcuQsbr()}};
  for (const auto& [name, measure] : urcu)
    if (measure != nullptr) rows.push_back({name, measure, nullptr});
  return rows;
}

}  // namespace

void PrintTracepoints() {
  std::vector<Row> rows = Rows();
  for (Row& row : rows) row.least.fill(std::numeric_limits<double>::infinity());
  for (int round = 0; round < kRounds; ++round) {
    for (Row& row : rows) {
      for (std::size_t column = 0; column < row.least.size(); ++column) {
        const RcuMeasure measure = column < 2 ? row.kernel : row.idle;
        if (measure == nullptr) continue;
        const int cpus = column % 2 == 0 ? 1 : 2;
        row.least[column] = std::min(row.least[column], measure(cpus, false, kTime).section_ns);
      }
    }
  }
  std::printf(
      "| tracepoint    | in the kernel, ns | 2 CPUs | idle, ns | 2 CPUs "
      "|\n|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    std::printf("| %-13s ", row.name.c_str());
    for (std::size_t column = 0; column < row.least.size(); ++column)
      if ((column < 2 ? row.kernel : row.idle) != nullptr)
        std::printf("| %6.2f ", row.least[column]);
      else
        std::printf("|      – ");
    std::printf("|\n");
  }
}

}  // namespace heddle::bench
