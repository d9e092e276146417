// heddle replay
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "cli/atomic_file.h"
#include "cli/check_output.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/forced_replay.h"
#include "cli/graph_json.h"
#include "cli/hang_timeout.h"
#include "cli/native_replay.h"
#include "cli/output.h"
#include "cli/page/check_page.h"
#include "cli/reproducer.h"
#include "cli/same_file.h"
#include "cli/test_source.h"
#include "runtime/check/regression.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

constexpr std::uintmax_t kLargestFile = std::uintmax_t{64} << 20;

// Where the results go.
struct Outputs {
  explicit Outputs(const ReplayArguments& a)
      : json(a.json_file), dot(a.dot_file), html(a.html_file), test(a.test_file) {}
  bool text() const {
    return !json.is_stdout() && !dot.is_stdout() && !html.is_stdout() && !test.is_stdout();
  }

  OutputFile json, dot, html, test;
};

nlohmann::json JsonOf(const CheckResult& r) {
  nlohmann::json json = ToJson(r, false);
  json["graph"] = GraphJson(r);
  return json;
}

[[noreturn]] void Refuse(const std::string& path, const std::string& why,
                         const std::string& advice) {
  throw std::invalid_argument("cannot replay '" + path + "': " + why + "; " + advice);
}

int ReplayToken(const std::string& token, Outputs& outputs) {
  const CheckResult r = heddle::Replay(token);
  if (outputs.text()) PrintText(r.report);
  outputs.json.Write(stress::Dump(JsonOf(r), 2));
  outputs.dot.Write(r.graph->dot);
  if (outputs.html.wanted()) outputs.html.Write(ReplayPage(r));
  outputs.test.Write(TestSource(token, r.report));
  return r.verdict == CheckVerdict::kViolation ? kViolation : kHolds;
}

std::string NameOf(const ModelFailure& f) {
  return f.scenario + (f.mutant.empty() ? "" : "/" + f.mutant);
}

// The command that looks for the failure anew.
std::string CheckCommand(const ModelFailure& f) {
  return "heddle check '" + NameOf(f) + "' --model " + f.model + " --traps " + f.traps +
         (f.spin_rounds == 0 ? "" : " --spin-rounds " + std::to_string(f.spin_rounds));
}

Token TokenOf(const std::string& path, const ModelFailure& f) {
  const Token token = [&] {
    try {
      return ParseToken(f.token);
    } catch (const std::invalid_argument& e) {
      Refuse(path, e.what(), "name a file as heddle check --reproducers wrote it");
    }
  }();
  const Subject& subject = *token.subject;
  if (subject.scenario != f.scenario || subject.mutant != f.mutant ||
      token.model->name != f.model || Name(token.delivery) != f.traps ||
      token.spin_rounds != f.spin_rounds)
    Refuse(path, "its token is not of the check that it names",
           "write it anew: " + CheckCommand(f));
  return token;
}

// What became of it, for people and for programs.
struct Conclusion {
  const char* name;
  std::string text;
  int status;
};

Conclusion Conclude(const std::string& path, const ModelFailure& f, const Regression& now) {
  const std::string file = "'" + path + "'";
  if (now.fate != Fate::kFails)
    return {"gone",
            "holds now: the bug that " + file + " records is fixed, or the scenario changed",
            kHolds};
  if (now.result.error == f.error && now.result.message == f.message)
    return {"same", "the same failure as " + file + " records", kViolation};
  // As JSON: what a file says may hold anything.
  return {"another",
          "another failure than " + file + " records, which is " +
              stress::Dump(f.error + ": " + f.message),
          kViolation};
}

Regression ReplayAgain(const std::string& path, const ModelFailure& f) {
  const Token token = TokenOf(path, f);
  Regression now = [&] {
    try {
      return heddle::ReplayAgain(token);
    } catch (const std::invalid_argument& e) {
      Refuse(path, e.what(), "name a file as heddle check --reproducers wrote it");
    }
  }();
  if (now.fate == Fate::kOtherProgram)
    Refuse(path, now.why,
           "the scenario has changed since, or the file has; look again: " + CheckCommand(f));
  return now;
}

int ReplayFailure(const std::string& path, const ModelFailure& f, Outputs& outputs) {
  const Regression now = ReplayAgain(path, f);
  const Conclusion conclusion = Conclude(path, f, now);
  const bool replayed = now.fate != Fate::kForbidden;
  const std::string report =
      replayed ? now.result.report
               : NameOf(f) + " under " + f.model + ": the model no longer allows this execution\n";
  if (outputs.text()) Print("{}{}\n", report, conclusion.text);
  nlohmann::json json = replayed ? JsonOf(now.result) : nlohmann::json{{"message", now.why}};
  json["failure"] = conclusion.name;
  outputs.json.Write(stress::Dump(json, 2));
  outputs.dot.Write(replayed ? now.result.graph->dot : "");
  if (outputs.html.wanted() && replayed) outputs.html.Write(ReplayPage(now.result));
  outputs.test.Write(TestSource(f.token, report + conclusion.text + "\n"));
  return conclusion.status;
}

void RefuseDurationOfModel(const ReplayArguments& a) {
  if (!a.duration.empty())
    Refuse(a.token, "it is one execution of the model, run once",
           "leave --duration out, which says how long to run a native failure again");
}

