// What do our kinds of RCU cost natively, beside liburcu's flavours of the same guarantees?
//
// All rows are measured in one run, in turn, round after round; a row shows the least time of a
// section (CPU time, so that whoever shares the machine matters little) and the median of the
// updates per second.  Compare ratios, not runs.  With more threads than CPUs updates wait for the
// scheduler: a reader that loses its CPU in a section, or before it reports, ends none.
//
//   group      who pays                                      ours, and liburcu's
//   fences     readers: two full barriers per section        Srcu                mb
//   membarrier the updater: barriers of all threads          SrcuFast            memb, bp
//   qsbr       readers that say when they are in no section  Rcu                 qsbr
//   ticks      nobody until a tick asks                      RcuPreempt          none
//
// liburcu's nearest to RcuPreempt, whose readers may be preempted, is memb.  Not the same within a
// group: a domain of ours is one of many, and its readers name their slot or
// CPU; liburcu has one domain per process, and finds the reader by thread-local storage.  bp also
// registers threads by itself.  Ours wait by polling, liburcu's wakes its updater by a futex.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "bench/rcu_measure.h"
#include "bench/search.h"
#include "rcu/rcu.h"
#include "rcu/rcu_preempt.h"
#include "rcu/srcu.h"
#include "rcu/srcu_fast.h"
#include "runtime/native/native_runtime.h"

#ifndef HEDDLE_HAS_URCU
namespace heddle::bench {
RcuMeasure UrcuMb() { return nullptr; }
RcuMeasure UrcuMemb() { return nullptr; }
RcuMeasure UrcuBp() { return nullptr; }
RcuMeasure UrcuQsbr() { return nullptr; }
}  // namespace heddle::bench
#endif

namespace heddle::bench {
namespace {

using Rt = NativeRuntime;
constexpr int kMostReaders = 2, kRounds = 9;
constexpr std::chrono::milliseconds kTime{25};

/// `Slot`: what a reader names its slot by.
template <typename Domain, typename Slot>
struct SleepableFlavour {
  class Reader {
   public:
    Reader(SleepableFlavour& flavour, int number)
        : domain_(flavour.domain), slot_(flavour.SlotOf(number)) {}
    [[gnu::always_inline]] void Section() {
      const auto held = domain_.ReadLock(slot_);
      Opaque();
      domain_.ReadUnlock(slot_, held);
    }
    void Quiescent() {}

   private:
    Domain& domain_;
    const Slot slot_;
  };
  Slot SlotOf(int number) {
    if constexpr (std::is_same_v<Slot, int>) {
      return number;
    } else {
      return domain.SlotOf(number);
    }
  }
  void Synchronize() { domain.Synchronize(); }
  Domain domain{"benchmark"};
};
using SrcuDomain = Srcu<Rt, kMostReaders, SrcuSteps{.check_use = false}>;
using SrcuFlavour = SleepableFlavour<SrcuDomain, int>;
using SrcuFastDomain = SrcuFast<Rt, kMostReaders, SrcuFastSteps{.check_use = false}>;
using SrcuFastFlavour = SleepableFlavour<SrcuFastDomain, SrcuFastDomain::Slot>;

/// CPU 0 updates; CPUs without a reader are in user mode.
struct RcuFlavour {
  RcuFlavour() {
    for (int cpu = 1; cpu <= kMostReaders; ++cpu) rcu.Leave(cpu, Context::kUser);
  }
  class Reader {
   public:
    Reader(RcuFlavour& flavour, int number) : rcu_(flavour.rcu), cpu_(number + 1) {
      rcu_.Return(cpu_);
    }
    ~Reader() { rcu_.Leave(cpu_, Context::kUser); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    [[gnu::always_inline]] void Section() {
      rcu_.ReadLock(cpu_);
      Opaque();
      rcu_.ReadUnlock(cpu_);
    }
    void Quiescent() { rcu_.QuiescentState(cpu_); }

   private:
    Rcu<Rt, 1 + kMostReaders, RcuSteps{.check_use = false}>& rcu_;
    const int cpu_;
  };
  void Synchronize() { rcu.Synchronize(0); }
  Rcu<Rt, 1 + kMostReaders, RcuSteps{.check_use = false}> rcu;
};

/// Each reader is a task on a CPU of its own, whose ticks come between batches.
struct RcuPreemptFlavour {
  class Reader {
   public:
    Reader(RcuPreemptFlavour& flavour, int number) : rcu_(flavour.rcu), task_(number) {
      rcu_.Start(task_, task_);
    }
    ~Reader() { rcu_.End(task_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    [[gnu::always_inline]] void Section() {
      rcu_.ReadLock(task_);
      Opaque();
      rcu_.ReadUnlock(task_);
    }
    void Quiescent() { rcu_.Tick(task_); }

   private:
    RcuPreempt<Rt, kMostReaders, kMostReaders>& rcu_;
    const int task_;
  };
  void Synchronize() { rcu.Synchronize(); }
  RcuPreempt<Rt, kMostReaders, kMostReaders> rcu;
};

struct Nothing {
  struct Reader {
    Reader(Nothing&, int) {}
    [[gnu::always_inline]] void Section() { Opaque(); }
    void Quiescent() {}
  };
  void Synchronize() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
};

enum Column { kSections1, kSections2, kUpdates1, kUpdates2, kColumns };

struct Row {
  std::string name, group;
  bool ours;
  RcuMeasure measure;
  std::array<std::vector<double>, kColumns> rounds{};

