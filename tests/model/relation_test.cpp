// Does the bit-matrix algebra compute what the definitions say?
#include "model/relation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>

#include "model/memory_model.h"

namespace heddle::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Pairs = std::set<std::pair<int, int>>;

Relation Make(int size, const Pairs& pairs) {
  Relation r(size);
  for (const auto& [a, b] : pairs) r.Add(a, b);
  return r;
}

Pairs ToPairs(const Relation& r) {
  Pairs pairs;
  for (int a = 0; a < r.size(); ++a)
    for (int b = 0; b < r.size(); ++b)
      if (r.Has(a, b)) pairs.emplace(a, b);
  return pairs;
}

Pairs Compose(const Pairs& r, const Pairs& s) {
  Pairs result;
  for (const auto& [a, b] : r)
    for (const auto& [c, d] : s)
      if (b == c) result.emplace(a, d);
  return result;
}

Pairs Closure(Pairs r) {
  for (;;) {
    Pairs more = r;
    more.merge(Compose(r, r));
    if (more == r) return r;
    r = std::move(more);
  }
}

TEST(Relation, SetOperationsOnSmallCases) {
  const Relation r = Make(3, {{0, 1}, {1, 2}}), s = Make(3, {{1, 2}, {2, 0}});
  EXPECT_EQ(ToPairs(r | s), (Pairs{{0, 1}, {1, 2}, {2, 0}}));
  EXPECT_EQ(ToPairs(r & s), (Pairs{{1, 2}}));
  EXPECT_EQ(ToPairs(r - s), (Pairs{{0, 1}}));
}

TEST(Relation, CompositionAndClosuresOnSmallCases) {
  const Relation r = Make(3, {{0, 1}, {1, 2}});
  EXPECT_EQ(ToPairs(r >> r), (Pairs{{0, 2}}));
  EXPECT_EQ(ToPairs(Inv(r)), (Pairs{{1, 0}, {2, 1}}));
  EXPECT_EQ(ToPairs(Plus(r)), (Pairs{{0, 1}, {0, 2}, {1, 2}}));
  EXPECT_EQ(ToPairs(Id(2)), (Pairs{{0, 0}, {1, 1}}));
  EXPECT_EQ(Opt(r), r | Id(3));
  EXPECT_EQ(Star(r), Plus(r) | Id(3));
}

TEST(Relation, EmptyUniverse) {
  const Relation r(0);
  EXPECT_TRUE(Acyclic(r).holds);
  EXPECT_EQ(Plus(r), r);
}

TEST(Relation, ConstraintsReturnWitnesses) {
  EXPECT_TRUE(Acyclic(Make(3, {{0, 1}, {1, 2}, {0, 2}})).holds);
  EXPECT_THAT(Acyclic(Make(2, {{0, 1}})).witness, IsEmpty());
  const Verdict irreflexive = Irreflexive(Make(3, {{0, 1}, {2, 2}}));
  EXPECT_FALSE(irreflexive.holds);
  EXPECT_THAT(irreflexive.witness, ElementsAre(2));
  const Verdict composed = Irreflexive(Make(3, {{0, 1}, {1, 2}}), Make(3, {{2, 1}}));
  EXPECT_FALSE(composed.holds);
  EXPECT_THAT(composed.witness, ElementsAre(1, 2));
  const Verdict empty = Empty(Make(3, {{2, 1}}));
  EXPECT_FALSE(empty.holds);
  EXPECT_THAT(empty.witness, ElementsAre(2, 1));
  EXPECT_TRUE(Empty(Relation(3)).holds);
}

TEST(Relation, AcyclicReturnsAShortestCycle) {
  const Verdict verdict =
      Acyclic(Make(7, {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {4, 3}, {5, 6}, {6, 0}}));
  EXPECT_FALSE(verdict.holds);
  EXPECT_THAT(verdict.witness, ElementsAre(3, 4));
  EXPECT_THAT(Acyclic(Make(2, {{0, 1}, {1, 0}, {1, 1}})).witness, ElementsAre(1));
}

// Sizes on both sides of the 64 bits of a word.
class RandomRelations : public testing::TestWithParam<int> {};

