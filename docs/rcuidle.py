#!/usr/bin/env python3
"""Writes docs/answers/rcuidle.md: what may protect the probes of tracepoints in idle code.

    ./x answers

which builds heddle and the benchmarks and runs this.
"""
import argparse
import os
import subprocess
from pathlib import Path

from page import Checks, ROOT, number, run, shown, sources, table

INTRODUCTION = """\
# Tracepoints where RCU does not watch

<!-- Written by ./x answers: do not edit. -->

Tracepoints such as `trace_hardirqs_off` are hit in idle and entry code, where RCU does not watch the CPU: a grace period does
not wait for what it reads there. What is to protect their probes (LKML, "Instrumentation and RCU", March 2020): SRCU, as since
2018? The dance of an interrupt's entry, always? Or a look at `rcu_is_watching()` first, and plain RCU everywhere?

[rcu/probe_readers.h](../../rcu/probe_readers.h) has each answer as a policy of one template;
[scenarios/idle_tracepoint.h](../../scenarios/idle_tracepoint.h) has one program for all of them: a CPU hits the tracepoint in
the kernel and while it is idle, an NMI that comes anywhere hits it, too, and another CPU replaces what the probes read and
overwrites the old. In all executions within that bound, under sc, x86-TSO and C++20's model: is nothing overwritten
that a probe still reads, and does RCU watch while a probe runs?
"""

# policy; evidence for a hit in the kernel, in idle code, with an NMI that hits; what it asks for.
LOOK, SRCU = "idle_tracepoint_look", "idle_tracepoint_srcu"
ENTER, REFUSE = "idle_tracepoint_enter", "idle_tracepoint_refuse"
BOTH = "idle_tracepoint_srcu_in_idle"
ROWS = [
    ("plain RCU, without a look", f"{LOOK}/trusts-not-idle", f"{LOOK}/trusts",
     f"{LOOK}/trusts-not-idle", "that nothing is traced in idle code"),
    ("enter as an interrupt does, always", ENTER, ENTER, ENTER,
     "a read-modify-write on both sides, in idle code"),
    ("SRCU, counters by one read-modify-write", SRCU, SRCU, SRCU,
     "two full barriers; who frees waits for SRCU, too"),
    ("SRCU for sites in idle code, RCU for others", BOTH, BOTH, BOTH,
     "that each site is of one kind; who frees waits for both"),
    ("SRCU, counters by loads and stores", f"{SRCU}/split-no-nmi", f"{SRCU}/split-no-nmi",
     f"{SRCU}/split-lock", "that no NMI hits it"),
    ("SRCU, and the probe reads what RCU protects", None,
     f"{SRCU}/probe-reads-rcu", f"{SRCU}/probe-reads-rcu", "probes that know where they are"),
    ("look whether RCU watches, enter only if not", LOOK, LOOK, LOOK,
     "that the task stays on its CPU between the look and the end"),
    ("do nothing where RCU does not watch", REFUSE, REFUSE, REFUSE,
     "entry code that is ordered so that nothing is lost"),
]

# The same with arrays of probes that come and go: scenarios, then mutants that wait for too little.
ARRAYS = ["tracepoint_101", "tracepoint_101_enter", "tracepoint_101_srcu", "tracepoint_101_srcu_in_idle",
          "tracepoint_101_look", "tracepoint_101_refuse"]
TOO_LITTLE = ["tracepoint_101_enter/plain", "tracepoint_101_srcu/no-wait",
              "tracepoint_101_srcu_in_idle/rcu-only", "tracepoint_101_srcu_in_idle/srcu-only"]
# No reader spans a grace period, with handlers: what and how long.
AXIOM = ["rcu_irq", "rcu_irqs", "rcu_nmi", "rcu_preempt", "rcu_preempt_migrate"]


def verdict(name, checks):
    if name is None:
        return "–"
    errors = dict.fromkeys(c["error"] for c in checks[name].values() if c["error"])
    return " or ".join(errors) if errors else "holds"


