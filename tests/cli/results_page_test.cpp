// Do the page, the trace and the XML of a file of results show all that is in it?
#include "cli/page/results_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "cli/perfetto.h"
#include "scenarios/store_buffering.h"
#include "stress/programs.h"
#include "stress/results_db.h"
#include "stress/sqlite.h"
#include "stress/stored_run.h"
#include "tests/support/heddle_command.h"
#include "tests/support/xml.h"

namespace heddle {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A segmentation fault within a handler, as evidence.h tells it.
json Evidence() {
  const auto note = [](int ns, const char* did, const char* detail) {
    return json{{"ns_before_end", ns}, {"did", did}, {"detail", detail}};
  };
  json written = note(1500, "wrote code", "cc at offset 16");
  written["cpu"] = "1";
  return {{"cpus",
           {{"0",
             {note(2500, "a handler ends", "NMI"), note(2000, "began", ""),
              note(1000, "a handler begins", "IRQ"), note(250, "a handler ends", "IRQ"),
              note(100, "a handler begins", "NMI")}},
            {"1", {note(1500, "wrote code", "cc at offset 16"), note(0, "waits", "a lock")}}}},
          {"patch_log", {written}},
          {"crash",
           {{"cpu", 0},
            {"signal", "Segmentation fault"},
            {"pc", "0x401002"},
            {"module", "build/app"},
            {"offset", "0x1002"},
            {"symbol", "spin"},
            {"address", "0x8"},
            {"registers", {{"rax", "0x1"}, {"r10", "0x2"}, {"r9", "0x3"}}},
            {"code", {{"begin", "0x401000"}, {"bytes", "66 90 c7 00 01 00 00 00"}}}}},
          {"output", "last <words>\xff"}};
}

// A file with two runs: the first has not ended and has no controls; the second has a failure.
class CliResultsPage : public testing::Test {
 protected:
  CliResultsPage() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    stress::StressPlan plan = stress::MakePlan<StoreBuffering>();
    plan.model_outcomes = {{{0, 1}, {1, 0}, {1, 1}, {2, 2}}};
    const stress::ScenarioInfo info = {&plan, "Can both miss <it>?", {"r0", "r1"}};
    stress::ResultsDb db(file_);
    db.Begin({"SB*", "", 1, 2s}, {info}, "1");
    db.Begin({"SB*", "", 2, 2s}, {info}, "2");
    stress::PieceRecord piece;
    piece.scenario = plan.name;
    piece.piece.placement = {stress::Sharing::kL3, {0, 1}};
    piece.piece.seed = 77;
    stress::Histogram counted;
    counted.Add(std::vector<std::int64_t>{0, 0}, 1);
    counted.Add(std::vector<std::int64_t>{0, 1}, 999'999);
    stress::StressResult& result = piece.isolated.result;
    CountOutcomes(plan, counted, result);
    result.samples = 1'000'000;
    result.duration = 500ms;
    result.verdict = stress::StressVerdict::kPassed;
    result.knobs = {{"order", "next", 0.25, 400'000, {{{0, 1}, 400'000}}},
                    {"order", "shuffled", 0.25, 600'000, {{{0, 0}, 1}, {{0, 1}, 599'999}}}};
    db.Add(piece);
    piece.isolated.failure = "crashed: Segmentation <fault>";
    piece.isolated.evidence = Evidence();
    db.Add(piece);
    piece.piece.placement = {stress::Sharing::kCore, {2, 3}};
    piece.isolated.failure = "hung";
    piece.isolated.evidence = nullptr;
    db.Add(piece);
    db.Add({plan.name + "/none", "killed", "r0=0 r1=0", 750ms});
    db.Add({plan.name + "/other", "survived", "", 2s});
    stress::Controls controls;
    controls.all.resize(1);
    controls.all.front().scenario = "SB";
    controls.trusted = true;
    db.SetControls(controls);
    db.End();
    EXPECT_EQ(db.problem(), "");
  }
  ~CliResultsPage() override { std::filesystem::remove_all(folder_); }

  XmlElement Page() const {
    const Output o = Heddle("report " + file_ + " --html -");
    EXPECT_EQ(o.status, 1) << o.err;
    return ParseXml(o.out);
  }
  void Change(const char* sql) const {
    sqlite3* db = nullptr;
    sqlite3_open(file_.c_str(), &db);
    stress::Execute(db, sql);
    sqlite3_close(db);
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("heddle_results_" + std::to_string(getpid()));
  const std::string file_ = folder_ / "results.sqlite";
};

