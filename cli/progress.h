// How far a check is: on a terminal as one line that stands and changes, or as JSON lines.
#pragma once

#include <chrono>
#include <string>

#include "runtime/check/check.h"

namespace heddle::cli {

enum class ProgressStyle { kNone, kTerminal, kJson };

/// "", "json" or "none", as typed; throws std::invalid_argument for anything else.
ProgressStyle ParseProgress(const std::string& text);

class Progress {
 public:
  Progress(ProgressStyle style, const Subject& subject, const model::MemoryModel& model,
           TrapDelivery delivery);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Makes the search report here.
  void Attach(SearchOptions& options);
  /// The last JSON line of a check.
  void Done(const CheckResult& result);

 private:
  void Show(const SearchProgress& p);

  const ProgressStyle style_;
  const Subject& subject_;
  const model::MemoryModel& model_;
  const TrapDelivery delivery_;
  bool drawn_ = false;
};

}  // namespace heddle::cli
