// heddle: list, check, replay and stress.
//
// Exit status: 0 everything is as it should be, 1 a violation, 2 misuse, 3 a bug in Heddle or a
// crash, 4 inconclusive (a bound cut a search short, or the harness is not trusted).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "runtime/check/check.h"
#include "runtime/check/process_crew.h"

namespace {

using namespace heddle::cli;  // NOLINT: this file is the command line

// One line, whatever the input was.
int Fail(int status, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "heddle: %s\n", message.c_str());
  return status;
}

int Run(int argc, char** argv) {
  CLI::App app("Finds, reproduces and rules out concurrency bugs in code that patches code.",
               "heddle");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of all commands");
  std::function<int()> command;

  ListArguments list;
  auto* list_command = app.add_subcommand("list", "Scenarios, their mutants and what they ask");
  list_command->add_option("GLOB", list.glob, "Which scenarios (default: all)");
  list_command->add_flag("--json", list.json, "As JSON");
  list_command->callback([&] { command = [&] { return List(list); }; });

  CheckArguments check;
  auto* check_command = app.add_subcommand(
      "check", "Explore every execution; scenarios must hold, their mutants must fail");
  check_command->add_option("GLOB", check.glob, "Scenarios, or SCENARIO/MUTANT")->required();
  check_command->add_option(
      "--model", check.model,
      "sc, tso, rc11, all of these (all, the default), or arm64, arm64-idc, arm64-idc-dic");
  check_command->add_option(
      "--traps", check.traps,
      "Trap delivery: kernel (interrupts off until return) or user (a signal, "
      "late); default: what the scenario asks for");
  check_command->add_option("--json", check.json_file, "Write results to this file (- is stdout)");
  check_command->add_option("--dot", check.dot_file,
                            "Draw the first violation's execution (Graphviz; - is stdout)");
  check_command->add_option("--time-limit", check.time_limit, "Per check, for example 90s");
  static constexpr const char* kHangTimeout =
      "A thread that runs so long without an operation is an endless loop (CPU time; default 2s, "
      "0s "
      "never)";
  check_command->add_option("--hang-timeout", check.hang_timeout, kHangTimeout);
  check_command->add_option("--max-executions", check.max_executions, "Per check; 0 = no bound")
      ->check(CLI::NonNegativeNumber);
  check_command
      ->add_option("--spin-rounds", check.spin_rounds,
                   "How often a condition of spin_until may be false before its thread blocks; "
                   "default 0: more rounds show nothing else, but take longer")
      ->check(CLI::Range(0, heddle::kMostSpinRounds));
  check_command->add_flag("!--no-mutants", check.mutants, "Scenarios only");
  check_command->add_flag("--outcomes", check.outcomes, "Print the outcome tables");
  check_command->add_flag("--reports", check.reports, "Print the reports of mutants, too");
  check_command->add_option(
      "--stress", check.stress,
      "Then run the scenarios natively, for example 20s, and end in one table");
  check_command
      ->add_option("--workers", check.workers, "Processes to search with; 1 (default) to 64")
      ->check(CLI::Range(1, 64));
  check_command->add_option("--shard", check.shard,
                            "I/N: the I-th of N parts of each search; all parts together are a "
                            "proof, one alone is not");
  check_command->add_option("--memory-limit", check.memory_limit,
                            "Of all processes together, for example 512M; looked at now and then");
  check_command->add_option("--checkpoint", check.checkpoint_file,
                            "Save what is done in this file; the same command goes on from there");
  check_command->add_option("--checkpoint-every", check.checkpoint_every, "Default 5s");
  check_command->add_option(
      "--list-executions", check.list_file,
      "One line per complete execution (- is stdout): check, fingerprint and outcome.  In no "
      "order: `sort` two lists and `diff` them to compare two runs");
  check_command->add_flag("--symmetry", check.symmetry,
                          "Of executions that differ only in which of some alike threads is which, "
                          "explore one; `list` says what scenarios have alike threads");
  check_command
      ->add_option("--preemptions", check.preemptions,
                   "Only executions that some schedule with so few preemptions leads to")
      ->check(CLI::Range(0, 1000));
  check_command->add_option("--random", check.random, "Only so many random executions, per check")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 60));
  check_command
      ->add_option("--pct", check.pct,
                   "Random executions by PCT, for bugs of this depth (1 to 100; try 3), instead of "
                   "random walks")
      ->check(CLI::Range(1, 100));
  check_command
      ->add_option("--seed", check.seed,
                   "Of random executions: the same seed makes the same ones; default: one "
                   "is picked and printed")
      ->check(CLI::NonNegativeNumber);
  check_command->add_flag("--stats", check.stats, "Print and time what the searches did");
  check_command->add_option("--progress", check.progress,
                            "On stderr: json (a line per second) or none; default: a line to look "
                            "at, if stderr is a terminal");
  check_command->callback([&] { command = [&] { return Check(check); }; });

  ReplayArguments replay;
  auto* replay_command = app.add_subcommand("replay", "Run one reported execution again");
  replay_command->add_option("TOKEN", replay.token, "As printed by check")->required();
  replay_command->add_option("--json", replay.json_file,
                             "Write result and execution graph to this file (- is stdout)");
  replay_command->add_option("--dot", replay.dot_file,
                             "Draw the execution (Graphviz; - is stdout)");
  replay_command->add_option("--hang-timeout", replay.hang_timeout, kHangTimeout);
  replay_command->callback([&] { command = [&] { return Replay(replay); }; });

  StressArguments stress;
  auto* stress_command = app.add_subcommand("stress", "Run scenarios natively on pinned threads");
  stress_command->add_option("GLOB", stress.glob, "Which scenarios")->required();
  stress_command->add_option("--duration", stress.duration, "Of the whole run (default 20s)");
  stress_command->add_option("--cpus", stress.cpus, "CPUs to use, for example 0-3,5");
  stress_command->add_option("--seed", stress.seed, "Of the pacing; 0 (default) picks one");
  stress_command->add_option("--json", stress.json_file, "Write results to this file");
  stress_command->callback([&] { command = [&] { return Stress(stress); }; });

  if (argc > 1 && argv[1][0] != '-' &&
      app.get_subcommands([&](const CLI::App* c) { return c->check_name(argv[1]); }).empty()) {
    return Fail(kMisuse, "there is no command '" + std::string(argv[1]) + "'; see heddle --help");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    return Fail(kMisuse, std::string(e.what()) + "; see heddle --help");
  }
  return command();
}

}  // namespace

int main(int argc, char** argv) {
  ReserveStandardStreams();
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
