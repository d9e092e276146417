// Where does a search's time go?
#pragma once

#include <chrono>

namespace heddle::model {

/// Reads the clock only when asked to: that costs as much as a short event.
class PhaseClock {
 public:
  explicit PhaseClock(bool wanted) : wanted_(wanted) {}
  /// What has passed since the last call belongs to `phase`.
  void Charge(double& phase) {
    if (!wanted_) return;
    const auto now = std::chrono::steady_clock::now();
    phase += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  bool wanted_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace heddle::model
