"""Runs CPython's own tests of the database API on tern: test_dbapi.py, test_factory.py and test_transactions.py of
Lib/test/test_sqlite3.

    run.py [--all] [FOLDER]

FOLDER is a test_sqlite3 folder of CPython 3.11, by default that of the interpreter that runs this. (Debian's packages
leave it out; an interpreter that was built from CPython's sources has it.) The tests see tern under the name sqlite3;
each runs in a folder of its own.

What does not apply to tern stands in not_applicable.txt with its reason, and is not run, unless with --all. Exit code
0: all others pass; 1: some do not; 2: there are no tests.
"""

import importlib.util
import os
import pathlib
import sys
import tempfile
import types
import unittest

import tern

HERE = pathlib.Path(__file__).parent
FILES = ("test_dbapi", "test_factory", "test_transactions")


def shown_as_sqlite3():
    """tern as a module named sqlite3, with the one constant that the tests' file needs to be read at all."""
    module = types.ModuleType("sqlite3")
    module.__dict__.update({name: value for name, value in vars(tern).items() if not name.startswith("__")})
    module.SQLITE_LIMIT_SQL_LENGTH = module.SQLITE_LIMIT_LENGTH = 0
    return module


def load(folder, name):
    """One file of tests, as a module."""
    spec = importlib.util.spec_from_file_location(f"test.test_sqlite3.{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def load_all(folder):
    """The tests of all files, one after the other."""
    sys.modules["sqlite3"] = shown_as_sqlite3()
    package = types.ModuleType("test.test_sqlite3")  # CPython's own looks for what tern does without
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    for name in FILES:
        yield from every_test(unittest.defaultTestLoader.loadTestsFromModule(load(folder, name)))


def not_applicable():
    """Names of tests, or of classes of them, with the reason why they do not apply."""
    reasons = {}
    for line in (HERE / "not_applicable.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, reason = line.split(None, 1)
            reasons[name] = reason
    return reasons


def every_test(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from every_test(part)
        else:
            yield part


def run_one(test):
    """What unittest says of one test, run in a folder of its own."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            result = unittest.TestResult()
            test.run(result)
        finally:
            os.chdir(before)
    return result


def main(arguments):
    everything = "--all" in arguments
    folders = [argument for argument in arguments if argument != "--all"]
    folder = pathlib.Path(folders[0] if folders else pathlib.Path(os.__file__).parent / "test" / "test_sqlite3")
    if not (folder / "test_dbapi.py").exists():
        print(f"there is no {folder}/test_dbapi.py; name a test_sqlite3 folder of CPython", file=sys.stderr)
        return 2
    reasons = {} if everything else not_applicable()
    passed, failed, skipped, left_out = [], [], [], []
    for test in load_all(folder):
        name = ".".join(test.id().split(".")[-2:])
        if name in reasons or name.split(".")[0] in reasons:
            left_out.append(name)
            continue
        result = run_one(test)
        if result.wasSuccessful():
            (skipped if result.skipped else passed).append(name)
            continue
        failed.append(name)
        _, trace = (result.failures + result.errors)[0]
        print(f"FAILED {name}: {trace.strip().splitlines()[-1]}")
    print(
        f"passed {len(passed)}, failed {len(failed)}, not applicable {len(left_out)}, "
        f"skipped by themselves {len(skipped)}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
