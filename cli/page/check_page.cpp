#include "cli/page/check_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cli/check_output.h"
#include "cli/page/check_details.h"
#include "cli/page/trace_view.h"
#include "report/page.h"

namespace heddle::cli {
namespace {

using report::Cell;
using report::Element;
using report::Grouped;
using report::Markup;
using report::Text;
using report::Tone;

// More would be too much to look at, at once.
constexpr std::size_t kMostOpenGroups = 60;  // checks
constexpr int kMostListed = 12, kMostOpen = 4;

Tone ToneOf(Standing standing) {
  return standing == Standing::kUnexpected  ? Tone::kBad
         : standing == Standing::kUndecided ? Tone::kUnsure
                                            : Tone::kGood;
}

// As the filter knows them.
const char* KeyOf(Standing standing) {
  switch (standing) {
    case Standing::kGood:
      return "holds";
    case Standing::kCaught:
      return "caught";
    case Standing::kUnexpected:
      return "unexpected";
    case Standing::kUndecided:
      break;
  }
  return "inconclusive";
}

std::string Seconds(double seconds) { return fmt::format("{:.2f}", seconds); }

std::string IdOf(std::size_t check) { return fmt::format("check{}", check + 1); }

// The checks of one scenario, by their numbers in the command.
struct Group {
  std::vector<std::size_t> checks;
  Counts counts;
};

std::vector<Group> GroupsOf(const std::vector<CheckResult>& results) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i == 0 || results[i].subject->scenario != results[i - 1].subject->scenario)
      groups.emplace_back();
    groups.back().checks.push_back(i);
    groups.back().counts.Add(results[i]);
  }
  const auto rank = [](const Group& g) {
    return g.counts.unexpected != 0 ? 0 : g.counts.inconclusive != 0 ? 1 : 2;
  };
  std::ranges::stable_sort(groups, {}, rank);
  return groups;
}

Markup RowCells(const CheckResult& r) {
  const Standing standing = StandingOf(r);
  const bool mutant = !r.subject->mutant.empty();
  return report::Sign(ToneOf(standing)) +
         Cell(mutant ? "name inner" : "name",
              Text(mutant ? "/" + r.subject->mutant : r.subject->scenario)) +
         Cell("model", Text(r.model->name)) + Cell("traps dim", Text(Name(r.delivery))) +
         Cell("verdict", report::Badge(ToneOf(standing), VerdictText(r))) +
         Cell("number executions", Text(Grouped(r.executions))) +
         Cell("number seconds", Text(Seconds(r.seconds)));
}

std::string FindText(const CheckResult& r) {
  return r.subject->name() + " " + std::string(r.model->name) + " " + Name(r.delivery) + " " +
         VerdictText(r) + " " + r.subject->what;
}

std::string Summary(const Counts& c) {
  if (c.unexpected != 0) return fmt::format("{} not as expected", c.unexpected);
  if (c.inconclusive != 0) return fmt::format("{} inconclusive", c.inconclusive);
  return c.caught == 0
             ? "holds"
             : fmt::format("holds, {} {} caught", c.caught, c.caught == 1 ? "mutant" : "mutants");
}

// In one line.
std::string WhatIsWrong(const CheckResult& r) {
  const std::string text = r.message.empty() ? VerdictText(r) : r.message;
  const std::string expected = ExpectedText(r);
  return expected.empty() ? text : text + "; " + expected;
}

// What a scenario asks; a selection of mutants need not hold the scenario itself.
Markup Question(const std::string& scenario) {
  const auto& all = AllSubjects();
  const auto found = std::ranges::find_if(
      all, [&](const Subject& s) { return s.scenario == scenario && s.mutant.empty(); });
  return found == all.end() ? Markup() : Element("span", {{"class", "question"}}, found->what);
}

Tone ToneOf(const Counts& c) {
  return c.unexpected != 0 ? Tone::kBad : c.inconclusive != 0 ? Tone::kUnsure : Tone::kGood;
}

class Writer {
 public:
  explicit Writer(const std::vector<CheckResult>& results)
      : results_(results), groups_(GroupsOf(results)) {
    for (const CheckResult& r : results) {
      counts_.Add(r);
      seconds_ += r.seconds;
      ++standings_[static_cast<std::size_t>(StandingOf(r))];
    }
  }

  std::string Page() {
    const std::string verdict = VerdictOfAll();
    Markup body = ArrowHeads() + report::Banner(ToneOf(counts_), verdict, Figures() + Failures());
    const auto count = [&](Standing s) { return standings_[static_cast<std::size_t>(s)]; };
    body += report::Filter(
        results_.size(),
        {{KeyOf(Standing::kUnexpected), "Not as expected", count(Standing::kUnexpected)},
         {KeyOf(Standing::kUndecided), "Inconclusive", count(Standing::kUndecided)},
         {KeyOf(Standing::kCaught), "Mutants caught", count(Standing::kCaught)},
         {KeyOf(Standing::kGood), "Holds", count(Standing::kGood)}});
    Markup list = Head();
    for (const Group& group : groups_) list += GroupRow(group);
    body += Element("div", {{"class", "list checks"}}, list);
    return report::Render(
        {"Heddle: " + verdict, std::string(kTraceStyle), body, "heddle " HEDDLE_VERSION});
  }

