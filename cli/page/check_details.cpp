#include "cli/page/check_details.h"

#include <fmt/core.h>

#include <cctype>

#include "cli/check_output.h"
#include "cli/page/trace_view.h"
#include "report/page.h"
#include "runtime/check/judge.h"

namespace heddle::cli {
namespace {

using report::Element;
using report::Grouped;
using report::Markup;
using report::Text;
using report::Tone;

Markup Paragraph(const std::string& name, const std::string& text) {
  if (text.empty()) return {};
  return Element("p", Element("span", {{"class", "dim"}}, name + ": ") + Text(text));
}

Markup GradeBadge(Grade grade) {
  switch (grade) {
    case Grade::kAllowed:
      return report::Badge(Tone::kGood, "allowed");
    case Grade::kWeak:
      return report::Badge(Tone::kUnsure, "weak");
    case Grade::kForbidden:
      break;
  }
  return report::Badge(Tone::kBad, "forbidden");
}

// The rows of the scenario's table, then outcomes in none of them, which are forbidden.
Markup OutcomeTable(const CheckResult& r) {
  std::vector<std::vector<Markup>> rows;
  Outcomes seen = r.outcomes;
  const auto add = [&](const std::vector<std::int64_t>& outcome, std::uint64_t count, Grade grade,
                       const std::string& why) {
    const Markup times =
        count == 0 ? Element("span", {{"class", "dim"}}, "never") : Text(Grouped(count));
    rows.push_back(
        {Element("code", {}, Show(*r.subject, outcome)), times, GradeBadge(grade), Text(why)});
  };
  for (const Expect& row : r.subject->expected_outcomes) {
    const auto found = seen.find(row.outcome);
    add(row.outcome, found == seen.end() ? 0 : found->second,
        GradeUnder(row, TableModel(*r.subject, *r.model)), row.why);
    if (found != seen.end()) seen.erase(found);
  }
  for (const auto& [outcome, count] : seen)
    add(outcome, count, Grade::kForbidden, "in no row of the scenario's table");
  const bool stopped = r.verdict == CheckVerdict::kViolation;
  return Element("h3", {}, stopped ? "Outcomes up to the violation" : "Outcomes") +
         report::Table({"outcome", "executions", "grade", "why"}, rows,
                       {false, true, false, false});
}

// A sentence of a report, in which "e3" is a link to `id`-e3 if that is an event that is shown.
Markup WithEventLinks(const std::string& sentence, const ReportedGraph& shown,
                      const std::string& id) {
  const auto is = [&](std::size_t i, int (*kind)(int)) {
    return i < sentence.size() && kind(static_cast<unsigned char>(sentence[i])) != 0;
  };
  Markup linked;
  std::size_t done = 0;
  for (std::size_t i = 0; i < sentence.size(); ++i) {
    if (sentence[i] != 'e' || (i > 0 && is(i - 1, std::isalnum))) continue;
    std::size_t end = i + 1;
    while (is(end, std::isdigit) && end < i + 6) ++end;
    if (end == i + 1 || is(end, std::isalnum)) continue;
    const std::string name = sentence.substr(i, end - i);
    if (std::stoul(name.substr(1)) - 1 >= shown.trace.events.size()) continue;
    linked += Text(sentence.substr(done, i - done)) +
              Element("a", {{"href", "#" + id + "-" + name}}, name);
    done = end;
  }
  return linked + Text(sentence.substr(done));
}

std::string Numbers(const CheckResult& r) {
  std::string text = fmt::format("{} executions, {} blocked, {} revisits", Grouped(r.executions),
                                 Grouped(r.blocked), Grouped(r.revisits));
  if (r.peak_memory != 0) text += fmt::format(", {} MiB at most", r.peak_memory >> 20);
  return text + fmt::format(", {:.2f} s", r.seconds);
}

}  // namespace

Markup ExecutionDetails(const CheckResult& r, const std::string& id, SourceLines& sources) {
  const ReportedGraph& shown = *r.graph;
  Markup details;
  if (r.verdict == CheckVerdict::kViolation)
    details += Element("p", {{"class", "message"}},
                       (r.message.starts_with(r.error) ? "" : r.error + ": ") + r.message);
  details += TraceView(r, id, sources);
  Markup sentences;
  for (const std::string& sentence : shown.explanation.sentences)
    sentences += Element("li", {{"class", sentence.starts_with("Missing ") ? "lead" : "more"}},
                         WithEventLinks(sentence, shown, id));
  if (!sentences.empty())
    details += Element("h3", {}, "Why") + Element("ul", {{"class", "why"}}, sentences);
  return details + Element("h3", {}, "Replay") +
         report::Command("heddle replay '" + r.token + "'") +
         Element("details", {{"class", "plain"}},
                 Element("summary", {}, "As text") + Element("pre", {}, r.report));
}

Markup CheckDetails(const CheckResult& r, const std::string& id, SourceLines& sources) {
  const bool mutant = !r.subject->mutant.empty();
  Markup details = Paragraph(mutant ? "What the mutant changed" : "Question", r.subject->what);
  details += Paragraph("Published by", r.subject->source);
  if (std::string expected = ExpectedText(r); !expected.empty()) {
    expected[0] = 'E';
    details += Element("p", {}, expected);
  }
  if (r.verdict != CheckVerdict::kViolation && !r.message.empty())
    details += Element("p", {{"class", "message"}}, r.message);
  if (r.ended_by != Budget::kNone) details += Element("p", {{"class", "message"}}, CutText(r));
  if (r.graph != nullptr) details += ExecutionDetails(r, id, sources);
  if (!r.subject->expected_outcomes.empty() || !r.outcomes.empty()) details += OutcomeTable(r);
  return details + Element("p", {{"class", "dim numbers"}}, Numbers(r));
}

}  // namespace heddle::cli
