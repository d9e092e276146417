// Is a page one well-formed file that loads nothing?
#include "report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/xml.h"

namespace heddle::report {
namespace {

Page Small() {
  Row row{.id = "r1", .kind = "row", .state = "bad", .find = "a < b", .open = true};
  row.cells = Cell("name", Text("a < b"));
  row.content = Table({"k", "v"}, {{Text("x"), Text(Grouped(1234567))}}, {false, true});
  return {"A & B", "",
          Banner(Tone::kBad, "1 of 2 is <wrong>", Figure(Tone::kBad, 1, "wrong")) +
              Filter(2, {{"bad", "Wrong", 1}, {"good", "Right", 0}}) + Fold(row) +
              Command("heddle replay 'a'"),
          "end"};
}

TEST(Page, IsWellFormedAndSaysWhatItWasGiven) {
  const XmlElement page = ParseXml(Render(Small()));
  EXPECT_EQ(page.name, "html");
  EXPECT_EQ(page.Named("title").at(0).text, "A & B");
  EXPECT_EQ(page.Named("h1").at(0).text, "1 of 2 is <wrong>");
  EXPECT_EQ(page.With("id", "r1").at(0).Get("data-find"), "a < b");
  EXPECT_EQ(page.With("class", "number").size(), 2U);  // head and cell
  EXPECT_EQ(page.With("class", "number").at(1).text, "1,234,567");
  EXPECT_EQ(page.With("class", "command").at(0).text, "heddle replay 'a'");
}

TEST(Page, LoadsNothing) {
  const std::string text = Render(Small());
  for (const char* loads : {"src=", "href=\"http", "@import", "url(http", "//"})
    EXPECT_THAT(text.substr(0, text.find("<script>")), testing::Not(testing::HasSubstr(loads)));
  EXPECT_THAT(text, testing::HasSubstr("default-src 'none'"));
}

// A policy that forbids inline code refuses attributes even where it lets a script through.
TEST(Page, HasNoCodeOrStyleInAttributes) {
  ParseXml(Render(Small())).ForEach([](const XmlElement& e) {
    for (const auto& [name, value] : e.attributes) {
      EXPECT_FALSE(name.starts_with("on")) << e.name << " " << name;
      EXPECT_NE(name, "style") << e.name;
    }
  });
}

TEST(Page, FiltersOnlyByStatesThatThereAre) {
  const XmlElement page = ParseXml(Render(Small()));
  std::vector<std::string> shown;
  page.ForEach([&](const XmlElement& e) {
    if (e.name == "button" && e.attributes.contains("data-show")) shown.push_back(e.text);
  });
  EXPECT_THAT(shown, testing::ElementsAre("All 2", "Wrong 1"));
  // Without its script there is no filter.
  EXPECT_EQ(page.With("class", "filter").at(0).Get("hidden"), "hidden");
}

TEST(Page, GroupsDigits) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(12345678), "12,345,678");
}

}  // namespace
}  // namespace heddle::report