 private:
  std::string VerdictOfAll() const {
    const auto text = [](int n) { return Grouped(static_cast<std::uint64_t>(n)); };
    const std::string of = text(counts_.checks) + (counts_.checks == 1 ? " check" : " checks");
    if (counts_.unexpected != 0) return text(counts_.unexpected) + " of " + of + " not as expected";
    if (counts_.inconclusive != 0)
      return text(counts_.inconclusive) + " of " + of + " inconclusive";
    return counts_.checks == 1 ? "The check is as expected" : "All " + of + " as expected";
  }

  Markup Figures() const {
    const auto number = [](int n) { return static_cast<std::uint64_t>(n); };
    const Counts& c = counts_;
    return Element("div", {{"class", "figures"}},
                   report::Figure(Tone::kGood, number(c.as_expected()), "as expected") +
                       report::Figure(Tone::kGood, number(c.caught),
                                      c.caught == 1 ? "mutant caught" : "mutants caught") +
                       report::Figure(Tone::kBad, number(c.unexpected), "not as expected") +
                       report::Figure(Tone::kUnsure, number(c.inconclusive), "inconclusive") +
                       Element("span", {{"class", "dim"}}, Seconds(seconds_) + " s"));
  }

  Markup Failures() const {
    Markup list;
    int listed = 0;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      const CheckResult& r = results_[i];
      if (StandingOf(r) != Standing::kUnexpected || ++listed > kMostListed) continue;
      list += Element("li", Element("a", {{"href", "#" + IdOf(i)}},
                                    r.subject->name() + " under " + std::string(r.model->name)) +
                                Text(" " + WhatIsWrong(r)));
    }
    if (listed > kMostListed)
      list += Element("li", {{"class", "dim"}}, fmt::format("and {} more", listed - kMostListed));
    return list.empty() ? list : Element("ul", {{"class", "failures"}}, list);
  }

  static Markup Head() {
    return Element("div", {{"class", "columns head"}},
                   Cell("", {}) + Cell("", Text("scenario")) + Cell("", Text("model")) +
                       Cell("", Text("traps")) + Cell("", Text("verdict")) +
                       Cell("number", Text("executions")) + Cell("number", Text("seconds")) +
                       Cell("", {}));
  }

  Markup GroupRow(const Group& group) {
    const Subject& subject = *results_[group.checks.front()].subject;
    std::uint64_t executions = 0;
    double seconds = 0;
    Markup rows;
    for (const std::size_t i : group.checks) {
      executions += results_[i].executions;
      seconds += results_[i].seconds;
      rows += CheckRow(i);
    }
    report::Row row;
    row.kind = "group";
    row.open = group.counts.unexpected != 0 || results_.size() <= kMostOpenGroups;
    row.cells = report::Sign(ToneOf(group.counts)) +
                Cell("name wide", Text(subject.scenario) + Question(subject.scenario)) +
                Cell("verdict dim", Text(Summary(group.counts))) +
                Cell("number executions dim", Text(Grouped(executions))) +
                Cell("number seconds dim", Text(Seconds(seconds)));
    row.content = rows;
    return Fold(row);
  }

  // Open if it is one of the first that somebody will look for.
  Markup CheckRow(std::size_t i) {
    const CheckResult& r = results_[i];
    const Standing standing = StandingOf(r);
    const bool sought = standing == Standing::kUnexpected ||
                        (r.graph != nullptr && results_.front().subject == results_.back().subject);
    report::Row row;
    row.id = IdOf(i);
    row.kind = "row";
    row.state = KeyOf(standing);
    row.find = FindText(r);
    row.open = sought && ++opened_ <= kMostOpen;
    row.cells = RowCells(r);
    row.content = CheckDetails(r, row.id, sources_);
    return Fold(row);
  }

  const std::vector<CheckResult>& results_;
  const std::vector<Group> groups_;
  Counts counts_;
  double seconds_ = 0;
  std::array<std::size_t, 4> standings_{};
  int opened_ = 0;
  SourceLines sources_;
};

}  // namespace

std::string CheckPage(const std::vector<CheckResult>& results) { return Writer(results).Page(); }

std::string ReplayPage(const CheckResult& r) {
  const bool fails = r.verdict == CheckVerdict::kViolation;
  const std::string name = r.subject->name() + " under " + std::string(r.model->name);
  const std::string verdict = name + (fails ? ": " + r.error : ": this execution holds");
  SourceLines sources;
  const Markup more =
      Element("p", {{"class", "dim"}}, r.subject->what + " Traps: " + Name(r.delivery) + ".");
  const Markup body =
      ArrowHeads() + report::Banner(fails ? Tone::kBad : Tone::kGood, verdict, more) +
      Element("section", {{"class", "execution"}}, ExecutionDetails(r, "execution", sources));
  return report::Render(
      {"Heddle: " + verdict, std::string(kTraceStyle), body, "heddle " HEDDLE_VERSION});
}

}  // namespace heddle::cli
