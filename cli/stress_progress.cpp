#include "cli/stress_progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace heddle::cli {
namespace {

std::string Clock(std::chrono::milliseconds time) {
  const auto seconds = time.count() / 1000;
  return seconds < 3600
             ? fmt::format("{:02}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

StressProgress::StressProgress(bool wanted, std::chrono::milliseconds whole)
    : shown_(wanted && isatty(STDERR_FILENO) != 0), whole_(whole) {}

void StressProgress::Show(const stress::PieceRecord& last, std::chrono::milliseconds spent) {
  samples_ += last.isolated.result.samples;
  failures_ += !last.isolated.failure.empty();
  if (!shown_) return;
  std::fputs(fmt::format("\r\033[K[{}/{}] {:.1f} M samples, {} failures; {}, {}", Clock(spent),
                         Clock(whole_), static_cast<double>(samples_) / 1e6, failures_,
                         last.scenario, stress::Name(last.piece.placement.sharing))
                 .c_str(),
             stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void StressProgress::Done() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace heddle::cli
