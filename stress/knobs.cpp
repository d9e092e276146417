#include "stress/knobs.h"

#include <numeric>
#include <utility>

#include "runtime/native/thread_context.h"

namespace heddle::stress {
namespace {

constexpr std::uint32_t kStride = 17;  // odd, so that it meets every place of a power of two

const char* Describe(Layout layout) {
  switch (layout) {
    case Layout::kPacked:
      return "packed";
    case Layout::kApart:
      return "a line apart";
    case Layout::kPages:
      return "pages";
    case Layout::kStaggered:
      return "pages, staggered";
    case Layout::kDense:
      break;
  }
  return "dense";
}

}  // namespace

std::array<std::string, kKnobs> Describe(const Knobs& knobs) {
  const auto pacing = [&]() -> std::string {
    switch (knobs.pacing) {
      case Pacing::kSlots:
        return "slots of " + std::to_string(knobs.period) + " ticks";
      case Pacing::kHandshake:
        return "hand-shake";
      case Pacing::kFree:
        break;
    }
    return "free running";
  };
  const char* const order = knobs.order == Order::kNext     ? "next"
                            : knobs.order == Order::kStride ? "stride 17"
                                                            : "shuffled";
  const char* const renewal = knobs.renewal == Renewal::kTurns   ? "in turns"
                              : knobs.renewal == Renewal::kFixed ? "by the same"
                                                                 : "flushed";
  return {pacing(), order, renewal, Describe(knobs.layout)};
}

std::vector<Knobs> AllKnobs(bool slots, const std::vector<Layout>& layouts) {
  std::vector<Knobs> all;
  for (const Layout layout : layouts) {
    for (const Renewal renewal : {Renewal::kTurns, Renewal::kFixed, Renewal::kFlushed}) {
      for (const Order order : {Order::kNext, Order::kStride, Order::kShuffled}) {
        if (slots)
          for (const std::uint64_t period : SlotPacer::kPeriods)
            all.push_back({Pacing::kSlots, period, order, renewal, layout});
        all.push_back({Pacing::kHandshake, 0, order, renewal, layout});
        all.push_back({Pacing::kFree, 0, order, renewal, layout});
      }
    }
  }
  return all;
}

std::vector<std::uint32_t> Places(Order order, std::size_t size, std::uint64_t seed) {
  std::vector<std::uint32_t> places(size);
  std::iota(places.begin(), places.end(), 0u);
  if (order == Order::kStride) {
    for (std::uint32_t& place : places) place = place * kStride % static_cast<std::uint32_t>(size);
  } else if (order == Order::kShuffled) {
    native::Random random(seed);
    for (std::size_t i = size; i > 1; --i)
      std::swap(places[i - 1], places[static_cast<std::size_t>(random.Below(static_cast<int>(i)))]);
  }
  return places;
}

}  // namespace heddle::stress