TEST_F(CliResultsPage, SaysTheVerdictFirstAndTheNewestRun) {
  const XmlElement page = Page();
  EXPECT_EQ(page.Named("h1").at(0).text, "Run 2: 1 of 1 scenario failed");
  const XmlElement banner = page.With("class", "banner bad").at(0);
  EXPECT_THAT(banner.text, AllOf(HasSubstr("1 scenario failed"), HasSubstr("SB #1 crashed: "),
                                 HasSubstr("; #2 hung"),
                                 HasSubstr("r0=0 r1=0 was seen 3 times, and the model excludes it"),
                                 HasSubstr("1 older run below, 1 not passed")));
  const auto runs = page.With("class", "group");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].Get("id"), "run2");
  EXPECT_EQ(runs[0].Get("open"), "open");
  EXPECT_EQ(runs[1].Get("open"), "");
  EXPECT_THAT(runs[1].text, AllOf(HasSubstr("harness not trusted"), HasSubstr("controls have not"),
                                  HasSubstr("has not ended"), HasSubstr("no sample")));
}

TEST_F(CliResultsPage, ShowsEveryOutcomeInEachPlacement) {
  const XmlElement heat = Page().With("class", "heat").at(0);
  std::vector<std::string> head, names;
  for (const XmlElement& th : heat.Named("th")) head.push_back(th.text);
  EXPECT_THAT(head, ElementsAre("outcome", "one L3", "one core", "all", "grade", "why"));
  for (const XmlElement& code : heat.Named("code")) names.push_back(code.text);
  EXPECT_THAT(names, testing::UnorderedElementsAre("r0=0 r1=0", "r0=0 r1=1", "r0=1 r1=0",
                                                   "r0=1 r1=1", "r0=2 r1=2"));
  std::vector<std::string> hot, most;
  for (const XmlElement& cell : heat.With("class", "number cell hot")) hot.push_back(cell.text);
  EXPECT_THAT(hot, ElementsAre("2 1 ppm", "1 1 ppm", "3 1 ppm"));
  EXPECT_EQ(heat.With("class", "number cell heat7").size(), 3U);
  EXPECT_EQ(heat.With("class", "number cell heat0").size(), 9U);
  EXPECT_THAT(heat.text, HasSubstr("outside the model"));
  const auto unsure = heat.With("class", "badge unsure");
  EXPECT_EQ(std::ranges::count(unsure, "never seen, though the model allows it", &XmlElement::text),
            3);
}

TEST_F(CliResultsPage, NamesTheSettingsThatShowedTheRarestOutcomeMost) {
  const XmlElement row = Page().With("id", "run2-scenario1").at(0);
  EXPECT_THAT(row.text, HasSubstr("Which setting showed r0=0 r1=0, the rarest outcome, most"));
  std::vector<std::string> most;
  for (const XmlElement& tr : row.Named("tr"))
    if (tr.text.ends_with("most")) most.push_back(tr.text);
  EXPECT_THAT(most, ElementsAre("ordershuffled0.751,800,00034most"));
}

