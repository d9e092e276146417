#!/usr/bin/env python3
"""Writes docs/torture.md: what native torture of RCU finds, and how fast.

    ./x torture

which builds heddle and runs this.
"""
import argparse
import json
import math
import os
import subprocess
from pathlib import Path

from page import ROOT, number, sources, table

INTRODUCTION = """\
# Torture of RCU on a real machine

<!-- Written by ./x torture: do not edit. -->

A native run proves nothing, so it should say how much it would have found. Each kind of RCU in `rcu/` is tortured in two ways,
by `heddle stress 'torture_*'`:

- **tight** ([tight_program.h](../scenarios/torture/tight_program.h)): an updater and a reader or two, as fast as the flavour
  allows. Replaced objects are poisoned after each grace period; no reader may hold one that is.
- **wide** ([wide_program.h](../scenarios/torture/wide_program.h)): sections of 100 ns to 10 ms, nested, preempted, interrupted
  by handlers that read, asleep or on another CPU where the flavour allows it; an updater that waits, polls cookies and queues
  callbacks; another one beside it; CPUs that are idle, and pauses of all. Each object has an age, which grows at its
  unpublication and after each grace period. A reader that leaves with age 0 or 1 is right; with more, a grace period was
  too short.

What is right must pass. Of each of the mutants, the rate says how much that is worth: killed `k` times in `t` seconds of runs
that end at the first failure, its rate is `r = k / t`, and a run of `T` seconds misses such a bug with a probability of
`exp(-r T)`.
"""

CLOSE = """\
`age=1` is a near miss: the grace period waited for that reader. A **close call** is a reader whose object had age 1 before it
unlocked and age 2 right after it. That is not wrong, but more than one in ten of the near misses (and more than 20) fails the
run: a grace period's end takes longer than a second look, unless the reader is interrupted just there. RCU and RCU-tasks
have no close calls: unlocking ends no reader there, so age 2 after it is a failure, too.
"""

