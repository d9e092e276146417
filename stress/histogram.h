// How often did each outcome occur?
#pragma once

#include <algorithm>
#include <array>
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
  void AddLost(std::uint64_t count) { lost_ += count; }
  void Clear() {
    entries_.clear();
    lost_ = 0;
  }
  const std::vector<Entry>& entries() const { return entries_; }
  std::uint64_t CountOf(std::span<const std::int64_t> outcome) const {
    for (const Entry& entry : entries_)
      if (std::equal(outcome.begin(), outcome.end(), entry.outcome.begin(), entry.outcome.end()))
        return entry.count;
    return 0;
  }
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

/// Counts of tuples of `N` values on their way into a histogram: most are one of a few.
template <std::size_t N>
class RecentOutcomes {
 public:
  explicit RecentOutcomes(Histogram& all) : all_(all) {}
  ~RecentOutcomes() {
    for (std::size_t i = 0; i < size_; ++i) all_.Add(recent_[i].outcome, recent_[i].count);
  }
  RecentOutcomes(const RecentOutcomes&) = delete;
  RecentOutcomes& operator=(const RecentOutcomes&) = delete;

  void Add(const std::array<std::int64_t, N>& outcome) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (recent_[i].outcome != outcome) continue;
      ++recent_[i].count;
      return;
    }
    if (size_ < recent_.size()) {
      recent_[size_++] = {outcome, 1};
    } else {
      all_.Add(outcome);
    }
  }

 private:
  struct Entry {
    std::array<std::int64_t, N> outcome{};
    std::uint64_t count = 0;
  };
  Histogram& all_;
  std::array<Entry, 4> recent_{};
  std::size_t size_ = 0;
};

}  // namespace heddle::stress
