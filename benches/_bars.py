"""What is made of the figures: ratios and figures by round, their medians, held against the bars."""

import statistics

LESS, MORE = "at most", "at least"


class Bar:
    """One line of the table: a figure of ours (or of another party) by round, alone, or as a ratio to
    another party's or to that of another case. Without a bound it is told for its own sake."""

    def __init__(self, case, what, figure, to=None, bound=None, sense=MORE, unit="", of="ours"):
        self.case, self.what, self.figure, self.to, self.of = case, what, figure, to, of
        self.bound, self.sense, self.unit = bound, sense, unit

    def runs(self, figures):
        """The party's own, and the other's where there is another."""
        own = figures.get(self.case, {}).get(self.of, [])
        if self.to in ("floor", "celery"):
            return own, figures.get(self.case, {}).get(self.to, [])
        return own, figures.get(self.to, {}).get("ours", [])

    def by_round(self, figures):
        """Nothing where the case was not run."""
        own, others = ([self.one(run) for run in runs] for runs in self.runs(figures))
        return [mine / other for mine, other in zip(own, others)] if self.to else own

    def one(self, run):
        return run[self.figure]

    def value(self, figures):
        return statistics.median(self.by_round(figures))


class Pooled(Bar):
    """A percentile over the times of all rounds together."""

    def one(self, run):
        return percentile(run["times"], self.figure)

    def value(self, figures):
        own, others = ([time for run in runs for time in run["times"]] for runs in self.runs(figures))
        mine = percentile(own, self.figure)
        return mine / percentile(others, self.figure) if self.to else mine


def percentile(times, share):
    return sorted(times)[int(len(times) * share)]


BARS = [
    Bar("ready", "get of a group of stored results", "per_second", "floor", 0.80),
    Bar("ready", "get of a group of stored results", "per_second", "celery", 100),
    Bar("ready", "the same, handles made and freed and every value read", "whole_per_second", unit="/s"),
    Bar("ready", "the same: processor time of the get", "cpu_us_each", "floor"),
    Bar("wait", "results that come while waited for, from a queue", "per_second", "floor", 0.90),
    Bar("wait", "results that come while waited for, from a queue", "per_second", "celery", 50),
    Bar("wait", "the same: processor time", "cpu_us_each", "floor", 3, LESS),
    Bar("wait", "what the floor itself makes of them", "per_second", "celery", of="floor"),
    Bar("ping", "one task at a time, median", "p50_us", "floor", 0.80, LESS),
    Pooled("ping", "one task at a time, p99 of all rounds", 0.99, "floor", 1.2, LESS),
    Bar("ping", "one task at a time, median", "p50_us", "celery"),
    Bar("ping", "the same, in time", "p50_us", unit=" us"),
    Bar("ping-alone", "bare sockets, no thread: asked in one write", "p50_us", "floor"),
    Bar("ping-read", "bare sockets, another thread reads", "p50_us", "floor"),
    Bar("ping-both", "bare sockets, another thread reads and writes, as the library's", "p50_us", "floor"),
    Bar("threads", "16 threads, one task after the other each", "per_second", "floor", 0.80),
    Bar("share", "16 threads, one stored result after the other each", "per_second", "floor", 0.80),
    Bar("get", "stored results, one get after the other", "per_second", "floor"),
    Bar("get", "stored results, one get after the other", "per_second", "celery"),
    Pooled("wake", "memory://, store to return across threads, median", 0.5, None, 15, LESS, " us"),
    Pooled("wake", "the same, p99", 0.99, unit=" us"),
    Bar("queue", "memory://, results through a queue, one thread stores", "per_second", None, 1_000_000, MORE, "/s"),
    Bar("queue", "the same: processor time of both threads", "cpu_us_each", unit=" us"),
    Bar("queue-two", "the same, two threads store", "per_second", unit="/s"),
    Bar("queue-take", "the same, the storing alone", "stored_per_second", unit="/s"),
    Bar("queue-take", "the same, the taking alone", "per_second", unit="/s"),
    Bar("queue-bare", "bare C that does nothing else, one thread stores", "per_second", unit="/s"),
    Bar("queue-bare-take", "the same, the storing alone", "stored_per_second", unit="/s"),
    Bar("queue", "memory://, to bare C", "per_second", "queue-bare"),
    Bar("queue-take", "memory://, the storing alone, to bare C", "stored_per_second", "queue-bare-take"),
    Pooled("cancel", "memory://, cancel to return, p99", 0.99, None, 1000, LESS, " us"),
    Pooled("cancel-redis", "Redis, cancel to return, p99", 0.99, None, 1000, LESS, " us"),
    Pooled("late", "memory://, return after the deadline, p99", 0.99, None, 1000, LESS, " us"),
    Pooled("late-redis", "Redis, return after the deadline, p99", 0.99, None, 1000, LESS, " us"),
    Pooled("late-sleep", "a nanosleep of as long, p99", 0.99, unit=" us"),
    Bar("pending", "1 000 000 pending ids, each in the process", "bytes_each", None, 330, LESS, " bytes"),
    Bar("pending", "the same in Redis", "redis_bytes_each", unit=" bytes"),
    Bar("pending", "the memory of one to that of one of 250 000", "bytes_each", "pending-quarter", 1.3, LESS),
    Bar("pending", "to add and subscribe to one", "add_us_each", unit=" us"),
    Bar("pending", "that to one of 250 000", "add_us_each", "pending-quarter", 1.3, LESS),
    Bar("restore", "group of 200 000 restored and got, a member to one of 20 000", "us_each", "restore-tenth",
        1.3, LESS),
    Bar("first", "open and first result, a fresh process", "ms", None, 5, LESS, " ms"),
    Bar("load", "loading the library", "ms", None, 2, LESS, " ms"),
    Bar("sizes", "stripped library, all default features", "default", None, 8, LESS, " MB"),
    Bar("sizes", "stripped library, Redis and json alone", "minimal", None, 3, LESS, " MB"),
]


