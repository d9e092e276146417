// Are neighbouring threads placed as far apart as asked?
#include "stress/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "stress/affinity.h"

namespace heddle::stress {
namespace {

using testing::ElementsAre;

// Two packages of two cores with two CPUs each: 0-3 and 4-7.
Topology TwoPackages() {
  std::vector<int> cpus;
  std::vector<std::vector<Sharing>> sharing;
  for (int a = 0; a < 8; ++a) {
    cpus.push_back(a);
    auto& row = sharing.emplace_back();
    for (int b = 0; b < 8; ++b) {
      row.push_back(a == b           ? Sharing::kCpu
                    : a / 2 == b / 2 ? Sharing::kCore
                    : a / 4 == b / 4 ? Sharing::kL3
                                     : Sharing::kMachine);
    }
  }
  return {cpus, sharing};
}

TEST(Topology, NamesTheClassesThatThereAre) {
  EXPECT_THAT(TwoPackages().Classes(),
              ElementsAre(Sharing::kCore, Sharing::kL3, Sharing::kMachine, Sharing::kCpu));
}

TEST(Topology, PlacesNeighboursAsAsked) {
  const Topology topology = TwoPackages();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto core = topology.Place(Sharing::kCore, 4, seed)->cpus;
    EXPECT_EQ(core[0] / 2, core[1] / 2);
    EXPECT_EQ(core[2] / 2, core[3] / 2);
    const auto l3 = topology.Place(Sharing::kL3, 4, seed)->cpus;
    EXPECT_EQ(l3[0] / 4, l3[1] / 4);
    EXPECT_NE(l3[0] / 2, l3[1] / 2);
    const auto across = topology.Place(Sharing::kMachine, 3, seed)->cpus;
    EXPECT_NE(across[0] / 4, across[1] / 4);
    for (const auto& cpus : {core, l3, across})
      EXPECT_EQ(std::set<int>(cpus.begin(), cpus.end()).size(), cpus.size());
  }
}

TEST(Topology, AllPairsComeUp) {
  const Topology topology = TwoPackages();
  std::set<std::vector<int>> pairs;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    pairs.insert(topology.Place(Sharing::kCore, 2, seed)->cpus);
  EXPECT_EQ(pairs.size(), 8u) << "each core, either way";
}

TEST(Topology, HasNoPlaceForAClassThatIsNotThere) {
  EXPECT_FALSE(TwoPackages().Place(Sharing::kPackage, 2, 1));
}

TEST(Topology, ThreadsShareCpusWhereThereAreTooFew) {
  const Topology two({4, 6}, {{Sharing::kCpu, Sharing::kL2}, {Sharing::kL2, Sharing::kCpu}});
  const auto placed = two.Place(Sharing::kL2, 5, 1)->cpus;
  EXPECT_EQ(placed.size(), 5u);
  EXPECT_EQ(std::set<int>(placed.begin(), placed.end()), (std::set<int>{4, 6}));
  EXPECT_THAT(two.Place(Sharing::kCpu, 2, 1)->cpus[0], two.Place(Sharing::kCpu, 2, 1)->cpus[1]);
}

TEST(Topology, ThisMachinesCpusAreKnown) {
  const Topology here(AvailableCpus());
  const auto classes = here.Classes();
  EXPECT_EQ(classes.back(), Sharing::kCpu);
  EXPECT_EQ(classes.size() > 1, AvailableCpus().size() > 1);
  for (const Sharing sharing : classes) EXPECT_TRUE(here.Place(sharing, 2, 1)) << Name(sharing);
}

}  // namespace
}  // namespace heddle::stress