def printed(bench, option):
    """The table that the benchmark prints, and its cells by the name of their row."""
    text = subprocess.run([bench, option], check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return table(cells[0], cells[2:]), {row[0]: row[1:] for row in cells[2:]}


def conclusion(hits):
    """In words: the columns are 1 CPU in the kernel, 2 CPUs, 1 CPU idle, 2 CPUs."""
    srcu, look, enter = (hits[name] for name in ("SRCU", "look first", "enter always"))
    ratio = [float(s) / max(float(l), 0.01) for s, l in zip(srcu, look)]
    return (f"On this machine SRCU costs {ratio[0]:.1f} times what the look costs in the kernel, where nearly all hits are,\n"
            f"and {ratio[2]:.1f} times in idle code. Entering always costs {enter[0]} ns in the kernel and {enter[2]} ns in idle\n"
            f"code; the look {look[0]} and {look[2]}. So of those that hold everywhere and lose no hit, looking first is\n"
            "the one whose probes may read anything that RCU protects and whose hits in the kernel cost least.\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    release = ROOT / "build/release"
    parser.add_argument("--heddle", type=Path, default=release / "cli/heddle")
    parser.add_argument("--bench", type=Path, default=release / "bench/heddle_bench")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/answers/rcuidle.md")
    arguments = parser.parse_args()
    for program in (arguments.heddle, arguments.bench):
        if not program.is_file():
            parser.error(f"there is no '{program}'; ./x answers builds it")

    checks = Checks(arguments.heddle, [ENTER, SRCU, BOTH, LOOK, REFUSE, *ARRAYS, *AXIOM],
                    repetitions=1).of
    files = sources()
    described = {s["name"]: s for s in run(arguments.heddle, "list", "--json")}
    answers = [[policy, *(verdict(name, checks) for name in evidence), asks]
               for policy, *evidence, asks in ROWS]
    proofs = [[policy, "<br>".join(shown(name, checks, files) for name in dict.fromkeys(filter(None, evidence)))]
              for policy, *evidence, _ in ROWS]
    hits, cells = printed(arguments.bench, "--tracepoints")
    sections, _ = printed(arguments.bench, "--rcu")
    text = (INTRODUCTION + "\n## Answers\n\n"
            + table(["policy", "hit in the kernel", "in idle code", "an NMI hits, too",
                     "what it asks for"], answers)
            + "\n\"–\": what RCU protects by itself, as in the first row. Whether RCU watches is not asked of readers of SRCU, nor in the first row.\n"
              "\"holds\" with an NMI includes hits of the NMI while the CPU is idle, and amid a transition. The checker adds one\n"
              "thing to the published arguments: where a read-modify-write is no full barrier by itself, a handler that finds RCU\n"
              "watching needs a barrier of its own, as it may have come between the word's change and the barrier behind it\n"
              "(`no-nested-fence`).\n"
            + "\n## Evidence\n\n" + table(["policy", "checks, with executions"], proofs)
            + "\n## Arrays of probes\n\n"
              "What a hit reads first is the tracepoint's own array of probes. Where they come and go\n"
              "([scenarios/tracepoint_101_readers.h](../../scenarios/tracepoint_101_readers.h)), arrays and data are freed after a wait for the readers of\n"
              "the policy; natively, too, in `heddle stress 'tracepoint_101*'`. Who waits for too little frees what a hit reads.\n\n"
            + table(["checks, with executions"],
                    [[shown(name, checks, files)] for name in ARRAYS + TOO_LITTLE])
            + "\n## No reader spans a grace period\n\n"
              "All of the above rests on that. The searches are complete within the bound; seconds are one worker's.\n\n"
            + table(["scenario", "question and bound", "model", "executions", "blocked", "seconds"],
                    [[f"[`{name}`](../../{files[name]})", described[name]["what"], model,
                      number(c["executions"]), number(c["blocked"]), f"{c['seconds']:.2f}"]
                     for name in AXIOM for model, c in checks[name].items()])
            + "\n## What a hit costs natively\n\n"
              f"Measured on the machine that wrote this page, with {os.cpu_count()} CPUs; nanoseconds of CPU time per hit of a\n"
              "tracepoint whose probe does nothing, behind a static key. No kernel: context tracking and RCU are ours, in user\n"
              "space. liburcu's rows are a read-side section of its flavours, for which no CPU is ever idle.\n\n"
            + hits + "\n" + conclusion(cells)
            + "\n## What the readers cost\n\n"
              "The same machine, without tracepoints: ours beside liburcu's flavour of the same guarantees\n"
              "(bench/rcu_bench.cpp says what is compared, and what is not the same). Ours poll while they wait, liburcu's sleep until a\n"
              "reader wakes them: with two readers and the updater on two CPUs, ours wait for the scheduler.\n\n"
            + sections)
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
