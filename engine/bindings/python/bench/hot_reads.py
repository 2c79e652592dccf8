"""What a read costs from Python: tern beside the sqlite3 module, in one run.

    hot_reads.py [--keys N] [--rounds N]

The table is docs/benchmarks.md's: 16-byte TEXT keys, 200-byte values, WAL, synchronous NORMAL, keys by zipf 0.99. The
contenders take turns, and another one begins each round; the best round of each counts. Times are the thread's own
processor time, with the loop around the calls taken off. Every contender's answers are compared before it is timed.
"""

import argparse
import os
import platform
import random
import sqlite3
import tempfile
import time

import tern

SQL = "SELECT value FROM records WHERE key = ?"


def fill(path, count):
    keys = [os.urandom(8).hex() for _ in range(count)]
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("CREATE TABLE records (key TEXT PRIMARY KEY, value TEXT)")
        plain.executemany("INSERT INTO records VALUES (?, ?)", ((key, key + "x" * 184) for key in keys))
    plain.close()
    return keys


def loop(keys):
    """Nothing but the loop."""
    began = time.thread_time_ns()
    for _ in keys:
        pass
    return time.thread_time_ns() - began


def timed(call, keys):
    began = time.thread_time_ns()
    for key in keys:
        call(key)
    return time.thread_time_ns() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "records.db")
        keys = fill(path, chosen.keys)
        weights = [1 / rank**0.99 for rank in range(1, len(keys) + 1)]
        drawn = random.Random(1).choices(keys, weights, k=20_000)

        db = tern.open(path)
        by_key = db.prepare(SQL)
        kv = db.kv("records")
        kv.put_many((key, key + "x" * 184) for key in keys)
        connection = tern.connect(path).cursor()
        plain = sqlite3.connect(path, isolation_level=None)
        plain.execute("PRAGMA synchronous = NORMAL")
        cursor = plain.cursor()
        inside = sqlite3.connect(path, isolation_level=None)
        inside.execute("BEGIN")

        contenders = {
            "sqlite3, cursor.execute().fetchone()": lambda key: cursor.execute(SQL, (key,)).fetchone()[0],
            "sqlite3, the same in one long read transaction": lambda key: inside.execute(SQL, (key,)).fetchone()[0],
            "tern, statement.first()": lambda key: by_key.first(key)[0],
            "tern, connect(): cursor.execute().fetchone()": lambda key: connection.execute(SQL, (key,)).fetchone()[0],
            "tern, kv.get()": lambda key: kv.get(key).decode(),
        }
        calls = {
            "sqlite3, cursor.execute().fetchone()": lambda key: cursor.execute(SQL, (key,)).fetchone(),
            "sqlite3, the same in one long read transaction": lambda key: inside.execute(SQL, (key,)).fetchone(),
            "tern, statement.first()": by_key.first,
            "tern, connect(): cursor.execute().fetchone()": lambda key: connection.execute(SQL, (key,)).fetchone(),
            "tern, kv.get()": kv.get,
        }
        for name, call in contenders.items():
            for key in keys * 2:
                if call(key) != key + "x" * 184:
                    raise SystemExit(f"{name} has another answer for {key}")
        best = dict.fromkeys(calls, float("inf"))
        names = list(calls)
        for turn in range(chosen.rounds):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                best[name] = min(best[name], (timed(calls[name], drawn) - loop(drawn)) / len(drawn))
        first = best["sqlite3, cursor.execute().fetchone()"]
        print(f"Python {platform.python_version()}, sqlite3 {sqlite3.sqlite_version}, {chosen.keys} keys")
        for name, ns in best.items():
            print(f"{name:50}{ns:8.0f} ns{first / ns:8.2f}")


if __name__ == "__main__":
    main()
