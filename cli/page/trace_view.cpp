#include "cli/page/trace_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "cli/page/trace_arrows.h"
#include "cli/page/trace_rows.h"
#include "report/svg.h"

namespace heddle::cli {
namespace {

using report::Element;
using report::Markup;
using report::SvgBox;
using report::SvgLine;
using report::SvgText;
using report::Text;

// All in pixels.
constexpr int kRow = 32, kBox = 24, kHead = 34, kIndent = 14, kMargin = 14;
constexpr int kNumber = 38;     // room for "e123" and the mark in a box
constexpr int kGap = 84;        // between columns, where arrows run
constexpr int kNarrowest = 96;  // column
constexpr std::size_t kMostCode = 90;

struct ArrowStyle {
  Arrow::Kind kind;
  const char* name;  // class, and id of its head
  const char* text;  // legend
  int port;          // arrows of different kinds touch a box at different heights
};
constexpr std::array<ArrowStyle, 5> kArrows = {{
    {Arrow::Kind::kReadsFrom, "reads", "reads from", 0},
    {Arrow::Kind::kSynchronises, "sync", "reads from, and happens before", 0},
    {Arrow::Kind::kHappensBefore, "before", "happens before", -6},
    {Arrow::Kind::kNoOrder, "weak", "reads from, but does not synchronise", 0},
    {Arrow::Kind::kMissing, "missing", "missing: would have to happen before", 7},
}};

const ArrowStyle& StyleOf(Arrow::Kind kind) {
  return *std::ranges::find(kArrows, kind, &ArrowStyle::kind);
}

// In the widest of the usual fonts.
int Width(const std::string& text) {
  const auto characters = std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<int>(characters * 37 / 5);
}

std::string Shortened(const std::string& text) {
  std::size_t end = 0, characters = 0;
  while (end < text.size() && characters < kMostCode) {
    do ++end;
    while (end < text.size() && (text[end] & 0xC0) == 0x80);
    ++characters;
  }
  return end < text.size() ? text.substr(0, end) + "…" : text;
}

class Drawing {
 public:
  Drawing(const CheckResult& result, std::string id, SourceLines& sources)
      : shown_(*result.graph),
        id_(std::move(id)),
        sources_(sources),
        trace_(shown_),
        arrows_(ArrowsOf(shown_, *result.model)) {
    int x = kMargin;
    for (const TraceRow& row : trace_.rows) {
      const int width = kNumber + 14 + row.depth * kIndent + Width(row.phrase);
      int& widest = columns_[row.event.thread].width;
      widest = std::max({widest, width, kNarrowest});
    }
    for (auto& [thread, column] : columns_) {
      column.x = x;
      x += column.width + kGap;
    }
    where_ = x - kGap / 3;
    for (const TraceRow& row : trace_.rows) {
      places_.push_back(PlaceOf(row));
      code_.push_back(row.line == 0 ? "" : Shortened(sources_.At(row.file, row.line)));
      place_width_ = std::max(place_width_, Width(places_.back()));
      code_width_ = std::max(code_width_, Width(code_.back()));
    }
  }

  Markup Figure() {
    const int code = where_ + place_width_ + 16;
    const int width = code + code_width_ + kMargin;
    const int height = kHead + kRow * static_cast<int>(trace_.rows.size()) + kMargin;
    Markup svg = Lanes(height);
    for (const HandlerSpan& span : trace_.handlers) svg += Handler(span);
    for (std::size_t i = 0; i < trace_.rows.size(); ++i) {
      const Column& column = columns_.at(trace_.rows[i].event.thread);
      const int y = Middle(static_cast<int>(i));
      svg += SvgLine(column.x + column.width, y, where_ - 8, y, "guide");
      if (!places_[i].empty()) svg += SvgText(where_, y + 4, "where", places_[i]);
      if (!code_[i].empty()) svg += SvgText(code, y + 4, "code", code_[i]);
    }
    for (std::size_t i = 0; i < trace_.rows.size(); ++i) svg += Event(static_cast<int>(i));
    for (const Arrow& arrow : arrows_) svg += Drawn(arrow);
    return report::Picture(width, height,
                           "Events of the execution, a column per CPU, and its arrows", svg) +
           Legend();
  }

 private:
  struct Column {
    int x = 0, width = 0;
  };

  static int Middle(int row) { return kHead + kRow * row + kRow / 2; }
  int Left(const TraceRow& row) const {
    return columns_.at(row.event.thread).x + row.depth * kIndent;
  }
  int Right(const TraceRow& row) const {
    const Column& column = columns_.at(row.event.thread);
    return column.x + column.width;
  }
  int RowOf(model::EventId e) const { return shown_.trace.NumberOf(e) - 1; }
  const TraceRow& At(int row) const { return trace_.rows[static_cast<std::size_t>(row)]; }

  static std::string PlaceOf(const TraceRow& row) {
    if (row.line == 0) return "";
    return (row.file.empty() ? "line " : row.file.substr(row.file.rfind('/') + 1) + ":") +
           std::to_string(row.line);
  }

  Markup Lanes(int height) const {
    Markup lanes;
    for (const auto& [thread, column] : columns_) {
      const int x = column.x + column.width / 2;
      lanes += SvgLine(x, kHead, x, height - kMargin / 2, "lane");
      lanes += SvgBox(column.x, 6, column.width, kHead - 10, "cpu");
      lanes += SvgText(x, kHead - 11, "cpu-name", "CPU" + std::to_string(thread));
    }
    return lanes + SvgText(where_, kHead - 11, "where", "where");
  }

