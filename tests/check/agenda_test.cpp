// Does an agenda keep the search's order, and drop what one worker would never come to?
#include "runtime/check/agenda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle {
namespace {

using model::SearchPath;
using testing::ElementsAre;

std::vector<SearchPath> Paths(const Agenda& agenda) {
  std::vector<SearchPath> paths;
  for (const model::SearchTask& t : agenda.tasks()) paths.push_back(t.path);
  return paths;
}

FoundViolation At(SearchPath path) { return {std::move(path), {}, "", ""}; }

TEST(Agenda, IsInTheOrderOfTheSearch) {
  Agenda agenda;
  for (const SearchPath& path : {SearchPath{2}, {1, 3}, {1}, {1, 2, 9}}) agenda.Put({path, 0});
  EXPECT_THAT(Paths(agenda),
              ElementsAre(SearchPath{1}, SearchPath{1, 2, 9}, SearchPath{1, 3}, SearchPath{2}));
  EXPECT_EQ(agenda.Take().path, SearchPath{1});
  EXPECT_EQ(agenda.size(), 3U);
}

TEST(Agenda, KeepsWhatComesBeforeTheViolation) {
  Agenda agenda;
  for (const SearchPath& path : {SearchPath{1, 1}, {1, 3}, {2}, {3}}) agenda.Put({path, 0});
  agenda.Report(At({2, 5}));
  EXPECT_THAT(Paths(agenda), ElementsAre(SearchPath{1, 1}, SearchPath{1, 3}, SearchPath{2}));
  agenda.Put({{2, 6}, 0});
  agenda.Put({{1, 2}, 0});
  EXPECT_EQ(agenda.size(), 4U) << "one before it, one after it";
  agenda.Report(At({1, 2, 1}));
  EXPECT_THAT(Paths(agenda), ElementsAre(SearchPath{1, 1}, SearchPath{1, 2}));
  agenda.Report(At({2, 1}));
  EXPECT_EQ(agenda.violation()->path, (SearchPath{1, 2, 1})) << "a later one was found before";
}

}  // namespace
}  // namespace heddle
