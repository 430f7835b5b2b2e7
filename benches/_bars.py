"""What is made of the figures: ratios of the medians of alternating rounds, held against the bars."""

import statistics

LESS, MORE = "at most", "at least"


class Bar:
    """One line of the table: a figure of ours, alone or as a ratio to another party's."""

    def __init__(self, case, what, figure, to=None, bound=None, sense=MORE, unit="", of=None):
        self.case, self.what, self.figure, self.to = case, what, figure, to
        self.bound, self.sense, self.unit, self.of = bound, sense, unit, of

    def values(self, figures):
        """One value per round; None where the case was not run."""
        ours = [self.one(run) for run in figures.get(self.case, {}).get("ours", [])]
        if self.to in ("floor", "celery"):
            others = [self.one(run) for run in figures.get(self.case, {}).get(self.to, [])]
        elif self.to:
            others = [self.one(run) for run in figures.get(self.to, {}).get("ours", [])]
        else:
            return ours
        return [mine / other for mine, other in zip(ours, others)]

    def one(self, run):
        return run[self.figure]


class Pooled(Bar):
    """A percentile over the times of all rounds together."""

    def values(self, figures):
        parties = figures.get(self.case, {})
        def percentile(party):
            times = sorted(time for run in parties.get(party, []) for time in run["times"])
            return times[int(len(times) * self.figure)] if times else None
        mine = percentile("ours")
        if mine is None:
            return []
        return [mine / percentile(self.to)] if self.to else [mine]


BARS = [
    Bar("ready", "get of a group of stored results", "per_second", "floor", 0.80),
    Bar("ready", "get of a group of stored results", "per_second", "celery", 100),
    Bar("ready", "the same, handles made and freed and every value read", "whole_per_second", unit="/s"),
    Bar("ready", "the same: processor time of the get", "cpu_us_each", "floor"),
    Bar("wait", "results that come while waited for, from a queue", "per_second", "floor", 0.90),
    Bar("wait", "results that come while waited for, from a queue", "per_second", "celery", 50),
    Bar("wait", "the same: processor time", "cpu_us_each", "floor", 3, LESS),
    Bar("ping", "one task at a time, median", "p50_us", "floor", 0.80, LESS),
    Pooled("ping", "one task at a time, p99 of all rounds", 0.99, "floor", 1.2, LESS),
    Bar("ping", "one task at a time, median", "p50_us", "celery"),
    Bar("threads", "16 threads, one task after the other each", "per_second", "floor", 0.80),
    Bar("get", "stored results, one get after the other", "per_second", "floor"),
    Bar("get", "stored results, one get after the other", "per_second", "celery"),
    Bar("wake", "memory://, store to return across threads, median", "p50_us", None, 15, LESS, " us"),
    Bar("queue", "memory://, results through a queue", "per_second", None, 1_000_000, MORE, "/s"),
    Pooled("cancel", "cancel to return, p99", 0.99, None, 1000, LESS, " us"),
    Pooled("late", "memory://, return after the deadline, p99", 0.99, None, 1000, LESS, " us"),
    Pooled("late-redis", "Redis, return after the deadline, p99", 0.99, None, 1000, LESS, " us"),
    Bar("pending", "1 000 000 pending ids, each in the process", "bytes_each", None, 330, LESS, " bytes"),
    Bar("pending", "the same in Redis", "redis_bytes_each", unit=" bytes"),
    Bar("pending", "the same to one of 250 000", "bytes_each", "pending-quarter", 1.3, LESS),
    Bar("pending", "the same, to add and subscribe to one", "add_us_each", unit=" us"),
    Bar("restore", "group of 200 000 restored and got, a member to one of 20 000", "us_each", "restore-tenth",
        1.3, LESS),
    Bar("first", "open and first result, a fresh process", "ms", None, 5, LESS, " ms"),
    Bar("load", "loading the library", "ms", None, 2, LESS, " ms"),
    Bar("sizes", "stripped library, all default features", "default", None, 8, LESS, " MB"),
    Bar("sizes", "stripped library, Redis and json alone", "minimal", None, 3, LESS, " MB"),
]


def lines(figures):
    """The table as data: what, value, least, most, bar, whether it is met."""
    found = []
    for bar in BARS:
        values = bar.values(figures)
        if not values:
            continue
        middle = statistics.median(values)
        met = None
        if bar.bound is not None:
            met = middle <= bar.bound if bar.sense == LESS else middle >= bar.bound
        found.append({
            "case": bar.case, "what": bar.what, "to": bar.to if bar.to in ("floor", "celery") else None,
            "value": middle, "least": min(values), "most": max(values), "rounds": len(values),
            "unit": bar.unit or " x", "bar": bar.bound, "sense": bar.sense, "met": met,
        })
    return found


def shown(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def words(line):
    what = line["what"] + (f", to {line['to']}" if line["to"] else "")
    figure = shown(line["value"]) + line["unit"]
    spread = f"{shown(line['least'])} to {shown(line['most'])}" if line["rounds"] > 1 else ""
    bar = f"{line['sense']} {shown(line['bar'])}" if line["bar"] is not None else ""
    verdict = {True: "met", False: "MISSED", None: ""}[line["met"]]
    return line["case"], what, figure, spread, bar, verdict


def table(found):
    rows = [words(line) for line in found]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(6)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def markdown(found, machine):
    head = "| case | what | median of the rounds | least to most | bar | |\n|---|---|---|---|---|---|\n"
    body = "".join(f"| {' | '.join(words(line))} |\n" for line in found)
    about = ", ".join(f"{key} {value}" for key, value in machine.items())
    return f"{head}{body}\nMeasured by `make bench` ({about}).\n"
