#!/usr/bin/env python3
"""bench_compare tells change from noise. usage: compare_test.py SCRIPT"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = sys.argv.pop(1)


def results(size="full", **series):
    rows = [{"id": "P1", "name": "row", "series": [
        {"name": name.replace("_", ", "), "unit": "ns", "rounds": rounds, "higher_is_better": False}
        for name, rounds in series.items()]}]
    return {"size": size, "machine": {"processor": "one"}, "rows": rows}


def compare(before, after):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, content in (("a", before), ("b", after)):
            paths.append(Path(folder) / f"{name}.json")
            paths[-1].write_text(json.dumps(content), encoding="utf-8")
        return subprocess.run([SCRIPT, *paths], capture_output=True, text=True, check=False)


class Compare(unittest.TestCase):
    def test_the_same_is_still(self):
        run = compare(results(tern=[1, 2, 3]), results(tern=[1, 2, 3]))
        self.assertEqual((run.returncode, run.stdout), (0, "1 series did not move beyond noise\n"))

    def test_overlapping_rounds_are_noise_though_the_best_moved(self):
        run = compare(results(tern=[100, 130, 135, 140]), results(tern=[120, 131, 136, 141]))
        self.assertEqual(run.returncode, 0)
        self.assertIn("1 series did not move", run.stdout)

    def test_what_became_slower_beyond_noise_is_worse(self):
        run = compare(results(tern=[100, 101, 102, 103]), results(tern=[120, 121, 122, 123]))
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stdout, r"worse +P1 +100 -> 120 ns \(x1\.20\)")

    def test_a_slower_peer_is_told_but_no_failure(self):
        run = compare(results(LMDB=[100, 101, 102, 103]), results(LMDB=[120, 121, 122, 123]))
        self.assertEqual(run.returncode, 0)
        self.assertIn("worse", run.stdout)

    def test_what_is_gone_or_new_is_told(self):
        run = compare(results(tern=[1]), results(tern_copied=[1]))
        self.assertIn("gone", run.stdout)
        self.assertIn("new", run.stdout)

    def test_runs_of_different_sizes_are_not_compared(self):
        self.assertEqual(compare(results(size="quick", tern=[1]), results(tern=[1])).returncode, 2)


if __name__ == "__main__":
    unittest.main()
