#include "cli/stop_code.h"

#include <charconv>
#include <optional>
#include <sstream>

#include "runtime/events/disassembly.h"

namespace heddle::cli {
namespace {

using stress::StoredStop;

std::optional<std::uint64_t> Number(std::string_view hex) {
  std::uint64_t number = 0;
  if (hex.starts_with("0x")) hex.remove_prefix(2);
  const char* const end = hex.data() + hex.size();
  const auto [stop, error] = std::from_chars(hex.data(), end, number, 16);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

// Files of results come from other machines, too.
std::optional<Isa> IsaOf(const StoredStop& stop) {
  for (const auto& [name, value] : stop.registers) {
    if (name == "rax") return Isa::kX86_64;
    if (name == "x0") return Isa::kArm64;
  }
  return std::nullopt;
}

}  // namespace

StopCode CodeOf(const StoredStop& stop) {
  StopCode code;
  std::istringstream words(stop.code);
  for (std::string word; words >> word;) code.bytes.push_back(word);
  code.at = code.bytes.size();
  const auto begin = Number(stop.code_begin), pc = Number(stop.pc);
  if (!begin || !pc || *pc < *begin || *pc - *begin >= code.bytes.size()) return code;
  code.at = *pc - *begin;
  std::vector<std::uint8_t> from_pc;
  for (std::size_t i = code.at; i < code.bytes.size(); ++i) {
    const auto byte = Number(code.bytes[i]);
    if (!byte) break;
    from_pc.push_back(static_cast<std::uint8_t>(*byte));
  }
  if (const auto isa = IsaOf(stop)) code.instruction = events::Disassemble(*isa, from_pc, *pc);
  return code;
}

std::string PlaceOf(const StoredStop& stop) {
  std::string inside = stop.module;
  if (!stop.offset.empty()) inside += "+" + stop.offset;
  if (!stop.symbol.empty()) inside += (inside.empty() ? "" : ", ") + stop.symbol;
  return inside.empty() ? stop.pc : stop.pc + " (" + inside + ")";
}

std::string CpuName(int cpu) {
  return cpu < 0 ? "a thread of Heddle's own" : "CPU " + std::to_string(cpu);
}
std::string CpuName(const std::string& cpu) { return cpu == "others" ? cpu : "CPU " + cpu; }

}  // namespace heddle::cli
