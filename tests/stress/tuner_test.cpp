// Does the tuner come to prefer what shows rare outcomes, and count what each knob has shown?
#include "stress/tuner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace heddle::stress {
namespace {

const std::vector<std::int64_t> kUsual = {1}, kRare = {0};

const std::vector<Layout> kLayouts = {Layout::kPacked, Layout::kApart, Layout::kPages,
                                      Layout::kStaggered, Layout::kDense};

bool Never(const std::vector<std::int64_t>&) { return false; }

Histogram Shown(std::uint64_t usual, std::uint64_t rare) {
  Histogram shown;
  if (usual > 0) shown.Add(kUsual, usual);
  if (rare > 0) shown.Add(kRare, rare);
  return shown;
}

TEST(Tuner, PrefersTheSettingThatShowsTheRareOutcome) {
  Tuner tuner(AllKnobs(true, kLayouts), Never, 1);
  std::uint64_t good = 0;
  for (int i = 0; i < 2000; ++i) {
    const Knobs& knobs = tuner.Pick();
    const bool is_good = knobs.pacing == Pacing::kFree && knobs.order == Order::kShuffled;
    good += is_good;
    tuner.Learn(Shown(1000, is_good ? 3 : 0), 0.001);
  }
  EXPECT_GT(good, 1200u) << "of 2000, when 1/8 of them explore";
}

// A quarter of a second is about 230 picks, fewer than there are settings.
TEST(Tuner, FindsAGoodPairOfValuesInAShortRun) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Tuner tuner(AllKnobs(true, kLayouts), Never, seed);
    int good = 0;
    for (int i = 0; i < 230; ++i) {
      const Knobs& knobs = tuner.Pick();
      const bool is_good = knobs.period == 200 && knobs.layout == Layout::kPages;
      good += is_good;
      tuner.Learn(Shown(1000, is_good ? 3 : 0), 0.001);
    }
    EXPECT_GT(good, 100) << "seed " << seed;
  }
}

// Four values are good each by itself: from the best so far to a better one it is one knob, and to
// the best of all, one setting of hundreds, a few.
TEST(Tuner, LooksBesideTheBest) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Tuner tuner(AllKnobs(true, kLayouts), Never, seed);
    int best = 0;
    for (int i = 0; i < 2000; ++i) {
      const Knobs& k = tuner.Pick();
      const std::uint64_t rare = (k.period == 200) + (k.layout == Layout::kPages) +
                                 (k.order == Order::kShuffled) + (k.renewal == Renewal::kFlushed);
      best += rare == 4;
      tuner.Learn(Shown(1000, rare), 0.001);
    }
    found += best > 1000;
  }
  EXPECT_GE(found, 18) << "of 20";
}

// Both settings show an outcome of their own equally often; one is weak.
TEST(Tuner, PrefersWeakOutcomes) {
  Tuner tuner(
      {{.pacing = Pacing::kFree}, {.pacing = Pacing::kHandshake}},
      [](const auto& outcome) { return outcome == kRare; }, 1);
  int weak = 0;
  for (int i = 0; i < 1000; ++i) {
    const bool is_free = tuner.Pick().pacing == Pacing::kFree;
    weak += is_free;
    tuner.Learn(is_free ? Shown(0, 1000) : Shown(1000, 0), 0.001);
  }
  EXPECT_GT(weak, 700);
}

TEST(Tuner, CountsPerKnobAndValue) {
  Tuner tuner({{.pacing = Pacing::kFree, .period = 0, .order = Order::kNext},
               {.pacing = Pacing::kFree, .period = 0, .order = Order::kShuffled}},
              Never, 1);
  for (int i = 0; i < 2; ++i) {
    const bool shuffled = tuner.Pick().order == Order::kShuffled;
    tuner.Learn(Shown(10, shuffled ? 2 : 0), 0.5);
  }
  const auto counts = tuner.Counts();
  ASSERT_EQ(counts.size(), 5u) << "order has two values, the other knobs one each";
  EXPECT_EQ(counts[0].value, "free running");
  EXPECT_EQ(counts[0].samples, 22u);
  EXPECT_DOUBLE_EQ(counts[0].seconds, 1.0);
  const auto shuffled = std::find_if(counts.begin(), counts.end(),
                                     [](const auto& c) { return c.value == "shuffled"; });
  ASSERT_NE(shuffled, counts.end());
  EXPECT_EQ(shuffled->samples, 12u);
  EXPECT_EQ(tuner.All().CountOf(kRare), 2u);
}

// More outcomes than there is room for are counted all the same.
TEST(Tuner, LosesNoSample) {
  Tuner tuner(AllKnobs(false, kLayouts), Never, 1);
  Histogram many;
  for (std::int64_t i = 0; i < 1000; ++i) many.Add(std::vector{i});
  tuner.Pick();
  tuner.Learn(many, 1);
  Histogram others;
  for (std::int64_t i = 1000; i < 2000; ++i) others.Add(std::vector{i});
  tuner.Pick();
  tuner.Learn(others, 1);
  EXPECT_EQ(tuner.All().Total(), 2000u);
  EXPECT_EQ(tuner.All().lost(), 2000 - Histogram::kMaxOutcomes);
}

TEST(Knobs, SlotsNeedACommonClock) {
  const auto without = AllKnobs(false, kLayouts);
  EXPECT_TRUE(std::none_of(without.begin(), without.end(),
                           [](const Knobs& k) { return k.pacing == Pacing::kSlots; }));
  EXPECT_GT(AllKnobs(true, kLayouts).size(), without.size());
}

TEST(Covering, MeetsEveryPairOfValuesInFewSettings) {
  const auto all = AllKnobs(true, kLayouts);
  native::Random random(1);
  const auto pairs = [](const Knobs& knobs, auto& into) {
    const auto values = Describe(knobs);
    for (std::size_t a = 0; a < kKnobs; ++a)
      for (std::size_t b = a + 1; b < kKnobs; ++b)
        into.insert({std::to_string(a) + values[a], std::to_string(b) + values[b]});
  };
  std::set<std::pair<std::string, std::string>> wanted, met;
  for (const Knobs& knobs : all) pairs(knobs, wanted);
  const auto chosen = Covering(KnobValues(all), random);
  for (const std::uint32_t s : chosen) pairs(all[s], met);
  EXPECT_EQ(met, wanted);
  EXPECT_LT(chosen.size(), 60u) << "of " << all.size();
}

TEST(Knobs, PlacesArePermutations) {
  for (const Order order : {Order::kNext, Order::kStride, Order::kShuffled}) {
    const auto places = Places(order, 1024, 7);
    EXPECT_EQ(std::set<std::uint32_t>(places.begin(), places.end()).size(), 1024u);
    EXPECT_LT(*std::max_element(places.begin(), places.end()), 1024u);
  }
  EXPECT_NE(Places(Order::kShuffled, 64, 1), Places(Order::kShuffled, 64, 2));
}

}  // namespace
}  // namespace heddle::stress
