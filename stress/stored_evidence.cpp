#include "stress/stored_evidence.h"

#include <algorithm>

namespace heddle::stress {
namespace {

using nlohmann::json;

// "8" before "10", "r9" before "r10" and "rax".
bool Before(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// Null if it is absent.
const json& Member(const json& object, const char* name) {
  static const json none;
  return object.contains(name) ? object.at(name) : none;
}

// Also of a number; "" if it is absent.
std::string TextOf(const json& object, const char* name) {
  const json& member = Member(object, name);
  return member.is_null() ? "" : member.is_string() ? member.get<std::string>() : member.dump();
}

std::vector<StoredNote> NotesFrom(const json& notes) {
  std::vector<StoredNote> read;
  for (const json& note : notes)
    read.push_back({note.value("ns_before_end", 0.0), note.value("did", ""),
                    note.value("detail", ""), note.value("cpu", "")});
  return read;
}

StoredStop StopFrom(const json& stop) {
  StoredStop read;
  read.cpu = stop.value("cpu", -1);
  read.signal = stop.value("signal", "");
  read.pc = stop.value("pc", "");
  read.address = stop.value("address", "");
  for (const auto& [name, value] : Member(stop, "registers").items())
    read.registers.emplace_back(name, value.get<std::string>());
  std::stable_sort(read.registers.begin(), read.registers.end(),
                   [](const auto& a, const auto& b) { return Before(a.first, b.first); });
  if (const json& code = Member(stop, "code"); !code.is_null()) {
    read.code_begin = code.value("begin", "");
    read.code = code.value("bytes", "");
  }
  read.module = TextOf(stop, "module");
  read.offset = TextOf(stop, "offset");
  read.symbol = TextOf(stop, "symbol");
  return read;
}

}  // namespace

StoredEvidence EvidenceFromJson(const json& evidence) {
  StoredEvidence read;
  if (evidence.is_null()) return read;
  for (const auto& [cpu, notes] : Member(evidence, "cpus").items())
    read.cpus.push_back({cpu, NotesFrom(notes)});
  std::stable_sort(read.cpus.begin(), read.cpus.end(),
                   [](const StoredCpu& a, const StoredCpu& b) { return Before(a.cpu, b.cpu); });
  read.patch_log = NotesFrom(Member(evidence, "patch_log"));
  if (evidence.contains("crash")) read.crash = StopFrom(evidence.at("crash"));
  for (const json& stop : Member(evidence, "stops")) read.stops.push_back(StopFrom(stop));
  read.output = evidence.value("output", "");
  return read;
}

}  // namespace heddle::stress
