// Does docs/classic.md name the classic scenarios and mutants that there are?  Not its numbers:
// `./x classic` writes them anew.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "scenarios/catalog.h"

namespace heddle {
namespace {

using Names = std::set<std::string>;

// "### qspinlock", and in its section "| `relaxed-pend` | K2 is relaxed |": scenarios, and mutants
// with what they changed.
Names OnThePage() {
  std::ifstream page(HEDDLE_SOURCE_DIR "/docs/classic.md");
  EXPECT_TRUE(page.is_open());
  const std::regex section("### (.+)"), mutant("\\| `(.+?)` \\| (.+?) \\|.*");
  Names names;
  std::string scenario;
  std::smatch match;
  for (std::string line; std::getline(page, line);) {
    if (std::regex_match(line, match, section)) {
      scenario = match[1];
      names.insert(scenario);
    } else if (!scenario.empty() && std::regex_match(line, match, mutant)) {
      names.insert(scenario + "/" + match[1].str() + ": " + match[2].str());
    }
  }
  return names;
}

Names InTheCatalog() {
  Names names;
  Concat<ClassicLocks, LockfreeCatalog, SyncCatalog>::ForEach([&]<typename Scenario>() {
    const std::string scenario(Scenario::kName);
    names.insert(scenario);
    Scenario::Mutants::ForEach([&]<typename Mutant>() {
      names.insert(scenario + "/" + std::string(Mutant::kName) + ": " + std::string(Mutant::kWhat));
    });
  });
  return names;
}

TEST(ClassicPage, NamesTheScenariosAndMutantsThatThereAre) {
  const Names page = OnThePage(), catalog = InTheCatalog();
  for (const std::string& name : catalog)
    EXPECT_TRUE(page.contains(name)) << "docs/classic.md lacks " << name << ": run ./x classic";
  for (const std::string& name : page)
    EXPECT_TRUE(catalog.contains(name)) << "there is no " << name << " any more: run ./x classic";
}

// What the page cannot do without.
TEST(ClassicPage, EveryScenarioHasASource) {
  Concat<ClassicLocks, LockfreeCatalog, SyncCatalog>::ForEach(
      []<typename Scenario>() { EXPECT_FALSE(Scenario::kSource.empty()) << Scenario::kName; });
}

}  // namespace
}  // namespace heddle
