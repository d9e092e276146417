#!/usr/bin/env python3
"""Plots what one execution costs by its length: runs heddle_bench --scaling, writes an SVG.

    cmake --build --preset release --target heddle_bench
    python3 bench/scaling.py

Large programs are cut short, so their points show the first executions of the search only.
"""
import argparse
import json
import math
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 40, 50  # margins around the axes
# Half-way between black and white, so that they can be read on either; no background is drawn.
GREY = "#7d8590"
COLOURS = ["#2f81f7", "#d9730d", "#2da44e", "#bf4b8a"]


def measure(bench, repetitions):
    """Returns {program: [(events per execution, microseconds per execution), …]} by length.

    Of the repetitions the fastest counts: what slows the others down is the rest of the machine.
    """
    command = [bench, "--scaling", "--benchmark_format=json",
               f"--benchmark_repetitions={repetitions}"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    fastest = {}
    for run in json.loads(output)["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        program = run["name"].split("/")[0]
        points = fastest.setdefault(program, {})
        events, cost = run["events"], 1e6 / run["exec/s"]
        points[events] = min(cost, points.get(events, math.inf))
    return {program: sorted(points.items()) for program, points in fastest.items()}


def tick_step(largest):
    """The step 1, 2 or 5 × 10^k that divides an axis into four to ten parts."""
    power = 10.0 ** math.floor(math.log10(largest / 4))
    return max(step * power for step in (1, 2, 5) if largest / (step * power) >= 4)


class Plot:
    """Both axes are linear and start at 0, so that a cost per event is a straight line."""

    def __init__(self, lines):
        self.steps = [tick_step(max(p[axis] for line in lines.values() for p in line))
                      for axis in (0, 1)]
        self.ends = [self.steps[axis] * math.ceil(
            max(p[axis] for line in lines.values() for p in line) / self.steps[axis])
                     for axis in (0, 1)]
        self.parts = []

    def x(self, events):
        return LEFT + events / self.ends[0] * (WIDTH - LEFT - RIGHT)

    def y(self, cost):
        return HEIGHT - BOTTOM - cost / self.ends[1] * (HEIGHT - TOP - BOTTOM)

    def text(self, x, y, words, anchor="middle", colour=GREY, more=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
                          f'fill="{colour}"{more}>{words}</text>')

    def rule(self, x1, y1, x2, y2, opacity):
        self.parts.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{GREY}" '
                          f'stroke-opacity="{opacity}"/>')

    def axes(self):
        for i in range(round(self.ends[0] / self.steps[0]) + 1):
            tick = i * self.steps[0]
            self.text(self.x(tick), self.y(0) + 18, f"{tick:g}")
        for i in range(round(self.ends[1] / self.steps[1]) + 1):
            tick = i * self.steps[1]
            self.rule(self.x(0), self.y(tick), self.x(self.ends[0]), self.y(tick),
                      1 if i == 0 else 0.3)
            self.text(self.x(0) - 8, self.y(tick) + 4, f"{tick:g}", "end")
        middle = (self.y(0) + self.y(self.ends[1])) / 2
        self.text(self.x(self.ends[0] / 2), HEIGHT - 12, "events per execution")
        self.text(18, middle, "CPU microseconds per execution",
                  more=f' transform="rotate(-90 18 {middle:.1f})"')
        self.text(self.x(0), 22, "Cost of one execution by its length, rc11", "start")

    def line(self, program, points, colour):
        path = "L".join(f"{self.x(e):.1f} {self.y(c):.1f}" for e, c in points)
        self.parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for events, cost in points:
            self.parts.append(f'<circle cx="{self.x(events):.1f}" cy="{self.y(cost):.1f}" r="3" '
                              f'fill="{colour}"><title>{program}: {events:g} events, '
                              f'{cost:.2f} µs</title></circle>')
        events, cost = points[-1]
        self.text(self.x(events), self.y(cost) - 10, program, "end", colour)

    def svg(self):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="13">',
            *self.parts, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, default=ROOT / "build/release/bench/heddle_bench")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/images/scaling.svg")
    parser.add_argument("--repetitions", type=int, default=3, help="the fastest one counts")
    arguments = parser.parse_args()

    lines = measure(arguments.bench, arguments.repetitions)
    plot = Plot(lines)
    plot.axes()
    for colour, (program, points) in zip(COLOURS, lines.items()):
        plot.line(program, points, colour)
        for events, cost in points:
            print(f"{program:8} {events:5g} events  {cost:6.2f} µs per execution")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(plot.svg(), encoding="utf-8")
    print("written:", arguments.output)


if __name__ == "__main__":
    main()
