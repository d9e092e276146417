#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/quantities.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

std::string Duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", std::ceil(seconds));
  if (seconds < 6000) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

// What cannot be written is no reason to end a search.
void WriteLine(const nlohmann::json& json) {
  std::fputs((stress::Dump(json) + "\n").c_str(), stderr);
  std::fflush(stderr);
}

nlohmann::json OrNull(const std::optional<double>& x) {
  return x ? nlohmann::json(*x) : nlohmann::json();
}

}  // namespace

ProgressStyle ParseProgress(const std::string& text) {
  if (text == "json") return ProgressStyle::kJson;
  if (text == "none") return ProgressStyle::kNone;
  return isatty(STDERR_FILENO) != 0 ? ProgressStyle::kTerminal : ProgressStyle::kNone;
}

Progress::Progress(ProgressStyle style, const Subject& subject, const model::MemoryModel& model,
                   TrapDelivery delivery)
    : style_(style), subject_(subject), model_(model), delivery_(delivery) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::Attach(SearchOptions& options) {
  if (style_ == ProgressStyle::kNone) return;
  options.progress_every = std::chrono::milliseconds(style_ == ProgressStyle::kJson ? 1000 : 200);
  options.progress = [this](const SearchProgress& p) { Show(p); };
}

void Progress::Show(const SearchProgress& p) {
  if (style_ == ProgressStyle::kJson) {
    WriteLine({{"name", subject_.name()},
               {"model", model_.name},
               {"traps", Name(delivery_)},
               {"done", false},
               {"executions", p.executions},
               {"blocked", p.blocked},
               {"per_second", p.per_second},
               {"seconds", p.seconds},
               {"estimate", OrNull(p.estimate)},
               {"spread", OrNull(p.spread)},
               {"seconds_left", OrNull(p.seconds_left)}});
    return;
  }
  drawn_ = true;
  std::string text = fmt::format(
      "{} under {}: {} executions, {} blocked, {}/s, {}", subject_.name(), model_.name,
      Rounded(static_cast<double>(p.executions)), Rounded(static_cast<double>(p.blocked)),
      Rounded(p.per_second), Duration(p.seconds));
  if (p.seconds_left)
    text += fmt::format("; {} in all, {} left",
                        *p.spread > 0
                            ? fmt::format("about {} ± {}", Rounded(*p.estimate), Rounded(*p.spread))
                            : Rounded(*p.estimate),
                        Duration(*p.seconds_left));
  std::fputs(("\r\033[K" + text).c_str(), stderr);
  std::fflush(stderr);
}

void Progress::Done(const CheckResult& r) {
  if (style_ != ProgressStyle::kJson) return;
  const double rate = static_cast<double>(r.ended()) / std::max(r.seconds, 1e-6);
  WriteLine({{"name", subject_.name()},
             {"model", model_.name},
             {"traps", Name(delivery_)},
             {"done", true},
             {"executions", r.executions},
             {"blocked", r.blocked},
             {"per_second", rate},
             {"seconds", r.seconds}});
}

}  // namespace heddle::cli
