// Do CPUs that take a lock before they touch shared data ever touch it together?
//
//     CPU i, kRounds[i] times:
//       lock.Acquire(i)
//       r = entries; entries = r + 1     (plain)
//       lock.Release(i)
//
// The program that all locks here share.  Two CPUs inside at once, or one that entered without
// seeing all that the one before it did, are a data race on `entries`.  What each CPU saw at its
// last entry tells the order of entries; the table has all orders, so a lock that some CPU can
// never take first is noticed, too.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

/// `Lock` has Acquire(cpu) and Release(cpu), with cpu in 0 … sizeof...(kRounds) - 1.
template <Runtime Rt, typename Lock, int... kRounds>
class MutualExclusionProgram {
 public:
  static constexpr std::size_t kCpus = sizeof...(kRounds);

  void Thread(int cpu) {
    const auto me = static_cast<std::size_t>(cpu);
    int seen = 0;
    for (int round = 0; round < kRoundsOf[me]; ++round) {
      lock_.Acquire(cpu);
      seen = entries_.load();
      entries_.store(seen + 1);
      lock_.Release(cpu);
    }
    Rt::observe(seen_[me], seen);
  }

  std::array<Observation, kCpus> Observed() const {
    std::array<Observation, kCpus> seen;
    std::copy_n(seen_.begin(), kCpus, seen.begin());
    return seen;
  }

 private:
  static constexpr std::array<int, kCpus> kRoundsOf = {kRounds...};
  static_assert(kCpus <= 3);

  Lock lock_;
  typename Rt::template Plain<int> entries_{0, "entries"};
  std::array<Observation, 3> seen_{{{"cpu0"}, {"cpu1"}, {"cpu2"}}};
};

/// The table of MutualExclusionProgram: every order of entries.
template <int... kRounds>
std::vector<Expect> EntryOrders() {
  std::vector<std::size_t> order;  // which CPU enters first, second, …
  for (const int rounds : {kRounds...})
    order.resize(order.size() + static_cast<std::size_t>(rounds),
                 order.empty() ? 0 : order.back() + 1);
  std::set<std::vector<std::int64_t>> outcomes;
  do {
    std::vector<std::int64_t> last(sizeof...(kRounds));
    for (std::size_t i = 0; i < order.size(); ++i) last[order[i]] = static_cast<std::int64_t>(i);
    outcomes.insert(last);
  } while (std::next_permutation(order.begin(), order.end()));
  std::vector<Expect> table;
  constexpr Grade kOk = Grade::kAllowed;
  for (const auto& outcome : outcomes)
    table.push_back({outcome, kOk, kOk, kOk, "one entry after the other"});
  return table;
}

}  // namespace heddle
