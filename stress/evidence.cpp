#include "stress/evidence.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace heddle::stress {
namespace {

using native::Did;
using native::FlightRecord;
using native::Note;

// Bytes of somebody else, as text that JSON takes.
std::string Utf8(const std::string& bytes) {
  const std::string quoted =
      nlohmann::json(bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(quoted).get<std::string>();
}

// The record is memory that a dying process could write to: pointers in it may be anything.
std::string TextAt(const char* address) {
  std::string text(200, '\0');
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  const ssize_t count = memory < 0
                            ? -1
                            : pread(memory, text.data(), text.size(),
                                    static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address)));
  if (memory >= 0) close(memory);
  if (count <= 0) return "?";
  text.resize(static_cast<std::size_t>(count));
  const std::size_t end = text.find('\0');
  return end == std::string::npos ? "?" : Utf8(text.substr(0, end));
}

std::string Hex(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string KindName(std::uint64_t kind) {
  return kind == 0 ? "preemption" : kind == 1 ? "IRQ" : "NMI";
}

// What the value of a note says.
std::string Detail(const Note& note) {
  switch (note.did) {
    case Did::kWroteCode: {
      char text[48];
      std::snprintf(text, sizeof text, "%02x at offset %llu",
                    static_cast<unsigned>(note.value & 255),
                    static_cast<unsigned long long>(note.value >> 8));
      return text;
    }
    case Did::kTrapped:
    case Did::kFaulted:
      return "at " + Hex(note.value);
    case Did::kFroze:
      return "for " + std::to_string(note.value) + " us";
    case Did::kMoved:
      return "to CPU " + std::to_string(note.value) + " of this machine";
    case Did::kInterrupted:
    case Did::kReturned:
      return KindName(note.value);
    default:
      return note.what != nullptr ? TextAt(note.what) : "";
  }
}

// What an address is worth when the program is somewhere else: this process has loaded what its
// child had, where it had it.
void AddOrigin(std::uint64_t pc, nlohmann::json& stop) {
  Dl_info info{};
  link_map* map = nullptr;
  if (dladdr1(reinterpret_cast<void*>(pc), &info, reinterpret_cast<void**>(&map),
              RTLD_DL_LINKMAP) == 0 ||
      map == nullptr)
    return;
  stop["module"] = Utf8(info.dli_fname);
  stop["offset"] = Hex(pc - map->l_addr);
  if (info.dli_sname != nullptr) stop["symbol"] = Utf8(info.dli_sname);
}

nlohmann::json StopJson(const native::Whereabouts& stop) {
  nlohmann::json registers,
      json = {
          {"cpu", stop.thread}, {"signal", strsignal(stop.signal.load())}, {"pc", Hex(stop.pc)}};
  AddOrigin(stop.pc, json);
  const auto& names = native::RegisterNames();
  for (std::size_t i = 0; i < names.size(); ++i) registers[names[i]] = Hex(stop.registers[i]);
  json["registers"] = registers;
  if (stop.address != 0) json["address"] = Hex(stop.address);
  std::string code;
  for (std::size_t i = 0; i < std::min(stop.code_size, stop.code.size()); ++i) {
    char byte[4];
    std::snprintf(byte, sizeof byte, "%s%02x", i > 0 ? " " : "", stop.code[i]);
    code += byte;
  }
  if (!code.empty()) json["code"] = {{"begin", Hex(stop.code_begin)}, {"bytes", code}};
  return json;
}

nlohmann::json NoteJson(const Note& note, std::uint64_t last) {
  nlohmann::json json = {{"ns_before_end", last - note.nanoseconds}, {"did", Name(note.did)}};
  const std::string detail = Detail(note);
  if (!detail.empty()) json["detail"] = detail;
  return json;
}

}  // namespace

nlohmann::json EvidenceOf(const FlightRecord& record, const std::string& text) {
  struct Noted {
    std::size_t ring;
    Note note;
  };
  std::vector<Noted> all;
  for (std::size_t i = 0; i < record.rings.size(); ++i)
    for (const Note& note : NotesOf(record.rings[i]))
      if (note.did != Did::kNothing) all.push_back({i, note});
  std::stable_sort(all.begin(), all.end(), [](const Noted& a, const Noted& b) {
    return a.note.nanoseconds < b.note.nanoseconds;
  });
  const std::uint64_t last = all.empty() ? 0 : all.back().note.nanoseconds;

  nlohmann::json cpus = nlohmann::json::object(), log = nlohmann::json::array(),
                 stops = nlohmann::json::array();
  for (const auto& [ring, note] : all) {
    const bool other = ring == FlightRecord::kThreads - 1;
    const std::string cpu = other ? "others" : std::to_string(ring);
    cpus[cpu].push_back(NoteJson(note, last));
    if (note.did != Did::kWroteCode && note.did != Did::kSynced) continue;
    log.push_back(NoteJson(note, last));
    log.back()["cpu"] = cpu;
  }
  nlohmann::json json = {{"cpus", cpus}, {"patch_log", log}};
  if (record.crash.signal.load(std::memory_order_acquire) != 0)
    json["crash"] = StopJson(record.crash);
  for (const native::Whereabouts& stop : record.stops)
    if (stop.signal.load(std::memory_order_acquire) != 0) stops.push_back(StopJson(stop));
  if (!stops.empty()) json["stops"] = stops;
  if (!text.empty()) json["output"] = Utf8(text);
  return json;
}

}  // namespace heddle::stress
