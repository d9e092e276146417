// What is left of a search: its tasks in the search's order, up to the first violation known.
//
// A search by one worker reports the first violation that it comes to.  Several workers may come to
// another one first, so tasks that begin before it are still explored; those after it are dropped.
// Then the report is the same for any number of workers, and however the work was divided.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/check/search_job.h"

namespace heddle {

/// Invariant: tasks are disjoint and sorted by path, which is the order in which one worker would
/// explore them; all begin before the violation.
class Agenda {
 public:
  bool empty() const { return tasks_.empty(); }
  std::size_t size() const { return tasks_.size(); }
  const std::vector<model::SearchTask>& tasks() const { return tasks_; }
  const std::optional<FoundViolation>& violation() const { return violation_; }

  /// Whether what begins at `path` is to be explored.
  bool Matters(const model::SearchPath& path) const {
    return !violation_ || path < violation_->path;
  }

  /// Takes the first task.
  model::SearchTask Take() {
    model::SearchTask first = std::move(tasks_.front());
    tasks_.erase(tasks_.begin());
    return first;
  }

  void Put(model::SearchTask task) {
    if (!Matters(task.path)) return;
    const auto place = std::upper_bound(tasks_.begin(), tasks_.end(), task, Before);
    tasks_.insert(place, std::move(task));
  }

  void Report(FoundViolation found) {
    if (!Matters(found.path)) return;
    violation_ = std::move(found);
    std::erase_if(tasks_, [&](const model::SearchTask& t) { return !Matters(t.path); });
  }

 private:
  static bool Before(const model::SearchTask& a, const model::SearchTask& b) {
    return a.path < b.path;
  }

  std::vector<model::SearchTask> tasks_;
  std::optional<FoundViolation> violation_;
};

}  // namespace heddle
