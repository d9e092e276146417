// Does a page of results show what was found, and nothing that was not?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "cli/page/check_page.h"
#include "cli/page/source_lines.h"
#include "cli/page/trace_arrows.h"
#include "cli/page/trace_rows.h"
#include "tests/support/heddle_command.h"
#include "tests/support/xml.h"

namespace heddle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const Subject& SubjectNamed(const std::string& name) {
  const auto& all = AllSubjects();
  return *std::ranges::find_if(all, [&](const Subject& s) { return s.name() == name; });
}

CheckResult Checked(const std::string& name, const model::MemoryModel& model) {
  return Check(SubjectNamed(name), model, TrapDelivery::kKernel, {});
}

// The texts of all elements with this class.
std::vector<std::string> Texts(const XmlElement& within, const std::string& class_name) {
  std::vector<std::string> texts;
  for (const XmlElement& e : within.With("class", class_name)) texts.push_back(e.text);
  return texts;
}

// "e1 → e4: reads from"; an arrow of the legend has no title.
std::vector<std::string> Arrows(const XmlElement& page) {
  std::vector<std::string> arrows;
  page.ForEach([&](const XmlElement& e) {
    if (e.Get("class").starts_with("arrow ") && !e.Named("title").empty())
      arrows.push_back(e.Named("title").at(0).text);
  });
  return arrows;
}

TEST(CliHtml, ShowsEveryEventAndArrowOfAViolation) {
  const Output o = Heddle("check MP/relaxed-publication --model rc11 --html -");
  EXPECT_EQ(o.status, 0);
  const XmlElement page = ParseXml(o.out);
  const XmlElement row = page.With("id", "check1").at(0);
  EXPECT_EQ(row.Get("data-state"), "caught");
  EXPECT_THAT(Texts(row, "phrase"),
              ElementsAre("W plain payload = 42", "W rlx flag = 1", "R acq flag = 1 from e2",
                          "R plain payload = 42 from e1"));
  EXPECT_THAT(Texts(row, "cpu-name"), ElementsAre("CPU0", "CPU1"));
  std::vector<std::string> marked;
  for (const XmlElement& e : row.With("class", "event marked")) marked.push_back(e.Get("id"));
  EXPECT_THAT(marked, ElementsAre("check1-e1", "check1-e4"));
  EXPECT_THAT(Arrows(row), UnorderedElementsAre("e1 → e4: reads from",
                                                "e2 → e3: reads from, but does not synchronise",
                                                "e1 → e4: missing: would have to happen before"));
  EXPECT_THAT(Texts(row, "where"), testing::Contains("message_passing.h:34"));
  const std::string why = row.With("class", "why").at(0).text;
  EXPECT_THAT(why, HasSubstr("Missing under rc11: e1 happens-before e4."));
  EXPECT_THAT(why, HasSubstr("A release store at message_passing.h:31 would order e1 and e4."));
  // The page's command reproduces what the page shows.
  const std::string command = row.With("class", "command").at(0).text;
  ASSERT_TRUE(command.starts_with("heddle replay ")) << command;
  const Output replay = Heddle(command.substr(7) + " --html -");
  EXPECT_EQ(replay.status, 1);
  const XmlElement again = ParseXml(replay.out);
  EXPECT_EQ(again.Named("h1").at(0).text, "MP/relaxed-publication under rc11: data race");
  EXPECT_EQ(Arrows(again), Arrows(row));
}

TEST(CliHtml, ListsAllChecksWithTheirOutcomes) {
  const std::string file = testing::TempDir() + "heddle_page.html";
  const Output o = Heddle("check MP --html " + file);
  EXPECT_EQ(o.status, 0);
  EXPECT_THAT(o.out, HasSubstr("9 checks"));
  const XmlElement page = ParseXml(ReadFile(file));
  std::remove(file.c_str());
  EXPECT_EQ(page.Named("h1").at(0).text, "All 9 checks as expected");
  EXPECT_EQ(page.With("class", "row").size(), 9U);
  EXPECT_EQ(page.With("class", "name inner").size(), 6U);
  const XmlElement table = page.With("id", "check3").at(0).Named("table").at(0);
  EXPECT_THAT(table.text, HasSubstr("flag=1 payload=42"));
  EXPECT_THAT(table.text, HasSubstr("never"));  // the forbidden outcome
  EXPECT_EQ(table.With("class", "badge bad").size(), 1U);
}

// Links name elements that exist, and no two elements have one name.
TEST(CliHtml, LinksLeadSomewhere) {
  const Output o = Heddle("check poke_one_site/strict-no-fence-on-trap --traps user --html -");
  EXPECT_EQ(o.status, 1);
  const XmlElement page = ParseXml(o.out);
  EXPECT_EQ(page.Named("h1").at(0).text, "2 of 3 checks not as expected");
  EXPECT_EQ(page.With("class", "failures").at(0).Named("a").size(), 2U);
  std::vector<std::string> ids, links;
  page.ForEach([&](const XmlElement& e) {
    if (!e.Get("id").empty()) ids.push_back(e.Get("id"));
    if (!e.Get("href").empty()) links.push_back(e.Get("href"));
  });
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
  EXPECT_GT(links.size(), 10U);
  for (const std::string& link : links) {
    ASSERT_TRUE(link.starts_with("#")) << link;
    EXPECT_TRUE(std::ranges::binary_search(ids, link.substr(1))) << link;
  }
}

