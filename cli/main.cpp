// heddle: its commands, their options, and the exit status.
//
// Exit status: 0 everything is as it should be, 1 a violation, 2 misuse or output that cannot be
// written, 3 a bug in Heddle or a crash, 4 inconclusive (a bound cut a search short, or the harness
// is not trusted).
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

#include "cli/check_plan.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/option_values.h"
#include "cli/output.h"
#include "cli/quantities.h"
#include "runtime/check/check.h"
#include "runtime/check/process_crew.h"
#include "stress/affinity.h"

namespace {

using namespace heddle::cli;  // NOLINT: this file is the command line

// One line, whatever the input was.
int Fail(int status, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "heddle: %s\n", message.c_str());
  return status;
}

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr const char* kHangTimeout =
    "A thread that runs so long without an operation is an endless loop (CPU time; default 2s, "
    "0s never)";
constexpr const char* kJunit = "Write results as JUnit XML (- is stdout)";
constexpr const char* kNativeReproducers =
    "Write a file for each kind of failure into this directory, for heddle replay";
constexpr const char* kDurations =
    "Durations: 1h30m, 90s, 1.5s or 500ms, to the millisecond; a number alone is seconds.";

CLI::App* AddList(CLI::App& app, ListArguments& arguments) {
  auto* command = app.add_subcommand("list", "Scenarios, their mutants and what they ask");
  command->add_option("GLOB", arguments.glob, "Which scenarios (default: all)");
  command->add_flag("--json", arguments.json, "As JSON");
  return command;
}

CLI::App* AddCheck(CLI::App& app, CheckArguments& arguments) {
  auto* command = app.add_subcommand(
      "check", "Explore every execution; scenarios must hold, their mutants must fail");
  command->footer(kDurations);
  command->add_option("GLOB", arguments.glob, "Scenarios, or SCENARIO/MUTANT")->required();
  command
      ->add_option("--model", arguments.model,
                   "sc, tso, rc11, all of these (all, the default), or arm64, arm64-idc, "
                   "arm64-idc-dic")
      ->check(TextOf(ParseModels));
  command
      ->add_option("--traps", arguments.traps,
                   "Trap delivery: kernel (interrupts off until return) or user (a signal, "
                   "late); default: what the scenario asks for")
      ->check(OneOf({"kernel", "user"}));
  command->add_option("--json", arguments.json_file, "Write results to this file (- is stdout)")
      ->check(OutputName());
  command
      ->add_option("--dot", arguments.dot_file,
                   "Draw the first violation's execution (Graphviz; - is stdout)")
      ->check(OutputName());
  command->add_option("--html", arguments.html_file, "Write results as a page (- is stdout)")
      ->check(OutputName());
  command->add_option("--junit", arguments.junit_file, kJunit)->check(OutputName());
  command
      ->add_option("--time-limit", arguments.time_limit,
                   "Per check, for example 90s; default and 0s: no limit")
      ->check(TextOf(ParseDuration));
  command->add_option("--hang-timeout", arguments.hang_timeout, kHangTimeout)
      ->check(TextOf(ParseDuration));
  command->add_option("--max-executions", arguments.max_executions, "Per check; 0 = no bound")
      ->transform(WholeNumber(0, kMost));
  command
      ->add_option("--spin-rounds", arguments.spin_rounds,
                   "How often a condition of spin_until may be false before its thread blocks; "
                   "default 0: more rounds show nothing else, but take longer")
      ->transform(WholeNumber(0, heddle::kMostSpinRounds));
  command->add_flag("!--no-mutants", arguments.mutants, "Scenarios only");
  command->add_flag("--outcomes", arguments.outcomes, "Print the outcome tables");
  command->add_flag("--reports", arguments.reports, "Print the reports of mutants, too");
  command
      ->add_option(
          "--reproducers", arguments.reproducers,
          "Write each failure that is reported to a file of its own in this directory, for "
          "heddle replay")
      ->check(DirectoryName());
  command
      ->add_option("--stress", arguments.stress,
                   "Then run the scenarios natively, for example 20s, and end in one table")
      ->check(TextOf(ParseDuration));
  command->add_option("--workers", arguments.workers, "Processes to search with; 1 (default) to 64")
      ->transform(WholeNumber(1, 64));
  command
      ->add_option("--shard", arguments.shard,
                   "I/N: the I-th of N parts of each search; all parts together are a "
                   "proof, one alone is not")
      ->check(TextOf(ParseShard));
  command
      ->add_option("--memory-limit", arguments.memory_limit,
                   "Of all processes together, for example 512M; looked at now and then")
      ->check(TextOf(ParseSize));
  command
      ->add_option("--checkpoint", arguments.checkpoint_file,
                   "Save what is done in this file; the same command goes on from there")
      ->check(CheckpointName());
  command->add_option("--checkpoint-every", arguments.checkpoint_every, "Default 5s")
      ->check(TextOf(ParseDuration));
  command
      ->add_option(
          "--list-executions", arguments.list_file,
          "One line per complete execution (- is stdout): check, fingerprint and outcome.  In no "
          "order: `sort` two lists and `diff` them to compare two runs")
      ->check(OutputName());
  command->add_flag("--symmetry", arguments.symmetry,
                    "Of executions that differ only in which of some alike threads is which, "
                    "explore one; `list` says what scenarios have alike threads");
  command
      ->add_option("--preemptions", arguments.preemptions,
                   "Only executions that some schedule with so few preemptions leads to")
      ->transform(WholeNumber(0, 1000));
  command->add_option("--random", arguments.random, "Only so many random executions, per check")
      ->transform(WholeNumber(1, std::uint64_t{1} << 60));
  command
      ->add_option("--pct", arguments.pct,
                   "Random executions by PCT, for bugs of this depth (1 to 100; try 3), instead of "
                   "random walks")
      ->transform(WholeNumber(1, 100));
  command
      ->add_option("--seed", arguments.seed,
                   "Of random executions: the same seed makes the same ones; default: one "
                   "is picked and printed")
      ->transform(WholeNumber(0, kMost));
  command->add_flag("--stats", arguments.stats, "Print and time what the searches did");
  command
      ->add_option("--progress", arguments.progress,
                   "On stderr: json (a line per second) or none; default: a line to look "
                   "at, if stderr is a terminal")
      ->check(OneOf({"json", "none"}));
  return command;
}

