#!/usr/bin/env python3
"""Writes docs/classic.md: what heddle check finds in scenarios/classic/ and scenarios/sync/.

    ./x classic

which builds heddle and runs this.  tests/scenarios/classic_page_test.cpp notices if the page no
longer names the scenarios and mutants that there are.
"""
import argparse
import re
from pathlib import Path

from page import Checks, found, number, run, table

ROOT = Path(__file__).resolve().parent.parent
MODELS = ["sc", "tso", "rc11"]
FOLDERS = {"scenarios/classic": "Locks and lock-free structures",
           "scenarios/sync": "Programs of mutexes, condition variables and threads"}

INTRODUCTION = """\
# Classic code

<!-- Written by ./x classic: do not edit. -->

What `heddle check` finds in well-known algorithms, and in their well-known bugs: a *mutant* is the algorithm with one
step weakened or left out. "Published" says where such a bug has been described, or which released code had it; "–": we
know of none, and the mutant shows that the step is needed. Seconds are those of one worker on one core of the machine that wrote this
page; everything else is the same everywhere.

The numbers beside an error are the complete executions that were seen before it, and, after a +, the blocked ones.
"–": the step is not needed under that model, and the search was complete. Bounds (CPUs, entries, attempts) are part
of each scenario: a verdict is about them, not about all programs.
"""


def headers():
    """{scenario: the header that describes it}; a mutant's kName stands two levels deep."""
    found = {}
    for folder in FOLDERS:
        for header in sorted((ROOT / folder).glob("*.h")):
            for name in re.findall(r'^  static constexpr std::string_view kName = "(.+)";$',
                                   header.read_text(), re.MULTILINE):
                found[name] = header.relative_to(ROOT)
    return found


def seconds(checks):
    return f"{sum(c['seconds'] for c in checks):.2f}"


def why(described):
    """Why the step is needed: the reasons of the models under which it is, mostly one."""
    reasons = [described["why"][m] for m in MODELS if described["expected"][m] != "holds"]
    return "; ".join(dict.fromkeys(reasons))


class Page:
    def __init__(self, heddle):
        self.headers = headers()
        self.described = [s for s in run(heddle, "list", "--json")
                          if s["scenario"] in self.headers]
        self.checks = Checks(heddle, self.headers).of

    def text(self):
        return INTRODUCTION + self.summary() + "".join(
            f"\n## {title}\n" + "".join(self.section(s) for s in self.scenarios(folder))
            for folder, title in FOLDERS.items())

    def scenarios(self, folder=""):
        return [s for s in self.described
                if not s["mutant"] and str(self.headers[s["scenario"]]).startswith(folder)]

    def mutants(self, scenario):
        return [s for s in self.described if s["mutant"] and s["scenario"] == scenario["name"]]

    def summary(self):
        rows = []
        for s in self.scenarios():
            checks = [self.checks[s["name"]][m] for m in MODELS]
            mutants = self.mutants(s)
            published = sum(bool(m["source"]) for m in mutants)
            rows.append([f"`{s['name']}`", *(number(c["executions"]) for c in checks),
                         number(sum(c["blocked"] for c in checks)), seconds(checks),
                         f"{len(mutants)}" + (f", {published} published" if published else "")])
        return ("\n## All\n\nEvery scenario holds under all three models, and every mutant fails as "
                "stated. Executions per model; blocked\nones and seconds of the three together.\n\n"
                + table(["scenario", *MODELS, "blocked", "seconds", "mutants"], rows))

    def section(self, scenario):
        name, header = scenario["name"], self.headers[scenario["name"]]
        checks = self.checks[name]
        rows = [[m, checks[m]["verdict"], number(checks[m]["executions"]),
                 number(checks[m]["blocked"]), f"{checks[m]['seconds']:.3f}"] for m in MODELS]
        text = (f"\n### {name}\n\n{scenario['what']}\n\n[{header}](../{header}); "
                f"{scenario['source'] or 'no source'}.\n\n"
                + table(["model", "verdict", "executions", "blocked", "seconds"], rows))
        mutants = [[f"`{m['mutant']}`", m["what"], why(m), m["source"] or "–",
                    *(found(self.checks[m["name"]][model]) for model in MODELS)]
                   for m in self.mutants(scenario)]
        return text + "\n" + table(["mutant", "bug", "why it fails", "published", *MODELS], mutants)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--heddle", type=Path, default=ROOT / "build/release/cli/heddle",
                        help="the command to run (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/classic.md")
    arguments = parser.parse_args()
    if not arguments.heddle.is_file():
        parser.error(f"there is no '{arguments.heddle}'; ./x classic builds it")
    arguments.output.write_text(Page(arguments.heddle).text(), encoding="utf-8")


if __name__ == "__main__":
    main()
