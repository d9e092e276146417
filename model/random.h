// Random numbers that are the same with every compiler and library.
#pragma once

#include <cstdint>

namespace heddle::model {

/// splitmix64's finaliser (Steele, Lea, Flood, OOPSLA 2014): every input bit reaches every output
/// bit.
constexpr std::uint64_t MixBits(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(MixBits(seed)) {}

  /// 0 … n-1, n >= 1.  Not exactly uniform, but nobody could tell: n is small beside 2^64.
  std::uint64_t Below(std::uint64_t n) {
    if (n == 1) return 0;
    const std::uint64_t x = MixBits(state_);
    state_ += 0x9e3779b97f4a7c15u;
    return x % n;
  }
  int Below(int n) { return static_cast<int>(Below(static_cast<std::uint64_t>(n))); }

 private:
  std::uint64_t state_;
};

}  // namespace heddle::model