TEST_F(CliResultsPage, ShowsAllThatIsKnownOfAFailure) {
  const XmlElement page = Page();
  const XmlElement row = page.With("id", "failure1").at(0);
  EXPECT_EQ(row.With("class", "message").at(0).text, "crashed: Segmentation <fault>");
  for (const char* shown :
       {"one L3", "[0,1]", "77",
        "Segmentation fault: CPU 0 at pc 0x401002 (build/app+0x1002, spin)", "address 0x8",
        "r9 0x3", "mov dword ptr [rax], 1", "−1.500", "cc at offset 16", "a handler begins NMI",
        "waits a lock", "heddle stress 'SB' --duration 10m --until-failure --seed 2 --cpus 0,1"})
    EXPECT_THAT(row.text, HasSubstr(shown));
  EXPECT_EQ(row.Named("mark").at(0).text, "c7");
  EXPECT_EQ(row.Named("pre").at(0).text, "last <words>\xEF\xBF\xBD");
  EXPECT_THAT(page.With("id", "failure2").at(0).text,
              AllOf(HasSubstr("hung"), HasSubstr("No evidence was kept")));
  std::vector<std::string> links;
  page.ForEach([&](const XmlElement& e) {
    if (e.name == "a") links.push_back(e.Get("href"));
  });
  EXPECT_GE(links.size(), 3U);
  for (const std::string& link : links)
    EXPECT_EQ(page.With("id", link.substr(1)).size(), 1U) << link;
}

TEST_F(CliResultsPage, TextSaysWhereItCrashed) {
  EXPECT_THAT(Heddle("report " + file_).out,
              HasSubstr("Segmentation fault: CPU 0 at pc 0x401002 (build/app+0x1002, spin)"));
}

TEST_F(CliResultsPage, GivesTheMutationScore) {
  const auto run = [this] { return Page().With("id", "run2").at(0).text; };
  EXPECT_THAT(run(), AllOf(HasSubstr("Mutation score: 1 of 2"), HasSubstr("SB/other"),
                           Not(HasSubstr("missed with"))))
      << "how rare is what survived?";
  Change("UPDATE mutants SET verdict = 'not run' WHERE mutant = 'SB/other'");
  // 3 pieces of 0.5 s, killed after 0.75 s: 0.95 to the power of 2.
  EXPECT_THAT(run(), AllOf(HasSubstr("Mutation score: 1 of 1"), HasSubstr("missed with P <= 0.9")));
  Change("INSERT INTO kills VALUES (2, 'SB/none', 22768)");
  EXPECT_THAT(run(), HasSubstr("missed with P < 1e-6"));
  Change("DROP TABLE kills");  // as in older files
  EXPECT_THAT(run(), HasSubstr("missed with P <= 0.9"));
}

// As heddle stress says of such a run.
TEST_F(CliResultsPage, SaysWhatShowsLittle) {
  Change(
      "DELETE FROM failures; DELETE FROM outcomes WHERE outcome = '[0,0]'; "
      "UPDATE scenarios SET model_outcomes = 'null'; DELETE FROM runs WHERE id = 1; "
      "UPDATE scenarios SET control = 0; UPDATE mutants SET verdict = 'killed'");
  EXPECT_EQ(Heddle("report " + file_).status, 0);
  Change("UPDATE mutants SET verdict = 'survived' WHERE mutant = 'SB/other'");
  EXPECT_EQ(Heddle("report " + file_).status, 4) << "a mutant survived";
  Change("UPDATE mutants SET verdict = 'killed'; UPDATE scenarios SET control = 1");
  const Output o = Heddle("report " + file_);
  EXPECT_EQ(o.status, 4) << "a control without its weak outcome";
  EXPECT_THAT(o.out, HasSubstr("SB: harness not trusted"));
}

TEST_F(CliResultsPage, TraceHasAProcessPerFailureAndASlicePerHandler) {
  const Output o = Heddle("report " + file_ + " --perfetto -");
  EXPECT_EQ(o.status, 1);
  const json trace = json::parse(o.out);
  std::vector<std::string> seen;
  std::set<int> pids;
  for (const json& e : trace.at("traceEvents")) {
    pids.insert(e.at("pid").get<int>());
    const auto phase = e.at("ph").get<std::string>();
    if (e.at("pid") == 1 && e.at("tid") == 0 && phase != "M" && e.value("s", "t") == "t")
      seen.push_back(phase + " " + e.at("name").get<std::string>() + " " +
                     std::to_string(std::lround(e.at("ts").get<double>() * 1000)));
  }
  EXPECT_THAT(pids, ElementsAre(1, 2));
  // The first handler began before what the ring holds; the last one does not end.
  EXPECT_THAT(seen, ElementsAre("i a handler ends 0", "i began 500", "B IRQ 1500", "E IRQ 2250",
                                "B NMI 2400", "E NMI 2500", "i crashed 2500"));
  EXPECT_THAT(o.out, HasSubstr("cc at offset 16"));
}

