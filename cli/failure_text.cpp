#include "cli/failure_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/output.h"
#include "cli/reproducer.h"
#include "cli/stop_code.h"

namespace heddle::cli {
namespace {

using nlohmann::json;
using stress::StoredEvidence;
using stress::StoredFailure;
using stress::StoredNote;
using stress::StoredRun;
using stress::StoredStop;

constexpr std::size_t kMostNotes = 4, kMostWrites = 12, kMostOutput = 12;  // the last ones
constexpr std::size_t kRegistersPerLine = 6;

std::size_t FirstOf(std::size_t all, std::size_t most) { return all > most ? all - most : 0; }

std::string NoteText(const StoredNote& note) {
  return fmt::format("{}{}{} (-{:.1f} us)", note.did, note.detail.empty() ? "" : " ", note.detail,
                     note.ns_before_end / 1e3);
}

// "0f [1f] 44": the byte at the program counter in brackets.
std::string CodeText(const StopCode& code) {
  std::string text;
  for (std::size_t i = 0; i < code.bytes.size(); ++i)
    text += (i > 0 ? " " : "") + (i == code.at ? "[" + code.bytes[i] + "]" : code.bytes[i]);
  return text;
}

std::string CrashText(const StoredStop& crash, const std::string& indent) {
  std::string text =
      fmt::format("{}{}: {} at pc {}", indent, crash.signal, CpuName(crash.cpu), PlaceOf(crash));
  if (!crash.address.empty()) text += ", address " + crash.address;
  const StopCode code = CodeOf(crash);
  if (!code.instruction.empty()) text += ": " + code.instruction;
  text += "\n";
  if (!code.bytes.empty())
    text += fmt::format("{}  code from {}: {}\n", indent, crash.code_begin, CodeText(code));
  for (std::size_t i = 0; i < crash.registers.size(); ++i) {
    if (i % kRegistersPerLine == 0) text += (i > 0 ? "\n" : "") + indent + " ";
    text += " " + crash.registers[i].first + " " + crash.registers[i].second;
  }
  return crash.registers.empty() ? text : text + "\n";
}

std::string StopText(const StoredStop& stop) {
  const std::string instruction = CodeOf(stop).instruction;
  return "stood at pc " + PlaceOf(stop) + (instruction.empty() ? "" : ": " + instruction);
}

// As a shell reads it; numbers as they are.
std::string Quoted(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789";
  if (!text.empty() && text.find_first_not_of(kDigits) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

// "0,2" of "[2,0,2]"; "" if it is something else.
std::string CpuList(const std::string& text) {
  const json cpus = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!cpus.is_array()) return "";
  std::set<int> all;
  for (const json& cpu : cpus) {
    if (!cpu.is_number_integer()) return "";
    all.insert(cpu.get<int>());
  }
  std::string list;
  for (const int cpu : all) list += (list.empty() ? "" : ",") + std::to_string(cpu);
  return list;
}

}  // namespace

std::string EvidenceText(const StoredEvidence& evidence, const std::string& indent) {
  std::string text;
  if (evidence.crash) text += CrashText(*evidence.crash, indent);
  std::vector<const StoredStop*> stops;
  for (const StoredStop& stop : evidence.stops) stops.push_back(&stop);
  for (const stress::StoredCpu& cpu : evidence.cpus) {
    std::string line;
    for (std::size_t k = FirstOf(cpu.notes.size(), kMostNotes); k < cpu.notes.size(); ++k)
      line += (line.empty() ? " " : "; ") + NoteText(cpu.notes[k]);
    text += indent + CpuName(cpu.cpu) + ":" + line + "\n";
    std::erase_if(stops, [&](const StoredStop* stop) {
      const bool here = std::to_string(stop->cpu) == cpu.cpu;
      if (here) text += indent + "  " + StopText(*stop) + "\n";
      return here;
    });
  }
  for (const StoredStop* stop : stops)
    text += indent + CpuName(stop->cpu) + " " + StopText(*stop) + "\n";
  if (const auto& log = evidence.patch_log; !log.empty()) {
    text += indent + "patch log:";
    const std::size_t first = FirstOf(log.size(), kMostWrites);
    if (first > 0) text += fmt::format(" {} earlier ones;", first);
    for (std::size_t k = first; k < log.size(); ++k)
      text += (k > first ? "; " : " ") + CpuName(log[k].cpu) + " " + NoteText(log[k]);
    text += "\n";
  }
  std::istringstream output(evidence.output);
  std::vector<std::string> lines;
  for (std::string line; std::getline(output, line);) lines.push_back(line);
  for (std::size_t i = FirstOf(lines.size(), kMostOutput); i < lines.size(); ++i)
    text += indent + "said: " + lines[i] + "\n";
  return text;
}

// Without what makes no difference: --undisturbed, say, is refused of scenarios that never are.
std::string AgainCommand(const StoredRun& run, const StoredFailure& failure) {
  std::string command = fmt::format("{} stress {} --duration 10m --until-failure --seed {}",
                                    ProgramName(), Quoted(failure.scenario), Quoted(run.seed));
  if (const std::string cpus = CpuList(failure.cpus); !cpus.empty()) command += " --cpus " + cpus;
  const auto scenario =
      std::ranges::find(run.scenarios, failure.scenario, &stress::StoredScenario::name);
  if (scenario != run.scenarios.end() && scenario->torture && run.environment.is_object() &&
      run.environment.value("disturbed", json(true)) == json(false))
    command += " --undisturbed";
  return command;
}

std::string CountedText(const std::vector<std::string>& placements) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const std::string& placement : placements) {
    const auto known = std::ranges::find(counts, placement, [](const auto& c) { return c.first; });
    if (known != counts.end())
      ++known->second;
    else
      counts.emplace_back(placement, 1);
  }
  std::string text;
  for (const auto& [placement, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", placement, count);
  return text;
}

std::string FailureGroup::MoreText() const {
  if (all.size() == 1) return "";
  std::vector<std::string> placements;
  for (std::size_t i = 1; i < all.size(); ++i) placements.push_back(all[i]->placement);
  return fmt::format("and {} more like it ({})", placements.size(), CountedText(placements));
}

std::vector<FailureGroup> GroupsOf(const std::vector<StoredFailure>& failures) {
  std::vector<FailureGroup> groups;
  std::map<std::pair<std::string, std::string>, std::size_t> known;  // place in `groups`
  for (const StoredFailure& f : failures) {
    const auto [at, is_new] =
        known.try_emplace({f.scenario, SignatureOf(f.failure)}, groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].all.push_back(&f);
  }
  return groups;
}

}  // namespace heddle::cli