TEST_P(RandomRelations, AgreeWithSetsOfPairs) {
  const int size = GetParam();
  std::mt19937 random(static_cast<unsigned>(size));
  for (int round = 0; round < 10; ++round) {
    const auto pairs = [&] {
      Pairs result;
      for (int i = 0; i < size + round; ++i)
        result.emplace(static_cast<int>(random() % static_cast<unsigned>(size)),
                       static_cast<int>(random() % static_cast<unsigned>(size)));
      return result;
    };
    const auto left_of = [](Pairs from, const Pairs& diagonal) {
      std::erase_if(from, [&](const auto& x) { return diagonal.contains({x.second, x.second}); });
      return from;
    };
    const Pairs p = pairs(), q = pairs();
    const Relation r = Make(size, p), s = Make(size, q);
    Pairs both = p, either = p, left = p;
    either.insert(q.begin(), q.end());
    std::erase_if(both, [&](const auto& x) { return !q.contains(x); });
    std::erase_if(left, [&](const auto& x) { return q.contains(x); });
    EXPECT_EQ(ToPairs(r | s), either);
    EXPECT_EQ(ToPairs(r & s), both);
    EXPECT_EQ(ToPairs(r - s), left);
    EXPECT_EQ(ToPairs(r >> s), Compose(p, q));
    // [S], for which composing takes another way, also when it comes of & and is written to later.
    Pairs diagonal = p;
    std::erase_if(diagonal, [](const auto& x) { return x.first != x.second; });
    const Relation id = Id(size), set = r & id;
    EXPECT_EQ(ToPairs(set), diagonal);
    EXPECT_EQ(ToPairs(r >> set), Compose(p, diagonal));
    EXPECT_EQ(ToPairs(set >> s), Compose(diagonal, q));
    EXPECT_EQ(ToPairs(r >> (id - set)), left_of(p, diagonal));
    Relation grown = set;
    Pairs grown_pairs = diagonal;
    for (const auto& [a, b] : q) grown.Add(a, b), grown_pairs.emplace(a, b);
    EXPECT_EQ(ToPairs(r >> grown), Compose(p, grown_pairs));
    EXPECT_EQ(ToPairs(r >> (set | s)), Compose(p, grown_pairs));
    const Pairs closure = Closure(p);
    EXPECT_EQ(ToPairs(Plus(r)), closure);

    bool cyclic = false;
    for (int a = 0; a < size; ++a) cyclic = cyclic || closure.contains({a, a});
    const Verdict verdict = Acyclic(r);
    EXPECT_EQ(verdict.holds, !cyclic);
    for (std::size_t i = 0; i < verdict.witness.size(); ++i)
      EXPECT_TRUE(r.Has(verdict.witness[i], verdict.witness[(i + 1) % verdict.witness.size()]));
    EXPECT_EQ(Irreflexive(r, s).holds, Irreflexive(r >> s).holds);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, RandomRelations, testing::Values(1, 2, 5, 11, 40, 63, 64, 65, 130));

// Thread 0: fetch_add(x), serialize, instruction fetch y.  Thread 1: y = 5.
TEST(GraphIndex, NumbersInitialWritesFirstAndBuildsThePrimitiveRelations) {
  ExecutionGraph g(2);
  const EventId read = g.Append(0, {.kind = Kind::kRead, .rmw = true, .location = 0});
  g.SetRf(read, InitOf(0), 0);
  const EventId write = g.Append(0, {.kind = Kind::kWrite, .rmw = true, .location = 0, .value = 1});
  g.InsertMo(write, 1);
  const EventId serialize = g.Append(0, {.kind = Kind::kSerialize});
  const EventId code = g.Append(1, {.kind = Kind::kWrite, .location = 2, .value = 5});
  g.InsertMo(code, 1);
  const EventId fetch = g.Append(0, {.kind = Kind::kFetch, .location = 2});
  g.SetRf(fetch, code, 5);

  const GraphIndex index(g);
  ASSERT_EQ(index.size(), 7) << "location 1 is not accessed and has no initial write here";
  const int x = index.number(InitOf(0)), y = index.number(InitOf(2));
  const int r = index.number(read), w = index.number(write), s = index.number(serialize);
  const int f = index.number(fetch), c = index.number(code);
  EXPECT_EQ((std::set<int>{x, y, r, w, s, f, c}).size(), 7u);
  EXPECT_EQ(index.id(f), fetch);
  EXPECT_EQ(index.id(y), InitOf(2));

  EXPECT_EQ(ToPairs(index.Sb()), (Pairs{{x, r},
                                        {x, w},
                                        {x, s},
                                        {x, f},
                                        {x, c},
                                        {y, r},
                                        {y, w},
                                        {y, s},
                                        {y, f},
                                        {y, c},
                                        {r, w},
                                        {r, s},
                                        {r, f},
                                        {w, s},
                                        {w, f},
                                        {s, f}}));
  EXPECT_EQ(ToPairs(index.Rf()), (Pairs{{x, r}, {c, f}}));
  EXPECT_EQ(ToPairs(index.Mo()), (Pairs{{x, w}, {y, c}}));
  EXPECT_EQ(ToPairs(index.Rmw()), (Pairs{{r, w}}));
  EXPECT_EQ(ToPairs(index.Ser()), (Pairs{{s, f}}));
  EXPECT_EQ(ToPairs(index.SameLocation()), (Pairs{{x, x},
                                                  {x, r},
                                                  {x, w},
                                                  {r, x},
                                                  {r, r},
                                                  {r, w},
                                                  {w, x},
                                                  {w, r},
                                                  {w, w},
                                                  {y, y},
                                                  {y, c},
                                                  {c, y},
                                                  {c, c}}))
      << "an instruction fetch has no location";
}

}  // namespace
}  // namespace heddle::model