TEST(CliHtml, InconclusiveChecksSayWhy) {
  const Output o = Heddle("check MP --no-mutants --model sc --max-executions 1 --html -");
  EXPECT_EQ(o.status, 4);
  const XmlElement page = ParseXml(o.out);
  EXPECT_EQ(page.Named("h1").at(0).text, "1 of 1 check inconclusive");
  EXPECT_THAT(page.With("class", "message").at(0).text, HasSubstr("--max-executions"));
}

TEST(CliHtml, Misuse) {
  ExpectMisuse("check MP --html /nonexistent/page.html", "'/nonexistent/page.html'");
  ExpectMisuse("check MP --html ''", "--html");
  ExpectMisuse("check MP --html - --json -", "'-'");
  ExpectMisuse("replay 'MP@rc11+kernel:1:#2.i#1.:' --html /nonexistent/page.html",
               "'/nonexistent/page.html'");
}

TEST(CheckPage, EscapesAllThatItIsGiven) {
  const std::string nasty = "<script>alert(\"1\")</script> & 'x'";
  CheckResult result = Checked("MP/relaxed-publication", model::Rc11());
  Subject subject = *result.subject;
  subject.scenario = "<b>&\"";
  subject.what = subject.source = nasty;
  subject.observations[0] = "<i>";
  result.subject = &subject;
  result.message = result.token = result.report = nasty;
  auto graph = std::make_shared<ReportedGraph>(*result.graph);
  graph->phrases[0] = graph->explanation.sentences[0] = nasty;
  result.graph = graph;
  const std::string text = cli::CheckPage({result});
  const XmlElement page = ParseXml(text);
  EXPECT_EQ(page.Named("script").size(), 1U);
  EXPECT_EQ(page.Named("i").size(), 0U);
  EXPECT_EQ(Texts(page, "phrase").at(0), nasty);
  EXPECT_EQ(page.With("class", "message").at(0).text, "data race: " + nasty);
  EXPECT_EQ(page.With("class", "command").at(0).text, "heddle replay '" + nasty + "'");
  EXPECT_THAT(page.With("class", "why").at(0).text, HasSubstr(nasty));
  EXPECT_EQ(ParseXml(cli::ReplayPage(result)).Named("script").size(), 1U);
}

TEST(TraceArrows, HappensBeforeIsDrawnOnceAndOnlyWhereItIs) {
  // A mutant whose report has fences: they synchronise, though the accesses between do not.
  const CheckResult r = Checked("rcu_irq/unwatched", model::Rc11());
  ASSERT_NE(r.graph, nullptr);
  const ReportedGraph& shown = *r.graph;
  const model::GraphIndex index(shown.graph);
  const model::Relation hb = model::Rc11().happens_before(shown.graph);
  std::size_t reads = 0;
  for (const cli::Arrow& arrow : cli::ArrowsOf(shown, model::Rc11())) {
    using enum cli::Arrow::Kind;
    const bool ordered = hb.Has(index.number(arrow.from), index.number(arrow.to));
    const bool orders = arrow.kind == kSynchronises || arrow.kind == kHappensBefore;
    const bool lacks = arrow.kind == kMissing || arrow.kind == kNoOrder;
    EXPECT_TRUE(orders ? ordered : !lacks || !ordered);
    EXPECT_TRUE(arrow.kind != kHappensBefore || arrow.from.thread != arrow.to.thread);
    reads += arrow.kind == kReadsFrom || arrow.kind == kSynchronises || arrow.kind == kNoOrder;
  }
  const auto reads_shown = std::ranges::count_if(shown.trace.events, [&](model::EventId e) {
    return shown.graph.at(e).label.is_read() && !shown.graph.at(e).rf.is_init();
  });
  EXPECT_EQ(reads, static_cast<std::size_t>(reads_shown));
}

TEST(TraceRows, HandlersAreInsideTheirCpu) {
  const CheckResult r = Checked("rcu_irq/unwatched", model::Tso());
  ASSERT_NE(r.graph, nullptr);
  const cli::TraceRows trace(*r.graph);
  ASSERT_EQ(trace.rows.size(), r.graph->trace.events.size());
  ASSERT_FALSE(trace.handlers.empty());
  for (const cli::HandlerSpan& span : trace.handlers) {
    const auto at = [&](int row) { return trace.rows[static_cast<std::size_t>(row)]; };
    EXPECT_THAT(at(span.first).phrase, testing::EndsWith("begins"));
    EXPECT_GE(span.last, span.first);
    for (int row = span.first; row <= span.last; ++row)
      EXPECT_TRUE(at(row).event.thread != span.thread || at(row).depth >= span.depth);
  }
  EXPECT_EQ(trace.rows.front().depth, 0);
}

TEST(SourceLines, AreWhatIsThereAndNothingIfItIsNot) {
  const std::string file = testing::TempDir() + "heddle_source.h";
  std::ofstream(file) << "first\n\t  a < b;  \n\n";
  cli::SourceLines sources;
  EXPECT_EQ(sources.At(file, 1), "first");
  EXPECT_EQ(sources.At(file, 2), "a < b;");
  EXPECT_EQ(sources.At(file, 3), "");
  EXPECT_EQ(sources.At(file, 4), "");
  EXPECT_EQ(sources.At(file, 0), "");
  EXPECT_EQ(sources.At("/nonexistent/x.h", 1), "");
  EXPECT_EQ(sources.At("", 1), "");
  EXPECT_EQ(sources.At(testing::TempDir(), 1), "");
  EXPECT_EQ(sources.At("/dev/zero", 1), "");
  std::remove(file.c_str());
}

}  // namespace
}  // namespace heddle
