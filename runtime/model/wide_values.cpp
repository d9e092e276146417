#include "runtime/model/wide_values.h"

#include <bit>

namespace heddle {

// Two rounds of multiplication and folding: every bit of the input reaches every bit of the hash.
model::Value WideValues::HashOf(const Bytes& bytes) {
  const auto half = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
  std::uint64_t h = 0x2545f4914f6cdd1du;
  for (const std::uint64_t word : half) {
    h = (h ^ word) * 0xd6e8feb86659fd93u;
    h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
    h ^= h >> 32;
  }
  return h;
}

std::optional<model::Value> WideValues::ValueOf(const Bytes& bytes) {
  const model::Value value = hash_(bytes);
  if (bytes_.try_emplace(value, bytes).first->second != bytes) return std::nullopt;
  return value;
}

WideValues::Bytes WideValues::BytesOf(model::Value value) const {
  const auto found = bytes_.find(value);
  return found == bytes_.end() ? Bytes{} : found->second;
}

}  // namespace heddle
