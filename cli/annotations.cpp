#include "cli/annotations.h"

#include <cstdlib>
#include <string_view>

#include "cli/check_output.h"

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
  return (error ? "::error " : "::warning ") + PlaceOf(r) + "title=" + Escaped(title, true) +
         "::" + Escaped(message.empty() ? title : message, false) + "\n";
}

}  // namespace heddle::cli