def bars_of(figures):
    """With one for each feature that was weighed."""
    weighed = figures.get("sizes", {}).get("ours", [{}])[0]
    features = sorted(set(weighed) - {"default", "minimal"})
    return BARS + [Bar("sizes", f"{feature} adds", feature, unit=" MB") for feature in features]


def lines(figures):
    """The table as data: what, value, least, most, bar, whether it is met."""
    found = []
    for bar in bars_of(figures):
        by_round = bar.by_round(figures)
        if not by_round:
            continue
        value, met = bar.value(figures), None
        if bar.bound is not None:
            met = value <= bar.bound if bar.sense == LESS else value >= bar.bound
        found.append({
            "case": bar.case, "what": bar.what, "to": bar.to if bar.to in ("floor", "celery") else None,
            "value": value, "least": min(by_round), "most": max(by_round), "rounds": len(by_round),
            "unit": bar.unit or " x", "bar": bar.bound, "sense": bar.sense, "met": met,
        })
    return found


def missing(found):
    """What a run of all cases should have told of and did not."""
    told = {(line["case"], line["what"]) for line in found}
    return [f"{bar.case}: {bar.what}" for bar in BARS if bar.case != "sizes" and (bar.case, bar.what) not in told]


def shown(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 20 else f"{value:.2f}"


def bound(line):
    """As it was set: 3, not 3.00."""
    value = line["bar"]
    return shown(value) if value >= 1000 else f"{value:g}"


def words(line):
    what = line["what"] + (f", to {line['to']}" if line["to"] else "")
    figure = shown(line["value"]) + line["unit"]
    spread = f"{shown(line['least'])} to {shown(line['most'])}" if line["rounds"] > 1 else ""
    bar = f"{line['sense']} {bound(line)}" if line["bar"] is not None else ""
    verdict = {True: "met", False: "MISSED", None: ""}[line["met"]]
    return line["case"], what, figure, spread, bar, verdict


def summary(found):
    held = [line for line in found if line["met"] is not None]
    return f"{sum(line['met'] for line in held)} of {len(held)} bars are met"


def table(found):
    rows = [words(line) for line in found]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(6)]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([*rows, summary(found)])


def markdown(found, machine):
    head = "| case | what | median | least to most of the rounds | bar | |\n|---|---|---|---|---|---|\n"
    body = "".join(f"| {' | '.join(words(line))} |\n" for line in found)
    about = ", ".join(f"{key} {value}" for key, value in machine.items())
    return f"{head}{body}\nMeasured by `make bench` ({about}); {summary(found)}.\n"