TEST_F(CliResultsPage, JunitHasACasePerScenarioAndMutant) {
  const Output o = Heddle("report " + file_ + " --junit -");
  EXPECT_EQ(o.status, 1);
  const XmlElement suites = ParseXml(o.out);
  EXPECT_EQ(suites.Named("testcase").size(), 4U);
  EXPECT_EQ(suites.Get("failures"), "1");
  EXPECT_EQ(suites.Get("errors"), "2");  // the run without samples, the mutant that survived
  EXPECT_THAT(suites.Named("failure").at(0).text,
              AllOf(HasSubstr("failure #1"), HasSubstr("seed 77"), HasSubstr("outside the model")));
}

TEST_F(CliResultsPage, TextSaysTheVerdictThenFailuresThenTheRest) {
  const std::string text = Heddle("report " + file_ + " --run 2").out;
  EXPECT_THAT(text,
              AllOf(testing::StartsWith("run 2 of "),
                    HasSubstr(": failed: 1 scenario: 0 passed, 1 failed (SB), 0 inconclusive, "
                              "1 with outcomes outside the model (SB); harness trusted; 1 "
                              "mutant survived\n")));
  EXPECT_LT(text.find("#2 "), text.find("outcome "));
}

TEST_F(CliResultsPage, ReproducersAreOfTheRunThatFailed) {
  Change("UPDATE runs SET environment = '{\"cpu\": \"a CPU\", \"disturbed\": false}'");
  const Output o = Heddle("report " + file_ + " --reproducers " + (folder_ / "failures").string());
  EXPECT_EQ(o.status, 1);
  EXPECT_THAT(o.out, HasSubstr("reproducer: heddle replay '"));
  std::vector<std::string> failures;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "failures")) {
    const json file = json::parse(ReadFile(entry.path()));
    failures.push_back(file.at("failure"));
    EXPECT_EQ(file.at("seed"), 77);
    EXPECT_EQ(file.at("disturbed"), false);
    EXPECT_EQ(file.at("environment").at("cpu"), "a CPU");
    EXPECT_EQ(file.at("environment").at("heddle"), "2") << "the version that failed";
    EXPECT_EQ(file.at("environment").at("build"), nullptr) << "it is not this one's";
  }
  EXPECT_THAT(failures, testing::UnorderedElementsAre("crashed: Segmentation <fault>", "hung"));
  ExpectMisuse("report " + file_ + " --reproducers " + file_, "name a directory");
}

TEST_F(CliResultsPage, OneRunOrOneFile) {
  const Output o = Heddle("report " + file_ + " --run 1 --html -");
  EXPECT_EQ(o.status, 4);
  EXPECT_EQ(ParseXml(o.out).Named("h1").at(0).text, "Run 1: harness not trusted");
  const std::string page = folder_ / "page.html";
  EXPECT_THAT(Heddle("report " + file_ + " --html " + page).out, HasSubstr("run 2 of"));
  EXPECT_EQ(ParseXml(ReadFile(page)).With("class", "group").size(), 2U);
}

