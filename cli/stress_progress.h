// How far a native run is: one line on a terminal that stands and changes.
#pragma once

#include <chrono>

#include "stress/results_db.h"

namespace heddle::cli {

class StressProgress {
 public:
  /// Shown only if `wanted` and standard error is a terminal.
  StressProgress(bool wanted, std::chrono::milliseconds whole);
  ~StressProgress() { Done(); }
  StressProgress(const StressProgress&) = delete;
  StressProgress& operator=(const StressProgress&) = delete;

  void Show(const stress::PieceRecord& last, std::chrono::milliseconds spent);
  /// Takes the line away.
  void Done();

 private:
  const bool shown_;
  const std::chrono::milliseconds whole_;
  std::uint64_t samples_ = 0, failures_ = 0;
  bool drawn_ = false;
};

}  // namespace heddle::cli
