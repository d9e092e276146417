// Which states has a bounded search been in?
#pragma once

#include <cstdint>
#include <vector>

#include "model/event.h"

namespace heddle::model {

/// A state is a graph, by its hash, the thread that runs, and how many preemptions are left.  What
/// can be reached from (g, t, n) can be reached from (g, t, n+1), and from (g, u, n+1) for any u: a
/// preemption of u at once, and t may go on.  So a graph's visits are summed up by the highest n
/// and the threads that had it.  16 bytes per graph, in a table at most 3/4 full.
class VisitedStates {
 public:
  std::size_t size() const { return size_; }
  void Clear() {
    table_.assign(kSmallest, Entry{});
    size_ = 0;
  }

  bool Contains(std::uint64_t graph) { return Find(graph).graph != 0; }
  /// `graph` is not 0.  False: all that can be reached from here has been, or is being, visited.
  /// `running` -1: no thread runs that could go on, so any may be next.
  bool Add(std::uint64_t graph, ThreadId running, int preemptions_left) {
    const std::uint32_t threads = running < 0 ? ~0U : 1U << running;
    Entry& e = Find(graph);
    const bool is_new = e.graph == 0;
    if (is_new || e.left < preemptions_left) {
      e = {graph, threads, preemptions_left};
    } else if (e.left == preemptions_left && (e.threads & threads) != threads) {
      e.threads |= threads;
    } else {
      return false;
    }
    if (is_new && ++size_ * 4 > table_.size() * 3) Grow();
    return true;
  }

 private:
  struct Entry {
    std::uint64_t graph = 0;  // 0: free
    std::uint32_t threads = 0;
    std::int32_t left = 0;
  };
  static constexpr std::size_t kSmallest = 1024;

  Entry& Find(std::uint64_t graph) {
    std::size_t i = graph & (table_.size() - 1);
    while (table_[i].graph != 0 && table_[i].graph != graph) i = (i + 1) & (table_.size() - 1);
    return table_[i];
  }
  void Grow() {
    std::vector<Entry> old(table_.size() * 2);
    old.swap(table_);
    for (const Entry& e : old)
      if (e.graph != 0) Find(e.graph) = e;
  }

  std::vector<Entry> table_ = std::vector<Entry>(kSmallest);
  std::size_t size_ = 0;
};

}  // namespace heddle::model
