"""What the pages written from heddle's own output share: running it, and tables."""
import json
import subprocess

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
