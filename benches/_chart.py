"""The chart of the README: results a second of each party, on a scale on which each step is ten times."""

import math
import statistics
from xml.sax.saxutils import escape

# case, and what is shown of it; of each the results a second
SHOWN = [
    ("ready", "a group that has finished"),
    ("wait", "results as they come"),
    ("share", "16 threads, stored results"),
    ("ping", "one task at a time"),
    ("threads", "16 threads, a task each"),
]
PARTIES = {"floor": "plain hiredis in C", "ours": "libcelery_result", "celery": "Celery's client in Python"}
LEFT, WIDTH, RIGHT, ROW, GAP, TOP = 190, 400, 150, 17, 13, 64

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.quiet { fill: #57606a }
.grid { stroke: #d0d7de }
.floor { fill: #6e7781; stroke: #6e7781 } .ours { fill: #0969da; stroke: #0969da }
.celery { fill: #9a6700; stroke: #9a6700 }
.reach { stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #8b949e }
  .grid { stroke: #30363d }
  .floor { fill: #8b949e; stroke: #8b949e } .ours { fill: #58a6ff; stroke: #58a6ff }
  .celery { fill: #d29922; stroke: #d29922 }
}
"""


def rates(parties):
    """Results a second of each party there is: the median of the rounds."""
    return {party: statistics.median(run["per_second"] for run in parties[party])
            for party in PARTIES if party in parties}


def labels(parties, found):
    """What is written beside each: ours with the same ratio as in the table."""
    texts = {party: f"{value / 1000:,.0f} 000/s" if value >= 10_000 else f"{value:,.0f}/s"
             for party, value in found.items()}
    ratios = [ours["per_second"] / floor["per_second"] for ours, floor in zip(parties["ours"], parties["floor"])]
    texts["ours"] += f" = {statistics.median(ratios):.2f} ×"
    return {party: text.replace(",", " ") for party, text in texts.items()}


def mark(party, x, y):
    """A shape for each, for those who do not see its colour."""
    if party == "floor":
        return f'<rect class="floor" x="{x - 4:.1f}" y="{y - 4}" width="8" height="8"/>'
    if party == "ours":
        return f'<circle class="ours" cx="{x:.1f}" cy="{y}" r="5"/>'
    return f'<path class="celery" d="M{x - 5:.1f} {y + 4}h10l-5 -9z"/>'


def svg(figures, machine):
    shown = [(title, rates(figures[case]), labels(figures[case], rates(figures[case])))
             for case, title in SHOWN if "floor" in figures.get(case, {})]
    values = [value for _, found, _ in shown for value in found.values()] or [1.0]
    least = math.floor(math.log10(min(values)))
    most = max(math.ceil(math.log10(max(values))), least + 1)

    def place(value):
        return LEFT + (math.log10(value) - least) / (most - least) * WIDTH

    rows, y = [], TOP
    for title, found, texts in shown:
        middle = y + len(found) * ROW / 2
        rows.append(f'<text x="{LEFT - 12}" y="{middle - 2:.1f}" text-anchor="end">{escape(title)}</text>')
        for party, value in found.items():
            x = place(value)
            rows.append(f'<line class="{party} reach" x1="{LEFT}" y1="{y}" x2="{x:.1f}" y2="{y}"/>')
            rows.append(mark(party, x, y))
            rows.append(f'<text class="quiet" x="{x + 11:.1f}" y="{y + 4}">{escape(texts[party])}</text>')
            y += ROW
        y += GAP

    grid = []
    for power in range(least, most + 1):
        x = place(10.0**power)
        grid.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP - 16}" x2="{x:.1f}" y2="{y - 8}"/>')
        name = f"{10**power:,}".replace(",", " ")
        grid.append(f'<text class="quiet" x="{x:.1f}" y="{y + 8}" text-anchor="middle">{name}</text>')

    legend, x = [], LEFT
    for party, name in PARTIES.items():
        legend.append(mark(party, x + 5, 24))
        legend.append(f'<text x="{x + 16}" y="28">{escape(name)}</text>')
        x += 34 + 7 * len(name)
    about = (f"results a second; × is to hiredis; {machine['processors']} processors ({machine['processor']}), "
             f"Redis {machine['redis']}, Celery {machine['celery']}, {machine['date']}")
    legend.append(f'<text class="quiet" x="20" y="{y + 32}">{escape(about)}</text>')

    parts = "\n".join(grid + legend + rows)
    said = "; ".join(f"{title}: " + ", ".join(f"{PARTIES[party]} {texts[party]}" for party in texts)
                     for title, _, texts in shown)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {y + 46:.0f}" '
        'role="img" aria-labelledby="title desc">\n'
        '<title id="title">Results a second beside plain hiredis and Celery on the same work</title>\n'
        f'<desc id="desc">On a scale on which each step is ten times. {escape(said)}.</desc>\n'
        f"<style>{STYLE}</style>\n{parts}\n</svg>\n"
    )
