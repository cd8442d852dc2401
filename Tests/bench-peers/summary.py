"""Medians of the benchmark's rounds, as a table, and the ratios of the goals.

usage: summary.py results.csv
"""

import csv
import statistics
import sys
from collections import defaultdict

SHAPES = ["keep-alive 1", "keep-alive 8", "keep-alive 64", "keep-alive 256", "new 64"]
ORDER = ["ringbridge", "ringbridge-ingest-port", "go-group-commit", "go", "fastapi", "pgbench", "hummingbird", "nio"]

# name, (variant, shape, column) above, (variant, shape, column) below, bound, whether at least
GOALS = [
    ("durable ingest / bare Hummingbird POST", "hummingbird", "keep-alive 64", "rate", 1.0, True),
    ("durable ingest / FastAPI + asyncpg", "fastapi", "keep-alive 64", "rate", 14.0, True),
    ("durable ingest / Go net/http + pgx", "go", "keep-alive 64", "rate", 4.5, True),
    ("durable ingest / Go with group commit", "go-group-commit", "keep-alive 64", "rate", 1.0, True),
    ("durable ingest / pgbench single-row inserts", "pgbench", "keep-alive 64", "rate", 2.0, True),
    ("new connections: / Go net/http + pgx", "go", "new 64", "rate", 2.2, True),
    ("new connections: / bare NIO", "nio", "new 64", "rate", 0.67, True),
    ("p50 with 1 connection / pgbench", "pgbench", "keep-alive 1", "p50_us", 2.0, False),
    ("p50 with 8 connections / pgbench", "pgbench", "keep-alive 8", "p50_us", 1.5, False),
]


def number(text):
    try:
        return float(text)
    except ValueError:
        return float("nan")


def main(path):
    rows = defaultdict(lambda: defaultdict(list))
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for column in ("rate", "p50_us", "p99_us", "p999_us", "cpu_server", "cpu_postgres", "rss_mb", "failures"):
                rows[row["variant"], row["shape"]][column].append(number(row[column]))

    def median(variant, shape, column):
        values = [value for value in rows[variant, shape][column] if value == value]
        return statistics.median(values) if values else float("nan")

    def cell(value, form):
        return form.format(value) if value == value else "-"

    shapes = SHAPES + sorted({shape for _, shape in rows} - set(SHAPES))
    print(f"{'':24} {'events/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'p99.9':>8} {'server':>7} {'postgres':>8} {'RSS MB':>7} {'failed':>7}")
    for shape in shapes:
        variants = [variant for variant in ORDER if (variant, shape) in rows]
        if not variants:
            continue
        print(f"{shape} (CPU seconds per 10,000 events in the columns server and postgres)")
        for variant in variants:
            milliseconds = [cell(median(variant, shape, column) / 1000, "{:8.2f}") for column in ("p50_us", "p99_us", "p999_us")]
            print(
                f"  {variant:22} {cell(median(variant, shape, 'rate'), '{:9.0f}'):>9} "
                + " ".join(f"{text:>8}" for text in milliseconds)
                + f" {cell(median(variant, shape, 'cpu_server'), '{:7.2f}'):>7}"
                + f" {cell(median(variant, shape, 'cpu_postgres'), '{:8.2f}'):>8}"
                + f" {cell(median(variant, shape, 'rss_mb'), '{:7.0f}'):>7}"
                + f" {sum(value for value in rows[variant, shape]['failures'] if value == value):7.0f}"
            )
    print()
    for own in ("ringbridge", "ringbridge-ingest-port"):
        if not any(variant == own for variant, _ in rows):
            continue
        print(f"{own}: ratios of medians")
        for name, peer, shape, column, bound, is_least in GOALS:
            ratio = median(own, shape, column) / median(peer, shape, column)
            if ratio != ratio:
                continue
            met = ratio >= bound if is_least else ratio < bound
            words = "at least" if is_least else "under"
            print(f"  {name:46} {ratio:6.2f}   {words} {bound:<5} {'met' if met else 'NOT MET'}")


if __name__ == "__main__":
    main(sys.argv[1])
