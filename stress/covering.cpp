#include "stress/covering.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace heddle::stress {
namespace {

// Which pairs of values of two knobs some chosen setting has.
class Pairs {
 public:
  explicit Pairs(const KnobValues& values)
      : values_(values), width_(kKnobs * values.most_values), seen_(width_ * width_) {}

  // Those that setting `s` would add.
  int New(std::size_t s) const {
    int n = 0;
    ForEach(s, [&](std::size_t pair) { n += !seen_[pair]; });
    return n;
  }
  void Add(std::size_t s) {
    ForEach(s, [&](std::size_t pair) { seen_[pair] = true; });
  }

 private:
  template <typename F>
  void ForEach(std::size_t s, F&& f) const {
    for (std::size_t a = 0; a < kKnobs; ++a)
      for (std::size_t b = a + 1; b < kKnobs; ++b) f(Number(s, a) * width_ + Number(s, b));
  }
  std::size_t Number(std::size_t s, std::size_t knob) const {
    return knob * values_.most_values + values_.of[s][knob];
  }

  const KnobValues& values_;
  const std::size_t width_;
  std::vector<bool> seen_;
};

}  // namespace

KnobValues::KnobValues(const std::vector<Knobs>& all) : of(all.size()) {
  std::array<std::vector<std::string>, kKnobs> known;
  for (std::size_t s = 0; s < all.size(); ++s) {
    const auto described = Describe(all[s]);
    for (std::size_t knob = 0; knob < kKnobs; ++knob) {
      auto& names = known[knob];
      const auto found = std::find(names.begin(), names.end(), described[knob]);
      of[s][knob] = static_cast<std::uint8_t>(found - names.begin());
      if (found == names.end()) names.push_back(described[knob]);
      most_values = std::max(most_values, names.size());
    }
  }
}

int KnobValues::Differences(std::size_t a, std::size_t b) const {
  int n = 0;
  for (std::size_t knob = 0; knob < kKnobs; ++knob) n += of[a][knob] != of[b][knob];
  return n;
}

std::vector<std::uint32_t> Covering(const KnobValues& values, native::Random& random) {
  std::vector<std::uint32_t> rest(values.of.size());
  std::iota(rest.begin(), rest.end(), 0u);
  for (std::size_t i = rest.size(); i > 1; --i)
    std::swap(rest[i - 1], rest[static_cast<std::size_t>(random.Below(static_cast<int>(i)))]);
  Pairs pairs(values);
  std::vector<std::uint32_t> chosen;
  for (;;) {
    std::uint32_t best = 0;
    int most = 0;
    for (const std::uint32_t s : rest) {
      const int n = pairs.New(s);
      if (n <= most) continue;
      most = n;
      best = s;
    }
    if (most == 0) return chosen;
    pairs.Add(best);
    chosen.push_back(best);
  }
}

}  // namespace heddle::stress
