"""What the pages written from heddle's own output share: running it, and tables."""
import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

REPETITIONS = 3  # the fastest counts: what slows the others down is the rest of the machine


def run(heddle, *arguments):
    """The JSON that heddle prints; exit status 1 is a verdict, too."""
    command = [heddle, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {done.returncode}")
    return json.loads(done.stdout)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n"
                   for line in lines)


def number(n):
    return f"{n:,}"


def found(check):
    """What a mutant's check found, as a table shows it."""
    if not check["error"]:
        return "–"
    blocked = f" + {number(check['blocked'])}" if check["blocked"] else ""
    return f"{check['error']} ({number(check['executions'])}{blocked})"


def sources():
    """Where each scenario is: {its name: the file, from ROOT}."""
    files = {}
    for header in sorted((ROOT / "scenarios").rglob("*.h")):
        for name in re.findall(r'^  static.* kName = "(\w+)"', header.read_text(encoding="utf-8"),
                               re.MULTILINE):
            files[name] = header.relative_to(ROOT)
    return files


def shown(name, checks, files):
    """The verdict on `name` under each model, as short as it can be told."""
    by_model = checks[name]
    counts = ", ".join(f"{m} {number(c['executions'])}" for m, c in by_model.items())
    errors = dict.fromkeys(c["error"] for c in by_model.values() if c["error"])
    file = files[name.split("/")[0]]
    return f"[`{name}`](../../{file}): {' or '.join(errors) if errors else 'holds'} ({counts})"


class Checks:
    """All checks of some scenarios and their mutants: of[name][model], the fastest of a few."""

    def __init__(self, heddle, scenarios, repetitions=REPETITIONS):
        self.of = {}
        for name in scenarios:
            for _ in range(repetitions):
                for check in run(heddle, "check", name, "--json", "-"):
                    self.add(check)

    def add(self, check):
        if not check["as_expected"]:
            raise SystemExit(f"{check['name']} under {check['model']} is not as expected: "
                             f"{check['verdict']}")
        known = self.of.setdefault(check["name"], {}).setdefault(check["model"], check)
        known["seconds"] = min(known["seconds"], check["seconds"])
