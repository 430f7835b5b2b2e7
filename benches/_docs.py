"""Puts the figures of a run into the documentation, so that none is ever typed by hand."""

import pathlib
import re
import sys

import _bars
import _chart

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
PAGE, CHART = DOCS / "performance.md", DOCS / "performance.svg"
PLACE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


def write(record, page=PAGE, chart=CHART):
    """The table into its place in the page, and the chart beside it."""
    if "machine" not in record:
        sys.exit("there are no figures yet: run `make bench` first")
    text = page.read_text()
    if not PLACE.search(text):
        sys.exit(f"{page} has no place for the table")
    table = _bars.markdown(record["lines"], record["machine"])
    page.write_text(PLACE.sub(lambda _: f"\n{table}\n", text))
    chart.write_text(_chart.svg(record["figures"], record["machine"]))