CLI::App* AddReplay(CLI::App& app, ReplayArguments& arguments) {
  auto* command = app.add_subcommand("replay", "Run one reported execution again");
  command->footer(kDurations);
  command
      ->add_option("TOKEN", arguments.token,
                   "As printed by check; or a file that check --reproducers wrote, to see whether "
                   "its failure is still there")
      ->required();
  command
      ->add_option("--json", arguments.json_file,
                   "Write result and execution graph to this file (- is stdout)")
      ->check(OutputName());
  command->add_option("--dot", arguments.dot_file, "Draw the execution (Graphviz; - is stdout)")
      ->check(OutputName());
  command->add_option("--html", arguments.html_file, "Write the execution as a page (- is stdout)")
      ->check(OutputName());
  command
      ->add_option("--emit-test", arguments.test_file,
                   "Write a GoogleTest that fails until this is fixed (- is stdout)")
      ->check(OutputName());
  command->add_flag("--native", arguments.native,
                    "Run it on real threads, which do their operations in the same order: for gdb "
                    "(break heddle_step) and ThreadSanitizer.  Needs an execution that an "
                    "interleaving of the threads explains, without instruction text");
  command
      ->add_option(
          "--duration", arguments.duration,
          "Native failures run again until they have recurred ten times, but no longer than "
          "this (default 60s)")
      ->check(TextOf(ParseDuration));
  command->add_option("--hang-timeout", arguments.hang_timeout, kHangTimeout)
      ->check(TextOf(ParseDuration));
  return command;
}

CLI::App* AddStress(CLI::App& app, StressArguments& arguments) {
  auto* command = app.add_subcommand("stress", "Run scenarios natively on pinned threads");
  command->footer(kDurations);
  command->add_option("GLOB", arguments.glob, "Which scenarios")->required();
  command->add_option("--duration", arguments.duration, "Of the whole run (default 20s)")
      ->check(TextOf(ParseDuration));
  command->add_option("--cpus", arguments.cpus, "CPUs to use, for example 0-3,5")
      ->check(TextOf([](const std::string& text) {
        return heddle::stress::AvailableOf(heddle::stress::ParseCpuList(text));
      }));
  command->add_option("--seed", arguments.seed, "Of the pacing; 0 (default) picks one")
      ->transform(WholeNumber(0, kMost));
  command
      ->add_option(
          "--mutants", arguments.mutants,
          "Then run mutants, too, each until it fails, at most so long (a hang takes 5 s or more "
          "longer; of samples a failure is seen at the end of a piece, after 0.25 s, 0.75 s and so "
          "on); status 4 if one survives")
      ->check(TextOf(ParseDuration));
  command->add_option("--junit", arguments.junit_file, kJunit)->check(OutputName());
  command->add_option("--json", arguments.json_file, "Write results to this file (- is stdout)")
      ->check(OutputName());
  command
      ->add_option("--db", arguments.db_file,
                   "Keep results in this SQLite file, as they come; `heddle report` shows them")
      ->check(OutputName());
  command->add_option("--reproducers", arguments.reproducers, kNativeReproducers)
      ->check(DirectoryName());
  command->add_flag(
      "--resume", arguments.resume,
      "Go on with the run that was killed while it wrote to --db; begin one if none was");
  command->add_flag("--until-failure", arguments.until_failure, "End with the first failure");
  command->add_flag("!--undisturbed", arguments.disturb,
                    "Torture scenarios without threads that are frozen or moved to other CPUs, or "
                    "processes that are stopped for a while");
  command->add_flag("--keep-going", arguments.keep_going,
                    "A scenario that has failed 10 times runs on");
  return command;
}

