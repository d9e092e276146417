// How does a 64-bit model::Value hold 16 bytes?  As their hash, which this table turns back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "model/event.h"

namespace heddle {

/// Equal bytes have equal values, different ones different values, in every execution and on every
/// run: the hash depends on the bytes alone.
class WideValues {
 public:
  using Bytes = std::array<std::byte, 16>;
  using Hash = model::Value (*)(const Bytes&);

  explicit WideValues(Hash hash = &HashOf) : hash_(hash) {}

  static model::Value HashOf(const Bytes& bytes);

  /// Nothing if other bytes with the same hash are in the table: a collision.
  std::optional<model::Value> ValueOf(const Bytes& bytes);
  /// Zeros for a value that ValueOf has not returned.
  Bytes BytesOf(model::Value value) const;

 private:
  Hash hash_;
  std::unordered_map<model::Value, Bytes> bytes_;
};

}  // namespace heddle
