// How often did each outcome occur?
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace heddle::stress {

/// Counts of value tuples.  Not thread safe: one per worker, merged afterwards.
class Histogram {
 public:
  struct Entry {
    std::vector<std::int64_t> outcome;
    std::uint64_t count = 0;
  };
  /// More distinct outcomes than any scenario's table has rows: beyond it they are only counted.
  static constexpr std::size_t kMaxOutcomes = 1024;

  void Add(std::span<const std::int64_t> outcome, std::uint64_t count = 1) {
    // A hit moves one place forward, so the frequent outcomes are found first.
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!std::equal(outcome.begin(), outcome.end(), entries_[i].outcome.begin(),
                      entries_[i].outcome.end())) {
        continue;
      }
      entries_[i].count += count;
      if (i > 0 && entries_[i].count > entries_[i - 1].count) {
        std::swap(entries_[i], entries_[i - 1]);
      }
      return;
    }
    if (entries_.size() == kMaxOutcomes) {
      lost_ += count;
    } else {
      entries_.push_back({{outcome.begin(), outcome.end()}, count});
    }
  }
  void Merge(const Histogram& other) {
    for (const Entry& entry : other.entries_) Add(entry.outcome, entry.count);
    lost_ += other.lost_;
  }
  const std::vector<Entry>& entries() const { return entries_; }
  /// Samples whose outcome found no room.
  std::uint64_t lost() const { return lost_; }
  std::uint64_t Total() const {
    std::uint64_t total = lost_;
    for (const Entry& entry : entries_) total += entry.count;
    return total;
  }

 private:
  std::vector<Entry> entries_;
  std::uint64_t lost_ = 0;
};

}  // namespace heddle::stress