CLI::App* AddReport(CLI::App& app, ReportArguments& arguments) {
  auto* command = app.add_subcommand("report", "What is in a file of `stress --db`?");
  command->add_option("FILE", arguments.db_file, "As `stress --db` wrote it")->required();
  command->add_option("--run", arguments.run, "Only this run; default all")
      ->transform(WholeNumber(1, std::uint64_t{1} << 60));
  command->add_option("--html", arguments.html_file, "Write results as a page (- is stdout)")
      ->check(OutputName());
  command
      ->add_option("--perfetto", arguments.perfetto_file,
                   "Write what CPUs did before each failure, for Perfetto and Chrome's tracing (- "
                   "is stdout)")
      ->check(OutputName());
  command->add_option("--junit", arguments.junit_file, kJunit)->check(OutputName());
  command->add_option("--reproducers", arguments.reproducers, kNativeReproducers)
      ->check(DirectoryName());
  return command;
}

CLI::App* AddDoctor(CLI::App& app, DoctorArguments& arguments) {
  auto* command = app.add_subcommand(
      "doctor", "What can this machine show natively, and what stands in the way?");
  command->add_option("--cpus", arguments.cpus, "CPUs to look at, for example 0-3,5")
      ->check(TextOf([](const std::string& text) {
        return heddle::stress::AvailableOf(heddle::stress::ParseCpuList(text));
      }));
  return command;
}

int Run(int argc, char** argv) {
  CLI::App app("Finds, reproduces and rules out concurrency bugs in code that patches code.",
               "heddle");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of all commands");
  app.set_version_flag("--version", "heddle " HEDDLE_VERSION, "Name and version");
  std::function<int()> command;

  ListArguments list;
  CheckArguments check;
  ReplayArguments replay;
  StressArguments stress;
  DoctorArguments doctor;
  ReportArguments report;
  AddList(app, list)->callback([&] { command = [&] { return List(list); }; });
  AddCheck(app, check)->callback([&] { command = [&] { return Check(check); }; });
  AddReplay(app, replay)->callback([&] { command = [&] { return Replay(replay); }; });
  AddStress(app, stress)->callback([&] { command = [&] { return Stress(stress); }; });
  AddReport(app, report)->callback([&] { command = [&] { return Report(report); }; });
  AddDoctor(app, doctor)->callback([&] { command = [&] { return Doctor(doctor); }; });
  if (argc > 1 && argv[1][0] != '-' &&
      app.get_subcommands([&](const CLI::App* c) { return c->check_name(argv[1]); }).empty()) {
    return Fail(kMisuse, "there is no command '" + std::string(argv[1]) + "'; see heddle --help");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    const auto given = app.get_subcommands();
    const std::string of = given.empty() ? "" : given.front()->get_name() + " ";
    // All options that take a value take text, and look at it themselves.
    const bool flag = dynamic_cast<const CLI::ConversionError*>(&e) != nullptr;
    return Fail(kMisuse, std::string(e.what()) +
                             (flag ? ": write this option without a value" : "") + "; see heddle " +
                             of + "--help");
  }
  return command();
}

}  // namespace

int main(int argc, char** argv) {
  ReserveStandardStreams();
  signal(SIGXFSZ, SIG_IGN);  // a limit of files' sizes is an error like any other
  try {
    const int status = Run(argc, argv);
    FlushOutput();
    return status;
  } catch (const WriteError& e) {
    return e.reader_left() ? kMisuse : Fail(kMisuse, e.what());
  } catch (const std::invalid_argument& e) {
    return Fail(kMisuse, e.what());
  } catch (const heddle::WorkerDied& e) {
    return Fail(kBug, e.what());
  } catch (const std::exception& e) {
    return Fail(kBug, std::string("bug in Heddle: ") + e.what());
  }
}