def stress(heddle, glob, duration, mutants, seed):
    """What heddle stress says, as JSON; ends this program if it says that it has shown nothing."""
    command = [heddle, "stress", glob, "--duration", f"{duration}s", "--seed", str(seed), "--json", "-"]
    if mutants is not None:
        command += ["--mutants", f"{mutants}s"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    runs = json.loads(done.stdout)["results"] if done.returncode in (0, 1, 4) else []
    failed = [f"{run['scenario']}: {run['failures'] or run['notes']}" for run in runs
              if run["verdict"] in ("failed", "harness not trusted")]
    survivors = any(run["verdict"] == "survived" for run in runs)
    if failed or done.returncode not in (0, 4) or (done.returncode == 4 and not survivors):
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n" + "\n".join(failed))
    return runs


class Sum:
    """Of all runs of one scenario or mutant."""

    def __init__(self):
        self.runs = self.kills = 0
        self.seconds = self.longest = 0.0
        self.counts, self.why = {}, ""

    def add(self, run):
        seconds = run["milliseconds"] / 1000
        self.runs += 1
        self.seconds += seconds
        if run["verdict"] == "killed" or self.kills == 0:
            self.why = run.get("why", "") or self.why
        if run["verdict"] == "killed":
            self.kills += 1
            self.longest = max(self.longest, seconds)
        for outcome in run.get("outcomes", []):
            key = tuple(outcome["values"])
            self.counts[key] = self.counts.get(key, 0) + outcome["count"]

    def per_second(self, key):
        return self.counts.get(key, 0) / max(self.seconds, 0.001)


def rate(n):
    return number(round(n)) if n >= 10 else f"{n:.2g}"


def scenario_row(name, s, files):
    shown = f"[`{name}`](../{files[name]})"
    if name.startswith("torture_tight"):
        return [shown, rate(s.per_second((0, 1))), rate(s.per_second((1, 1))), "–", "–"]
    readers = s.per_second((1, 0)) + s.per_second((1, 1))
    close = number(s.counts[(3, 1)]) if (3, 1) in s.counts else "–"
    return [shown, rate(s.per_second((0, 1))), rate(readers), number(s.counts.get((1, 1), 0)), close]


def mutant_row(name, m, seconds):
    if m.seconds == 0 and m.kills == 0:
        return [f"`{name}`", "not run", "–", "–", m.why]
    r = m.kills / max(m.seconds, 0.001)
    miss = math.exp(-r * seconds)
    return [f"`{name}`", f"{m.kills} of {m.runs}", f"{m.longest:.2f} s" if m.kills else "–",
            f"{rate(r)}/s, {'< 1e-15' if miss < 1e-15 else f'{miss:.1g}'}" if m.kills else "–", m.why or "not known yet"]


def minutes(heddle, names, seconds, files):
    """One run alone of each, long: the rows that say what it has seen."""
    rows = []
    for name in names:
        run, = stress(heddle, name, seconds, None, 1)
        counts = {tuple(o["values"]): o["count"] for o in run["outcomes"]}
        readers = counts.get((1, 0), 0) + counts.get((1, 1), 0)
        rows.append([f"[`{name}`](../{files[name]})", f"{run['milliseconds'] / 1000:.0f} s",
                     number(counts.get((0, 1), 0)), number(readers), number(counts.get((1, 1), 0)),
                     number(counts[(3, 1)]) if (3, 1) in counts else "–",
                     *(number(run["disturbances"][kind]) for kind in ("freezes", "stops", "migrations", "stalls")), "0"])
    return rows


def others(heddle, mutants):
    """Mutants of what is no torture, but runs natively, too."""
    rows = []
    for glob in ("srcu*", "rcu*"):
        for run in stress(heddle, glob, 10, mutants, 1):
            if "/" not in run["scenario"]:
                continue
            rows.append([f"`{run['scenario']}`", run["verdict"],
                         f"{run['milliseconds'] / 1000:.2f} s" if run["milliseconds"] else "–",
                         run["why"] or "–"])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--heddle", type=Path, default=ROOT / "build/release/cli/heddle")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/torture.md")
    parser.add_argument("--runs", type=int, default=20, help="of each mutant")
    parser.add_argument("--mutants", type=float, default=5, help="seconds for each at most")
    parser.add_argument("--duration", type=float, default=24, help="seconds for all scenarios")
    parser.add_argument("--long", type=float, default=60, help="seconds for each wide scenario, alone")
    parser.add_argument("--miss", type=float, default=10, help="T of exp(-r T), in seconds")
    arguments = parser.parse_args()
    if not arguments.heddle.is_file():
        parser.error(f"there is no '{arguments.heddle}'; ./x torture builds it")
    if arguments.runs < 1:
        parser.error(f"--runs {arguments.runs}: give at least 1")

    files = sources()
    wide = [name for name in files if name.startswith("torture_wide")]
    long_runs = minutes(arguments.heddle, wide, arguments.long, files)
    sums = {}
    for seed in range(1, arguments.runs + 1):
        for run in stress(arguments.heddle, "torture_*", arguments.duration, arguments.mutants, seed):
            sums.setdefault(run["scenario"], Sum()).add(run)
    scenarios = [scenario_row(n, s, files) for n, s in sums.items() if "/" not in n]
    mutants = [mutant_row(n, s, arguments.miss) for n, s in sums.items() if "/" in n]
    text = (INTRODUCTION + "\n## What is right\n\n"
            + table(["scenario", "updates/s", "sections/s", "near misses", "close calls"], scenarios)
            + "\n" + CLOSE
            + f"\n## {arguments.long:g} seconds of each kind\n\n"
              "One run each, alone on the machine, disturbed: threads freeze, stall for some microseconds and are moved to another\n"
              "CPU, the process is stopped ([ADR 16](adr/0016-disturbances.md)).\n\n"
            + table(["scenario", "time", "updates", "sections", "near misses", "close calls", "freezes", "stops",
                     "migrations", "stalls", "failures"], long_runs)
            + "\n## Mutants\n\n"
            + table(["mutant", "killed", "longest", f"rate, P(miss in {arguments.miss:g} s)",
                     "by what, or why not"], mutants)
            + f"\n{arguments.runs} runs of each, of {arguments.mutants:g} s at most, on {os.cpu_count()} CPUs with a load of "
            f"{os.getloadavg()[0]:.1f} (the runs' own threads included).\n"
              "Rates are this machine's, and a busy one's are lower: compare ratios.\n"
            + "\n## Mutants of the other scenarios\n\n"
              "The scenarios `srcu*` and `rcu*` have mutants for the other barriers and steps, which `heddle check` judges. Some show\n"
              f"natively, too: one run each, of {arguments.mutants:g} s at most. What is not run, or hardly shows, says why.\n\n"
            + table(["mutant", "verdict", "after", "by what, or why not"],
                    others(arguments.heddle, arguments.mutants)))
    arguments.output.write_text(text, encoding="utf-8")
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