  Markup Handler(const HandlerSpan& span) const {
    const Column& column = columns_.at(span.thread);
    const int x = column.x + span.depth * kIndent - 7;
    const int top = Middle(span.first) - kRow / 2 + 1, bottom = Middle(span.last) + kRow / 2 - 1;
    return SvgBox(x, top, column.x + column.width + 7 - x, bottom - top, "handler");
  }

  Markup Event(int number) const {
    const TraceRow& row = At(number);
    const int x = Left(row), y = Middle(number);
    const std::string name = "e" + std::to_string(number + 1);
    return Element("g",
                   {{"id", id_ + "-" + name}, {"class", row.marked ? "event marked" : "event"}},
                   SvgBox(x, y - kBox / 2, Right(row) - x, kBox, "") +
                       SvgText(x + 8, y + 4, "n", (row.marked ? "*" : "") + name) +
                       SvgText(x + kNumber + 6, y + 4, "phrase", row.phrase));
  }

  // An arrow leaves its row, in which there is nothing else, only beside the column that it leads
  // to, so that it crosses no event.
  Markup Drawn(const Arrow& arrow) const {
    const ArrowStyle& style = StyleOf(arrow.kind);
    const TraceRow &from = At(RowOf(arrow.from)), &to = At(RowOf(arrow.to));
    const int y1 = Middle(RowOf(arrow.from)) + style.port;
    const int y2 = Middle(RowOf(arrow.to)) + style.port;
    std::string path;
    int label_x = 0, label_y = (y1 + y2) / 2 + 3;
    if (from.event.thread == to.event.thread) {
      const int x = Right(from), far = x + std::min(14 + 5 * std::abs(y2 - y1) / kRow, kGap / 2);
      path = fmt::format("M{} {}C{} {} {} {} {} {}", x, y1, far, y1, far, y2, x + 2, y2);
      label_x = far;
    } else {
      const bool rightwards = At(RowOf(arrow.from)).event.thread < to.event.thread;
      const int sign = rightwards ? 1 : -1;
      const int x1 = rightwards ? Right(from) : Left(from);
      const int x2 = (rightwards ? Left(to) : Right(to)) - 2 * sign;
      const Column& beside = columns_.at(to.event.thread);
      const int turn = rightwards ? beside.x - kGap + 2 : beside.x + beside.width + kGap - 2;
      const int bend = turn + sign * (kGap / 2 + 2 * style.port);
      path = fmt::format("M{} {}H{}C{} {} {} {} {} {}", x1, y1, turn, bend + sign * 12, y1,
                         bend - sign * 12, y2, x2, y2);
      label_x = bend;
    }
    const std::string text =
        fmt::format("e{} → e{}: {}", RowOf(arrow.from) + 1, RowOf(arrow.to) + 1, style.text);
    Markup more = Element("title", {}, text);
    if (arrow.kind == Arrow::Kind::kMissing) more += SvgText(label_x, label_y, "label", "missing");
    return report::SvgPath(path, std::string("arrow ") + style.name, more);
  }

  Markup Legend() const {
    Markup legend;
    for (const ArrowStyle& style : kArrows) {
      if (std::ranges::none_of(arrows_, [&](const Arrow& a) { return a.kind == style.kind; }))
        continue;
      legend += Element("span",
                        Element("svg", {{"width", "38"}, {"height", "12"}, {"aria-hidden", "true"}},
                                report::SvgPath("M2 6H28", std::string("arrow ") + style.name)) +
                            Text(style.text));
    }
    if (!shown_.marked.empty())
      legend += Element(
          "span", Element("b", {{"class", "star"}}, "*") + Text(" what the violation is about"));
    Markup more;
    if (const int n = shown_.trace.left_out; n != 0)
      more = Element("p", {{"class", "dim"}},
                     fmt::format("Not shown: {} {} on which the violation does not depend.", n,
                                 n == 1 ? "event" : "events"));
    return Element("div", {{"class", "legend"}}, legend) + more;
  }

  const ReportedGraph& shown_;
  const std::string id_;
  SourceLines& sources_;
  const TraceRows trace_;
  const std::vector<Arrow> arrows_;
  std::map<int, Column> columns_;  // by thread
  std::vector<std::string> places_, code_;
  int place_width_ = 40, code_width_ = 0;
  int where_ = 0;
};

}  // namespace

report::Markup ArrowHeads() {
  Markup heads;
  for (const ArrowStyle& style : kArrows)
    heads += Element("marker",
                     {{"id", std::string("head-") + style.name},
                      {"class", std::string("head ") + style.name},
                      {"viewBox", "0 0 8 8"},
                      {"refX", "7"},
                      {"refY", "4"},
                      {"markerWidth", "8"},
                      {"markerHeight", "8"},
                      {"markerUnits", "userSpaceOnUse"},
                      {"orient", "auto"}},
                     Element("path", {{"d", "M0 0L8 4L0 8z"}}));
  return Element("svg",
                 {{"class", "heads"}, {"width", "0"}, {"height", "0"}, {"aria-hidden", "true"}},
                 Element("defs", heads));
}

report::Markup TraceView(const CheckResult& result, const std::string& id, SourceLines& sources) {
  return Drawing(result, id, sources).Figure();
}

}  // namespace heddle::cli