  double Value(std::size_t column) const {
    std::vector<double> sorted = rounds[column];
    std::ranges::sort(sorted);
    return column < kUpdates1 ? sorted.front() : sorted[sorted.size() / 2];
  }
};

std::vector<Row> Rows() {
  std::vector<Row> rows;
  const auto add = [&](const char* name, const char* group, bool ours, RcuMeasure measure) {
    if (measure != nullptr) rows.push_back({name, group, ours, measure});
  };
  add("an empty loop", "-", false, &MeasureRcu<Nothing>);
  add("Srcu", "fences", true, &MeasureRcu<SrcuFlavour>);
  add("liburcu mb", "fences", false, UrcuMb());
  add("SrcuFast", "membarrier", true, &MeasureRcu<SrcuFastFlavour>);
  add("liburcu memb", "membarrier", false, UrcuMemb());
  add("liburcu bp", "membarrier", false, UrcuBp());
  add("Rcu", "qsbr", true, &MeasureRcu<RcuFlavour>);
  add("liburcu qsbr", "qsbr", false, UrcuQsbr());
  add("RcuPreempt", "ticks", true, &MeasureRcu<RcuPreemptFlavour>);
  return rows;
}

/// How many times what liburcu's best of the group has; "-" for liburcu's own.
std::string Ratio(const std::vector<Row>& rows, const Row& row, std::size_t column) {
  std::vector<double> theirs;
  for (const Row& other : rows)
    if (!other.ours && other.group == row.group) theirs.push_back(other.Value(column));
  if (!row.ours || theirs.empty()) return "-";
  const auto [least, most] = std::ranges::minmax(theirs);
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", row.Value(column) / (column < kUpdates1 ? least : most));
  return text;
}

}  // namespace

void PrintRcu() {
  std::vector<Row> rows = Rows();
  for (int round = 0; round < kRounds; ++round) {
    for (Row& row : rows) {
      for (int i = 0; i < kMostReaders; ++i) {
        const auto at = static_cast<std::size_t>(i);
        row.rounds[kSections1 + at].push_back(row.measure(i + 1, false, kTime).section_ns);
        row.rounds[kUpdates1 + at].push_back(row.measure(i + 1, true, kTime).updates_per_s);
      }
    }
  }
  std::printf(
      "| RCU           | group      | ns/section  | x urcu  | 2 readers   | x urcu  "
      "| updates/s   | x urcu  | 2 readers   | x urcu  |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    std::printf("| %-13s | %-10s ", row.name.c_str(), row.group.c_str());
    for (std::size_t column = 0; column < kColumns; ++column)
      std::printf("| %11.*f | %-7s ", column < kUpdates1 ? 2 : 0, row.Value(column),
                  Ratio(rows, row, column).c_str());
    std::printf("|\n");
  }
  if (UrcuMb() == nullptr)
    std::printf("built without liburcu (package liburcu-dev): nothing to compare with\n");
}

}  // namespace heddle::bench
