// Sizes, shards, large numbers and times, as people type and read them.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/check/search.h"

namespace heddle::cli {

/// "512M": bytes, or K, M, G (powers of 1024).  Throws std::invalid_argument, saying what to write.
std::uint64_t ParseSize(const std::string& text);

/// "2/8"; at most 1000 shards.  The same.
Shard ParseShard(const std::string& text);

/// "1234", "1.2 M".
std::string Rounded(double number);

/// "0.25 s", "28800 s".
std::string SecondsText(double seconds);

/// "P <= 0.05", "P < 1e-6": less is more than the assumptions are good for.
std::string MissText(double p);

/// "2026-03-01 07:30:00", here; from milliseconds since 1970.
std::string LocalTime(std::int64_t milliseconds);

}  // namespace heddle::cli
