"""The chart of the README: throughput beside the floor's, on a scale on which each step is ten times."""

import math
import statistics
from xml.sax.saxutils import escape

# case, what is shown, figure, and whether more of it is better
SHOWN = [
    ("ready", "group of stored results", "per_second", True),
    ("wait", "results as they come", "per_second", True),
    ("ping", "one task at a time", "p50_us", False),
    ("threads", "16 threads", "per_second", True),
]
PARTIES = {"floor": "plain hiredis", "ours": "libcelery_result", "celery": "Celery's client"}
LEFT, WIDTH, ROW, TOP = 190, 430, 18, 58
LEAST, MOST = 0.001, 3.0

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.quiet { fill: #57606a } .floor { fill: #8c959f } .ours { fill: #0969da } .celery { fill: #bf8700 }
line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .quiet { fill: #8b949e } .floor { fill: #6e7681 } .ours { fill: #58a6ff }
  .celery { fill: #d29922 } line { stroke: #30363d }
}
"""


def place(ratio):
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + share * WIDTH


def ratios(parties, figure, more):
    """Each party's speed as a part of the floor's."""
    floor = statistics.median(run[figure] for run in parties["floor"])
    for party in PARTIES:
        if party in parties:
            value = statistics.median(run[figure] for run in parties[party])
            yield party, (value / floor if more else floor / value)


def svg(figures, machine):
    body, y = [], TOP
    for case, title, figure, more in SHOWN:
        if "floor" not in figures.get(case, {}):
            continue
        body.append(f'<text x="{LEFT - 10}" y="{y + 24}" text-anchor="end">{escape(title)}</text>')
        for party, ratio in ratios(figures[case], figure, more):
            start, end = place(LEAST), place(ratio)
            body.append(f'<rect class="{party}" x="{start:.1f}" y="{y}" width="{end - start:.1f}" height="{ROW - 4}"/>')
            body.append(f'<text class="quiet" x="{end + 6:.1f}" y="{y + 12}">{ratio:.3g}</text>')
            y += ROW
        y += 14
    grid = []
    for power in range(-3, 1):
        x = place(10.0**power)
        grid.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{y - 8}"/>')
        grid.append(f'<text class="quiet" x="{x:.1f}" y="{y + 8}" text-anchor="middle">{10.0**power:g}</text>')
    legend, x = [], LEFT
    for party, name in PARTIES.items():
        legend.append(f'<rect class="{party}" x="{x}" y="20" width="12" height="12"/>')
        legend.append(f'<text x="{x + 17}" y="30">{escape(name)}</text>')
        x += 150
    about = f"{machine['processor']}, {machine['processors']} processors, Redis {machine['redis']}, {machine['date']}"
    legend.append(f'<text class="quiet" x="{LEFT}" y="{y + 28}">{escape(about)}</text>')
    parts = "\n".join(grid + legend + body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 60} {y + 40}" role="img">\n'
        "<title>Speed as a part of plain hiredis on the same work</title>\n"
        "<desc>For each kind of work a bar each for plain hiredis, this library and Celery's own client. "
        "Each step of the scale is ten times.</desc>\n"
        f"<style>{STYLE}</style>\n{parts}\n</svg>\n"
    )