TEST_F(CliResultsPage, Misuse) {
  ExpectMisuse("report " + file_ + " --html /nonexistent/page.html", "'/nonexistent/page.html'");
  ExpectMisuse("report " + file_ + " --html ''", "--html");
  ExpectMisuse("report " + file_ + " --html - --perfetto -", "'-'");
  ExpectMisuse("report " + file_ + " --html " + file_, "FILE and --html");
  ExpectMisuse("report /nonexistent.sqlite --html -", "'/nonexistent.sqlite'");
  ExpectMisuse("report " + file_ + " --run 9 --html -", "no run 9");
  const std::string other = folder_ / "other";
  std::ofstream(other) << std::string(5000, 'x');
  ExpectMisuse("report " + other + " --html " + (folder_ / "page.html").string(), other);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "page.html"));
  Change("UPDATE failures SET evidence = '{\"cpus\": {\"0\": 5}}'");
  ExpectMisuse("report " + file_ + " --html -", "is damaged");
  Change("UPDATE failures SET evidence = NULL");
  EXPECT_EQ(Heddle("report " + file_ + " --html -").status, 1);
  Change("UPDATE outcomes SET outcome = 'x'");
  ExpectMisuse("report " + file_ + " --html -", "is damaged");
}

TEST(ResultsPage, EscapesAllThatItIsGivenAndTakesWhatIsEmpty) {
  const std::string nasty = "<script>alert(\"1\")</script> & 'x' \x01\xff";
  stress::StoredRun run;
  run.id = 1;
  run.glob = run.seed = run.version = nasty;
  run.environment = {{nasty, nasty}, {"cpus", 4}};
  run.controls = {nasty};
  stress::StoredScenario& s = run.scenarios.emplace_back();
  s.name = s.question = s.verdict = nasty;
  s.samples_by_placement[nasty] = 0;
  s.outcomes = {{{1}, nasty, nasty, nasty, 5, {{nasty, 5}}, false}};
  s.knobs = {{nasty, nasty, 0, 0, {{{1}, 5}}}};
  s.rates = {{-1, 0, 0, nasty}};
  const stress::StoredNote note = {1, nasty, nasty, nasty};
  const stress::StoredStop stop = {-1, nasty, nasty, nasty, {{nasty, nasty}}, nasty, nasty};
  run.failures = {
      {1, nasty, nasty, nasty, nasty, nasty, 0, {{{nasty, {note}}}, {note}, stop, {stop}, nasty}}};
  run.mutants = {{nasty, nasty, nasty, 0}};
  const std::string text = cli::ResultsPage({run});
  const XmlElement page = ParseXml(text);
  EXPECT_EQ(page.Named("script").size(), 1U);
  EXPECT_THAT(page.With("class", "message").at(0).text, HasSubstr("<script>alert(\"1\")"));
  EXPECT_THAT(page.text, HasSubstr("a thread of Heddle's own"));
  page.ForEach([](const XmlElement& e) {
    for (const auto& [name, value] : e.attributes) {
      EXPECT_FALSE(name.starts_with("on")) << name;
      EXPECT_NE(name, "style");
    }
  });
  EXPECT_EQ(json::parse(cli::PerfettoTrace({run})).at("traceEvents").at(0).at("ph"), "M");
  EXPECT_EQ(ParseXml(cli::ResultsPage({stress::StoredRun{}})).Named("h1").at(0).text,
            "Run 0: harness not trusted");
}

// The others go on for a while.
TEST(ResultsPage, TraceShowsAFaultWhenItCame) {
  stress::StoredRun run;
  stress::StoredStop stop;
  stop.cpu = 0;
  run.failures = {{1, "MP", "", "", "", "crashed", 0, {}}};
  run.failures[0].evidence.cpus = {{"0", {{3000, "began", "", ""}, {2000, "failed", "", ""}}},
                                   {"1", {{0, "waits", "", ""}}}};
  run.failures[0].evidence.crash = stop;
  const json trace = json::parse(cli::PerfettoTrace({run}));
  int shown = 0;
  for (const json& e : trace.at("traceEvents")) {
    if (e.at("name") != "failed" && e.at("name") != "crashed") continue;
    EXPECT_EQ(e.at("ts"), 1.0) << e;
    ++shown;
  }
  EXPECT_EQ(shown, 3);
}

}  // namespace
}  // namespace heddle
