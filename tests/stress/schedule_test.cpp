// Does everybody get the share that is his, in pieces that are short enough?
#include "stress/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;

const Topology kTwo({0, 1}, {{Sharing::kCpu, Sharing::kL3}, {Sharing::kL3, Sharing::kCpu}});

std::vector<StressPlan> Plans() {
  std::vector<StressPlan> plans(2);
  plans[0].name = "sampled";
  plans[0].threads = 2;
  plans[1].name = "torture";
  plans[1].threads = 2;
  plans[1].shape = Shape::kTorture;
  return plans;
}

TEST(Schedule, SharesTheTime) {
  const auto plans = Plans();
  Schedule schedule(plans, kTwo, 100s, 1);
  std::map<std::pair<std::size_t, Sharing>, std::chrono::milliseconds> spent;
  for (std::chrono::milliseconds all{0}; all < 100s;) {
    const Piece piece = schedule.Next();
    EXPECT_LE(piece.duration, Schedule::kLongestPiece);
    schedule.Spent(piece.plan, piece.placement.sharing, piece.duration);
    spent[{piece.plan, piece.placement.sharing}] += piece.duration;
    all += piece.duration;
  }
  EXPECT_NEAR(static_cast<double>(spent[{0, Sharing::kL3}].count()), 17500, 4000);
  EXPECT_NEAR(static_cast<double>(spent[{0, Sharing::kCpu}].count()), 2500, 2500);
  EXPECT_NEAR(static_cast<double>(spent[{1, Sharing::kL3}].count()), 70000, 4000);
  EXPECT_NEAR(static_cast<double>(spent[{1, Sharing::kCpu}].count()), 10000, 4000);
}

TEST(Schedule, AShortRunHasAPieceForEachScenario) {
  const auto plans = Plans();
  Schedule schedule(plans, kTwo, 100ms, 1);
  std::map<std::size_t, int> pieces;
  for (int i = 0; i < 2; ++i) {
    const Piece piece = schedule.Next();
    schedule.Spent(piece.plan, piece.placement.sharing, piece.duration);
    ++pieces[piece.plan];
  }
  EXPECT_EQ(pieces.size(), 2u);
}

TEST(Schedule, SeedsDifferByPieceAndRun) {
  const auto plans = Plans();
  Schedule a(plans, kTwo, 100s, 1), b(plans, kTwo, 100s, 2), c(plans, kTwo, 100s, 1);
  const auto first = a.Next().seed;
  EXPECT_NE(first, a.Next().seed);
  EXPECT_NE(first, b.Next().seed);
  EXPECT_EQ(first, c.Next().seed);
}

// Who is killed all the time is to get something done.
TEST(Schedule, TheFirstPiecesOfAProcessAreShort) {
  const auto plans = Plans();
  Schedule schedule(plans, kTwo, 1000s, 1);
  auto most = Schedule::kFirstPiece;
  for (int i = 0; i < 8; ++i, most *= 2) {
    const Piece piece = schedule.Next();
    EXPECT_EQ(piece.duration, std::min(most, Schedule::kLongestPiece));
    schedule.Spent(piece.plan, piece.placement.sharing, piece.duration);
  }
}

TEST(Schedule, WhoRestsRunsNoMore) {
  const auto plans = Plans();
  Schedule schedule(plans, kTwo, 100s, 1);
  schedule.Rest(1);
  for (int i = 0; i < 10; ++i) {
    const Piece piece = schedule.Next();
    EXPECT_EQ(piece.plan, 0u);
    schedule.Spent(piece.plan, piece.placement.sharing, piece.duration);
  }
  EXPECT_FALSE(schedule.empty());
  schedule.Rest(0);
  EXPECT_TRUE(schedule.empty());
}

TEST(Schedule, RefusesNoTimeAtAll) {
  const auto plans = Plans();
  EXPECT_THROW(Schedule(plans, kTwo, 2ms, 1), std::invalid_argument);
}

}  // namespace
}  // namespace heddle::stress
