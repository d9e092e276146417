#include "cli/annotations.h"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "cli/check_output.h"
#include "cli/trouble.h"

namespace heddle::cli {
namespace {

// Properties end at commas and colons, messages at the line's end.
std::string Escaped(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%')
      escaped += "%25";
    else if (c == '\r')
      escaped += "%0D";
    else if (c == '\n')
      escaped += "%0A";
    else if (c == ':' && property)
      escaped += "%3A";
    else if (c == ',' && property)
      escaped += "%2C";
    else
      escaped += c;
  }
  return escaped;
}

// "file=…,line=…," of the last event that the violation is about, or else that is shown, whose
// place is known.
std::string PlaceOf(const CheckResult& r) {
  if (r.graph == nullptr) return "";
  const ReportedGraph& shown = *r.graph;
  for (const auto* events : {&shown.marked, &shown.trace.events}) {
    for (auto e = events->rbegin(); e != events->rend(); ++e) {
      if (e->is_init() || !shown.graph.Contains(*e)) continue;
      const model::Label& label = shown.graph.at(*e).label;
      if (label.line != 0 && *label.file != '\0')
        return "file=" + Escaped(label.file, true) + ",line=" + std::to_string(label.line) + ",";
    }
  }
  return "";
}

// As above, where a failure ends in " at scenarios/a.h:12": checks of scenarios do.
std::string PlaceIn(const std::string& failure) {
  constexpr std::string_view kAt = " at ";
  const std::size_t at = failure.rfind(kAt);
  const std::size_t colon = failure.rfind(':');
  if (at == std::string::npos || colon == std::string::npos || colon <= at + kAt.size()) return "";
  const std::string file = failure.substr(at + kAt.size(), colon - at - kAt.size());
  const std::string line = failure.substr(colon + 1);
  if (file.find_first_of(": \t\n") != std::string::npos || line.empty() ||
      line.find_first_not_of("0123456789") != std::string::npos)
    return "";
  return "file=" + Escaped(file, true) + ",line=" + line + ",";
}

std::string Line(bool error, const std::string& place, const std::string& title,
                 const std::string& message) {
  return (error ? "::error " : "::warning ") + place + "title=" + Escaped(title, true) +
         "::" + Escaped(message, false) + "\n";
}

// As a line, if there is any.
std::string Line(const std::string& title, const std::optional<Trouble>& trouble,
                 const std::string& place = "") {
  if (!trouble || trouble->kind == Trouble::Kind::kSkipped) return "";
  std::string message = trouble->text;
  if (message.find(trouble->message) == std::string::npos)
    message = trouble->message + "\n" + message;
  if (message.back() == '\n') message.pop_back();
  return Line(trouble->kind == Trouble::Kind::kFailure, place, title + ": " + trouble->type,
              message);
}

}  // namespace

bool InGitHubActions() {
  const char* value = std::getenv("GITHUB_ACTIONS");
  return value != nullptr && std::string_view(value) == "true";
}

std::string Annotation(const CheckResult& r) {
  const Standing standing = StandingOf(r);
  if (standing != Standing::kUnexpected && standing != Standing::kUndecided) return "";
  const bool error = standing == Standing::kUnexpected;
  const std::string title = r.subject->name() + " under " + std::string(r.model->name) + ": " +
                            (r.error.empty() ? VerdictText(r) : r.error);
  std::string message = r.message;
  if (r.graph != nullptr) message += "\n" + r.graph->explanation.Text();
  if (r.ended_by != Budget::kNone) message += CutText(r);
  if (const std::string expected = ExpectedText(r); !expected.empty()) message += "\n" + expected;
  if (!r.token.empty()) message += "\nheddle replay '" + r.token + "'";
  message.erase(0, message.find_first_not_of('\n'));
  return Line(error, PlaceOf(r), title, message.empty() ? title : message);
}

std::string Annotations(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  std::string lines = Line("native runs", TroubleOf(runs.controls));
  lines += Line("native runs", TroubleOfEnd(runs));
  for (const NativeRun& run : runs.runs) {
    const std::vector<std::string>& failures = run.result.failures;
    lines += Line(run.result.scenario + " natively", TroubleOf(run),
                  failures.empty() ? "" : PlaceIn(failures.front()));
  }
  for (const MutantRun& run : mutants)
    lines += Line(run.name + " natively", TroubleOfMutant(Name(run.verdict), run.why));
  return lines;
}

}  // namespace heddle::cli
