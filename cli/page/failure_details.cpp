#include "cli/page/failure_details.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/failure_text.h"
#include "cli/quantities.h"
#include "cli/stop_code.h"
#include "report/page.h"

namespace heddle::cli {
namespace {

using report::Element;
using report::Markup;
using report::Text;
using stress::StoredEvidence;
using stress::StoredNote;
using stress::StoredStop;

constexpr std::size_t kMostAtOnce = 24;  // operations; the earlier ones are folded

std::string Before(double nanoseconds) {
  return nanoseconds == 0 ? "0" : fmt::format("−{:.3f}", nanoseconds / 1e3);
}

Markup Plain(const std::string& title, const Markup& content) {
  return Element("details", {{"class", "plain"}}, Element("summary", {}, title) + content);
}

Markup What(const StoredNote& note) {
  Markup what = Text(note.did);
  if (!note.detail.empty()) what += Text(" ") + Element("span", {{"class", "dim"}}, note.detail);
  return what;
}

// A column per CPU, a row per operation, in the order of time.
Markup LastOperations(const StoredEvidence& evidence) {
  struct Operation {
    std::size_t column;
    const StoredNote* note;
  };
  std::vector<Operation> all;
  std::vector<std::string> head = {"µs before the last one"};
  for (std::size_t i = 0; i < evidence.cpus.size(); ++i) {
    head.push_back(CpuName(evidence.cpus[i].cpu));
    for (const StoredNote& note : evidence.cpus[i].notes) all.push_back({i + 1, &note});
  }
  if (all.empty())
    return Element("p", {{"class", "dim"}}, "Nothing was noted besides accesses to memory.");
  std::ranges::stable_sort(all, std::ranges::greater(),
                           [](const Operation& o) { return o.note->ns_before_end; });
  std::vector<bool> numbers(head.size(), false);
  numbers[0] = true;
  const auto table = [&](std::size_t begin, std::size_t end) {
    std::vector<std::vector<Markup>> rows;
    for (std::size_t i = begin; i < end; ++i) {
      auto& row = rows.emplace_back(head.size());
      row[0] = Text(Before(all[i].note->ns_before_end));
      row[all[i].column] = What(*all[i].note);
    }
    return report::Table(head, rows, numbers);
  };
  const std::size_t last = all.size() > kMostAtOnce ? all.size() - kMostAtOnce : 0;
  return Element(
      "div", {{"class", "operations"}},
      (last > 0 ? Plain(fmt::format("{} earlier ones", last), table(0, last)) : Markup()) +
          table(last, all.size()));
}

// The bytes; what begins at the program counter is marked, and its text below.
Markup Code(const StoredStop& stop) {
  const StopCode code = CodeOf(stop);
  Markup bytes;
  for (std::size_t i = 0; i < code.bytes.size(); ++i)
    bytes += (i == 0 ? Markup() : Text(" ")) +
             (i == code.at ? Element("mark", {}, code.bytes[i]) : Text(code.bytes[i]));
  Markup all = Element("p", Text("Code from " + stop.code_begin + ": ") + Element("code", bytes));
  if (!code.instruction.empty())
    all += Element("p", Text("At " + stop.pc + ": ") + Element("code", {}, code.instruction));
  return all;
}

Markup Stop(const StoredStop& stop) {
  std::string where = fmt::format("{} at pc {}", CpuName(stop.cpu), PlaceOf(stop));
  if (!stop.address.empty()) where += ", address " + stop.address;
  Markup registers;
  for (const auto& [name, value] : stop.registers)
    registers +=
        Element("span", Element("span", {{"class", "dim"}}, name) + Text(" " + value)) + Text(" ");
  Markup all = Element("p", Text(stop.signal + ": " + where));
  if (!stop.code.empty()) all += Code(stop);
  if (!registers.empty()) all += Element("div", {{"class", "registers mono"}}, registers);
  return all;
}

Markup PatchLog(const std::vector<StoredNote>& log) {
  std::vector<std::vector<Markup>> rows;
  for (const StoredNote& note : log)
    rows.push_back({Text(Before(note.ns_before_end)), Text(CpuName(note.cpu)), What(note)});
  return report::Table({"µs before the last one", "by", "what"}, rows, {true, false, false});
}

}  // namespace

Markup FailureDetails(const stress::StoredRun& run, const stress::StoredFailure& f) {
  const auto fact = [](const char* name, const std::string& value) {
    return Element("div", Element("dt", {}, name) + Element("dd", {}, value));
  };
  Markup details =
      Element("p", {{"class", "message"}}, f.failure) +
      Element("dl", {{"class", "facts"}},
              fact("scenario", f.scenario) + fact("placement", f.placement) + fact("CPUs", f.cpus) +
                  fact("seed", f.seed) + fact("piece begun", LocalTime(f.at)));
  const StoredEvidence& e = f.evidence;
  if (e.empty()) {
    details += Element("p", {{"class", "dim"}}, "No evidence was kept of this failure.");
  } else {
    if (e.crash) details += Element("h3", {}, "Where it crashed") + Stop(*e.crash);
    details += Element("h3", {}, "What each CPU did last") + LastOperations(e);
    if (!e.patch_log.empty())
      details += Element("h3", {}, "Patch log") +
                 Element("div", {{"class", "operations"}}, PatchLog(e.patch_log));
    if (!e.stops.empty()) {
      Markup stops;
      for (const StoredStop& stop : e.stops) stops += Stop(stop);
      details += Element("h3", {}, "Where threads stood") +
                 (e.crash ? Plain("Beside the one that crashed", stops) : stops);
    }
    if (!e.output.empty())
      details += Element("h3", {}, "Last output") + Element("pre", {}, e.output);
  }
  return details + Element("h3", {}, "Look for it again") + report::Command(AgainCommand(run, f));
}

}  // namespace heddle::cli
