#!/usr/bin/env python3
"""Writes docs/answers/text-poke.md: what each way of changing running text gives and costs.

    ./x answers

which builds heddle and the benchmarks and runs this.
"""
import argparse
import json
import os
import subprocess
from pathlib import Path

from page import Checks, ROOT, shown, sources, table

ARM64, X86 = "arm64", "x86-64"

INTRODUCTION = """\
# Changing instructions that other CPUs execute

<!-- Written by ./x answers: do not edit. -->

The questions are those of kernel developers about jump labels, breakpoints and `TEXT_POKE` events for trace decoders: when
the one who changed an instruction goes on, may another CPU still execute the old one, and for how long? Is there one moment
before which every CPU executes the old instruction and after which every CPU executes the new one, so that an event can be
put there? What does it cost?

Each answer is a verdict of `heddle check`, written as SCENARIO or SCENARIO/MUTANT, with the executions explored: to see it
again, `heddle check` it. "Holds" means in all executions within the scenario's bound, and that each outcome in its table is
seen: `arm64_nosync` holds *with* the old word among the outcomes. The models for arm64 are Arm's, without
and with the CTR_EL0 options IDC and DIC; those for x86-64 are sc, x86-TSO and C++20's over a byte-wise stale fetch.
"""

# protocol, instruction set, what an executor may run, evidence; the event, evidence; the window.
ROWS = [
    ("store and cache maintenance (\"nosync\")", ARM64,
     "old, without bound: until its next context synchronisation, if there is one",
     ["arm64_nosync", "arm64_nosync_isb"],
     "no: old runs after it, or new before it",
     ["arm64_text_poke/nosync-event-before", "arm64_text_poke/nosync-event-after"],
     "unbounded"),
    ("the same, then interrupt every CPU", ARM64,
     "new only, once it is done", ["arm64_poke_sync", "arm64_poke_sync_2"],
     "no: meanwhile some CPUs run old and others new",
     ["arm64_text_poke/sync-event-before", "arm64_text_poke/sync-event-after"],
     "store to interrupt"),
    ("BRK meanwhile", ARM64,
     "new only, once it is done; between the interrupts BRK, which is emulated",
     ["arm64_poke_brk", "arm64_poke_brk_2", "arm64_poke_brk_twice", "arm64_poke_batch_2",
      "arm64_poke_in_turn_2"],
     "yes: between the first interrupt and the new word",
     ["arm64_text_poke"], "two interrupts; a CPU that comes by traps"),
    ("stop_machine", ARM64,
     "new only: everybody is held meanwhile, and any instruction may be changed",
     ["stop_machine_arm64"],
     "yes: while everybody is held", ["stop_machine_arm64"], "all CPUs stand still"),
    ("plain stores", X86,
     "a mixture of old and new bytes", ["poke_one_site/no-int3"],
     "no", ["poke_one_site/no-int3"], "–"),
    ("INT3 meanwhile", X86,
     "new only, once it is done; from the first interrupt on never old",
     ["poke_one_site", "poke_one_site_2", "poke_batch", "poke_batch_2"],
     "yes: between the tail's interrupt and the new first byte",
     ["x86_text_poke"], "three interrupts; a CPU that comes by traps"),
    ("stop_machine", X86,
     "new only: everybody is held meanwhile", ["stop_machine_x86"],
     "yes: while everybody is held", ["stop_machine_x86"], "all CPUs stand still"),
]


def costs(bench):
    """What the benchmarks of native patching measure, by their names."""
    done = subprocess.run([bench, "--patching", "--benchmark_format=json"], check=True,
                          stdout=subprocess.PIPE)
    return {b["name"].removesuffix("/real_time"): b for b in json.loads(done.stdout)["benchmarks"]}


def patches(measured):
    """The rows of the table of patches."""
    for protocol, name in (("INT3 meanwhile", "int3"), ("stop_machine", "stop_machine")):
        for sites in (1, 64):
            b = measured[f"poke/{name}/sites/{sites}"]
            yield [protocol, str(sites), f"{b['real_time']:.0f}", f"{b['real_time'] / sites:.2f}",
                   f"{b['slow_down']:.2f}"]


def branches(measured):
    """The rows of the table of static keys: ns per branch, beyond counting without one."""
    none = measured["static_key/none"]["per_branch"]
    for what, name in (("a flag in memory", "plain"), ("a static key", "key")):
        yield [what] + [f"{1e9 * (measured[f'static_key/{name}/{state}']['per_branch'] - none):.2f}"
                        for state in ("off", "on")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    release = ROOT / "build/release"
    parser.add_argument("--heddle", type=Path, default=release / "cli/heddle")
    parser.add_argument("--bench", type=Path, default=release / "bench/heddle_bench")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/answers/text-poke.md")
    arguments = parser.parse_args()
    for program in (arguments.heddle, arguments.bench):
        if not program.is_file():
            parser.error(f"there is no '{program}'; ./x answers builds it")

    evidence = [name for row in ROWS for name in (*row[3], *row[5])]
    checks = Checks(arguments.heddle, list(dict.fromkeys(n.split("/")[0] for n in evidence)),
                    repetitions=1).of
    answers = [[row[0], row[1], row[2], row[4], row[6]] for row in ROWS]
    files = sources()
    proofs = [[row[0], row[1], "<br>".join(shown(n, checks, files) for n in row[3]),
               "<br>".join(shown(n, checks, files) for n in row[5])] for row in ROWS]
    text = (INTRODUCTION + "\n## Answers\n\n"
            + table(["protocol", "on", "when the patcher goes on, others execute",
                     "one moment for an event?", "window"], answers)
            + "\n## Evidence\n\n"
            + table(["protocol", "on", "what others execute", "the event"], proofs))

    measured = costs(arguments.bench)
    text += ("\n## What one patch costs natively\n\n"
             f"On the x86-64 machine that wrote this page, with {os.cpu_count()} CPUs (user space: interrupts by membarrier, traps as\n"
             "signals), a patcher and two executors calling the patched function all the time; with stop_machine they look\n"
             "between two calls whether they are to stop, and it waits until each has been scheduled. The time\n"
             "of a batch bounds the window, too, which begins with the first store and ends when no CPU may execute anything but\n"
             "the new instructions. Slow-down: calls per second before patching, divided by those meanwhile.\n\n"
             + table(["protocol", "sites in a batch", "µs per batch ≥ window", "µs per site",
                      "slow-down of executors"], patches(measured)))
    switch = measured["static_key/switch_on_and_off"]["real_time"]
    text += ("\nA static call is one such poke for its trampoline and one for each site. A static key of a program itself\n"
             f"(`keys/`) with eight sites that nobody executes meanwhile goes on and off again in {switch / 1000:.1f} µs. A branch\n"
             "in a loop of such branches, always predicted, then costs, in ns beyond a loop without:\n\n"
             + table(["branch on", "off", "on"], branches(measured))
             + "\nNatively, arm64's protocols run under an emulator only so far, so there are no times of theirs "
               "here: neither\nof nosync nor of BRK.\n")
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
