// Does text stay text, whatever it is?
#include "report/markup.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/xml.h"

namespace heddle::report {
namespace {

TEST(Markup, EscapesWhatIsMarkup) {
  EXPECT_EQ(Text("a < b && c > \"d\" 'e'").text(), "a &lt; b &amp;&amp; c &gt; \"d\" 'e'");
  EXPECT_EQ(Element("td", {{"title", "\"<&>\n"}}, "x").text(),
            "<td title=\"&quot;&lt;&amp;&gt;&#10;\">x</td>");
}

TEST(Markup, EscapesNothingTwice) {
  const Markup inner = Element("b", {}, "&");
  EXPECT_EQ(Element("p", inner + Text("&amp;")).text(), "<p><b>&amp;</b>&amp;amp;</p>");
}

TEST(Markup, HtmlNeedsEndTagsOfElementsThatMayHaveContent) {
  EXPECT_EQ(Element("div").text(), "<div></div>");
  EXPECT_EQ(Element("input").text(), "<input/>");
  EXPECT_EQ(Element("path", {{"d", ""}}).text(), "<path d=\"\"/>");
}

TEST(Markup, KeepsCharactersAndReplacesWhatIsNone) {
  EXPECT_EQ(Text("é → 😀\ttab\nline").text(), "é → 😀\ttab\nline");
  const std::string replaced = "\xEF\xBF\xBD";
  for (const std::string_view bad :
       {std::string_view("\0", 1), std::string_view("\x1B"), std::string_view("\x80"),
        std::string_view("\xFF"), std::string_view("\xC3")})
    EXPECT_EQ(Text("a" + std::string(bad) + "b").text(), "a" + replaced + "b");
  EXPECT_EQ(Text("\xC0\xAF").text(), replaced + replaced);                 // an overlong /
  EXPECT_EQ(Text("\xED\xA0\x80").text(), replaced + replaced + replaced);  // half of a pair
  EXPECT_EQ(Text("\xEF\xBF\xBF").text(), replaced + replaced + replaced);  // no character
  EXPECT_EQ(Text("\xE2\x82").text(), replaced + replaced);                 // the end is missing
}

TEST(Markup, ReadsBackAsItWas) {
  const std::string text = "]]> <!-- & \"quotes\" \r\n\t end";
  const XmlElement e = ParseXml(Element("e", {{"a", text}}, text).text());
  EXPECT_EQ(e.text, text);
  EXPECT_EQ(e.Get("a"), text);
}

TEST(Markup, VerbatimRefusesWhatItWouldHaveToEscape) {
  EXPECT_EQ(Verbatim("a > b").text(), "a > b");
  EXPECT_THROW((void)Verbatim("a < b"), std::logic_error);
  EXPECT_THROW((void)Verbatim("a && b"), std::logic_error);
}

// The reader that other tests rely on.
TEST(Xml, RefusesWhatIsNotWellFormed) {
  for (const char* bad :
       {"<a>", "<a></b>", "<a b=\"1\" b=\"2\"></a>", "<a>&nbsp;</a>", "<a>&</a>", "<a b='1'></a>",
        "<a b=\"<\"></a>", "<a/><b/>", "<a>\x01</a>", "", "<a b></a>"})
    EXPECT_THROW((void)ParseXml(bad), NotWellFormed) << bad;
  EXPECT_EQ(ParseXml("<!DOCTYPE html>\n<a><b c=\"&lt;\">x</b>y</a>\n").text, "xy");
}

}  // namespace
}  // namespace heddle::report
