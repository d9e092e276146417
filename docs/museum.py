#!/usr/bin/env python3
"""Writes docs/museum.md: bugs of released code, put back into ours and found.

    ./x museum

which builds heddle and runs this.  A mutant is in the museum if its description has a kMuseum.
"""
import argparse
from pathlib import Path

from page import Checks, found, number, run, table

ROOT = Path(__file__).resolve().parent.parent

INTRODUCTION = """\
# The museum

<!-- Written by ./x museum: do not edit. -->

Bugs that kernels had, in releases or shortly before one, put back into Heddle's own protocols one at a time. Each is found by `heddle check`, with
the kind of error that stands here, and the protocol without it holds within the scenario's bounds, completely explored. To
see one: `heddle check SCENARIO/MUTANT`.

The number beside an error is that of the complete executions seen before it, and, after a +, of the blocked ones; "–":
this model does not show it. Seconds are those of one worker on one core of the machine that wrote this page.
"""


def before_it_was_fixed(mutant):
    return mutant["source"] or "–"


def why(mutant):
    reasons = [mutant["why"][m] for m, e in mutant["expected"].items() if e != "holds"]
    return "; ".join(dict.fromkeys(reasons))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--heddle", type=Path, default=ROOT / "build/release/cli/heddle",
                        help="the command to run (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/museum.md")
    arguments = parser.parse_args()
    if not arguments.heddle.is_file():
        parser.error(f"there is no '{arguments.heddle}'; ./x museum builds it")

    described = {s["name"]: s for s in run(arguments.heddle, "list", "--json")}
    mutants = sorted((s for s in described.values() if "museum" in s), key=lambda s: s["museum"])
    scenarios = list(dict.fromkeys(m["scenario"] for m in mutants))
    checks = Checks(arguments.heddle, scenarios).of

    bugs = [[str(m["museum"]), m["what"], why(m), before_it_was_fixed(m), f"`{m['name']}`",
             "<br>".join(f"{model}: {found(c)}" for model, c in checks[m["name"]].items())]
            for m in mutants]
    fixed = [[f"`{name}`", described[name]["what"],
              "<br>".join(f"{model}: {number(c['executions'])}" for model, c in checks[name].items()),
              "<br>".join(f"{c['seconds']:.2f}" for c in checks[name].values())]
             for name in scenarios]
    arguments.output.write_text(
        INTRODUCTION + "\n## The bugs\n\n"
        + table(["no.", "bug", "mechanism", "code that had it", "mutant", "found"], bugs)
        + "\n## The protocols without them\n\nExecutions are all that there are.\n\n"
        + table(["scenario", "question and bound", "executions", "seconds"], fixed),
        encoding="utf-8")


if __name__ == "__main__":
    main()
