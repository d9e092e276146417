#include "cli/page/rate_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "cli/quantities.h"
#include "report/page.h"
#include "report/svg.h"

namespace heddle::cli {
namespace {

using report::Element;
using report::Markup;
using report::SvgLine;
using report::SvgText;
using report::Text;
using stress::StoredScenario;

// All in pixels.
constexpr int kWidth = 720, kHeight = 150, kLeft = 72, kRight = 16, kTop = 16, kBottom = 26;
constexpr std::size_t kLines = 6;  // that the style tells apart

struct Scale {
  double seconds = 1, rate = 1;
  int X(double second) const {
    const double part = std::clamp(second / seconds, 0.0, 1.0);
    return kLeft + static_cast<int>(part * (kWidth - kLeft - kRight));
  }
  int Y(double per_second) const {
    const double part = std::clamp(per_second / rate, 0.0, 1.0);
    return kHeight - kBottom - static_cast<int>(part * (kHeight - kTop - kBottom));
  }
};

// A bar for each piece, as long as it took; between them others ran.
struct Line {
  std::string path;
  int x = -1, y = -1;

  void Add(int from, int to, int height) {
    if (to == x && height == y) return;  // a long run has more pieces than there are pixels
    path += fmt::format("M{} {}H{}", from, height, std::max(to, from + 2));
    x = to;
    y = height;
  }
};

}  // namespace

Markup RateChart(const stress::StoredRun& run, const StoredScenario& scenario) {
  if (scenario.rates.empty()) return {};
  Scale scale;
  for (const StoredScenario::Rate& r : scenario.rates) {
    scale.seconds = std::max(scale.seconds, r.begun + r.seconds);
    scale.rate = std::max(scale.rate, r.per_second);
  }
  std::map<std::string, Line> lines;
  for (const StoredScenario::Rate& r : scenario.rates)
    lines[r.placement].Add(scale.X(r.begun), scale.X(r.begun + r.seconds), scale.Y(r.per_second));
  Markup shapes;
  for (const double part : {0.0, 0.5, 1.0}) {
    const int y = scale.Y(part * scale.rate);
    shapes += SvgLine(kLeft, y, kWidth - kRight, y, "guide") +
              SvgText(kLeft - 8, y + 4, "axis", Rounded(part * scale.rate));
  }
  shapes += SvgText(kLeft, kHeight - 8, "axis first", "0 s") +
            SvgText(kWidth - kRight, kHeight - 8, "axis", fmt::format("{:.3g} s", scale.seconds));
  for (const stress::StoredFailure& f : run.failures) {
    if (f.scenario != scenario.name) continue;
    const int x = scale.X(static_cast<double>(f.at - run.begun) / 1e3);
    shapes += report::SvgPath(fmt::format("M{} {}V{}", x, kTop - 8, kHeight - kBottom), "failed",
                              Element("title", {}, fmt::format("failure {}: {}", f.id, f.failure)));
  }
  Markup legend;
  std::size_t number = 0;
  for (const auto& [placement, line] : lines) {
    const std::string name = fmt::format("line{}", number++ % kLines);
    shapes += report::SvgPath(line.path, "rate " + name, Element("title", {}, placement));
    legend +=
        Element("span", Element("svg", {{"width", "30"}, {"height", "12"}, {"aria-hidden", "true"}},
                                report::SvgPath("M2 6H28", "rate " + name)) +
                            Text(" " + placement));
  }
  return report::Picture(kWidth, kHeight, "Samples per second over the time of the run", shapes) +
         Element("p", {{"class", "legend"}}, legend);
}

}  // namespace heddle::cli