std::chrono::milliseconds DurationOf(const ReplayArguments& a) {
  const auto duration = ParseDuration(a.duration.empty() ? "60s" : a.duration);
  if (duration.count() == 0)
    Refuse(a.token, "--duration '" + a.duration + "' is too short to run anything",
           "give at least 1s");
  return duration;
}

int ReplayFailure(const std::string& path, const NativeFailure& f, const ReplayArguments& arguments,
                  Outputs& outputs) {
  const auto duration = DurationOf(arguments);
  for (const auto& [option, file] : {std::pair{"--dot", &arguments.dot_file},
                                     {"--html", &arguments.html_file},
                                     {"--emit-test", &arguments.test_file}})
    if (!file->empty())
      Refuse(path, "a native failure has no execution to show",
             std::string("leave ") + option + " out");
  if (!arguments.hang_timeout.empty())
    Refuse(path, "a native failure waits for hangs as long as the run did that found it",
           "leave --hang-timeout out");
  const NativeReplay replay = [&] {
    try {
      return ReplayNatively(f, duration);
    } catch (const std::invalid_argument& e) {
      Refuse(path, e.what(), "run it with the heddle and on a machine like those that wrote it");
    } catch (const std::runtime_error& e) {  // no process could run
      Refuse(path, e.what(), "run it again when that has passed");
    }
  }();
  if (outputs.text()) PrintText(Describe(replay, path));
  outputs.json.Write(nlohmann::json{
      {"failure", replay.recurred > 0    ? "same"
                  : replay.otherwise > 0 ? "another"
                                         : "none"},
      {"message", replay.message},
      {"runs", replay.runs},
      {"recurred", replay.recurred},
      {"seconds", replay.seconds},
      {"cpus",
       replay.cpus}}.dump(2));
  return StatusOf(replay);
}

// Only steps and an end are to be told.
void RefuseOutputsOfNative(const ReplayArguments& a) {
  for (const auto& [option, file] : {std::pair{"--json", &a.json_file},
                                     {"--dot", &a.dot_file},
                                     {"--html", &a.html_file},
                                     {"--emit-test", &a.test_file}})
    if (!file->empty())
      Refuse(a.token, std::string("--native writes no file, and there is ") + option,
             std::string("leave one of the two out"));
}

int ReplayForced(const std::string& what, const CheckResult& in_model,
                 const ReplayArguments& arguments) {
  ordered::Limits limits;
  if (!arguments.hang_timeout.empty()) limits.without_step = ParseDuration(arguments.hang_timeout);
  try {
    return PrintForcedReplay(in_model, what, limits);
  } catch (const ordered::NotSchedulable& e) {
    Refuse(what, e.what(), "leave --native out, to replay it in the model");
  }
}

int ReplayForced(const std::string& path, const Reproducer& failure,
                 const ReplayArguments& arguments) {
  const auto* const f = std::get_if<ModelFailure>(&failure);
  if (f == nullptr)
    Refuse(path, "it is a native failure, which has no order that --native could force",
           "leave --native out, to run it again");
  const Regression now = ReplayAgain(path, *f);
  if (now.fate == Fate::kForbidden) {
    PrintText(Conclude(path, *f, now).text + "\n");
    return kHolds;
  }
  return ReplayForced(path, now.result, arguments);
}

}  // namespace

int Replay(const ReplayArguments& arguments) {
  const std::string& what = arguments.token;
  SetHangTimeout(arguments.hang_timeout);
  if (arguments.native) RefuseOutputsOfNative(arguments);
  std::error_code error;  // of names that are too long, as tokens are
  const bool is_file = std::filesystem::exists(what, error);
  RefuseSameFile({{"the reproducer", is_file ? what : ""},
                  {"--json", arguments.json_file},
                  {"--dot", arguments.dot_file},
                  {"--html", arguments.html_file},
                  {"--emit-test", arguments.test_file}});
  if (!is_file) {
    if (what.find('@') == std::string::npos)
      throw std::invalid_argument("there is no file '" + what +
                                  "', and a replay token looks like SCENARIO@MODEL+TRAPS:1:…; name "
                                  "a file that is there, or copy the token whole from the report");
    RefuseDurationOfModel(arguments);
    if (arguments.native) return ReplayForced(what, heddle::Replay(what), arguments);
    Outputs outputs(arguments);
    return ReplayToken(what, outputs);
  }
  if (!std::filesystem::is_regular_file(what, error))
    Refuse(what, "it is not a regular file", "name a file that --reproducers wrote");
  const auto text = ReadWholeFile(what, kLargestFile);
  const Reproducer failure = [&] {
    try {
      return ParseReproducer(text.value_or(""));
    } catch (const MalformedJson& e) {
      Refuse(what, e.what(), "name a file as heddle check --reproducers wrote it");
    }
  }();
  const auto* const native = std::get_if<NativeFailure>(&failure);
  if (native == nullptr) RefuseDurationOfModel(arguments);
  if (arguments.native) return ReplayForced(what, failure, arguments);
  Outputs outputs(arguments);
  if (native != nullptr) return ReplayFailure(what, *native, arguments, outputs);
  return ReplayFailure(what, std::get<ModelFailure>(failure), outputs);
}

}  // namespace heddle::cli
