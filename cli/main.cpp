// heddle: list, check, replay and stress.
//
// Exit status: 0 everything is as it should be, 1 a violation, 2 misuse, 3 a bug in Heddle,
// 4 inconclusive (a bound cut a search short, or the harness is not trusted).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>

#include "cli/commands.h"

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
  check_command->add_option("--model", check.model, "sc, tso, rc11 or all (default)");
  check_command->add_option(
      "--traps", check.traps,
      "Trap delivery: kernel (interrupts off until return) or user (a signal, "
      "late); default: what the scenario asks for");
  check_command->add_option("--json", check.json_file, "Write results to this file (- is stdout)");
  check_command->add_option("--time-limit", check.time_limit, "Per check, for example 90s");
  check_command->add_option("--max-executions", check.max_executions, "Per check; 0 = no bound")
      ->check(CLI::NonNegativeNumber);
  check_command->add_flag("!--no-mutants", check.mutants, "Scenarios only");
  check_command->add_flag("--outcomes", check.outcomes, "Print the outcome tables");
  check_command->add_flag("--reports", check.reports, "Print the reports of mutants, too");
  check_command->add_option(
      "--stress", check.stress,
      "Then run the scenarios natively, for example 20s, and end in one table");
  check_command->callback([&] { command = [&] { return Check(check); }; });

  ReplayArguments replay;
  auto* replay_command = app.add_subcommand("replay", "Run one reported execution again");
  replay_command->add_option("TOKEN", replay.token, "As printed by check")->required();
  replay_command->add_option("--json", replay.json_file, "Write the result to this file");
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
  try {
    return Run(argc, argv);
  } catch (const std::invalid_argument& e) {
    return Fail(kMisuse, e.what());
  } catch (const std::exception& e) {
    return Fail(kBug, std::string("bug in Heddle: ") + e.what());
  }
}
