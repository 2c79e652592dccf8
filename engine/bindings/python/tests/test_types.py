"""The type stubs name what there is, and nothing else; what is there has a docstring."""

import ast
import pathlib
import unittest

import tern
from tern import _tern

FOLDER = pathlib.Path(tern.__file__).parent
# What protocols ask for, and stubs spell out where it matters to a checker.
UNDOCUMENTED = {"__buffer__"}


def stub(name):
    return ast.parse((FOLDER / name).read_text()).body


def names_of(body):
    """Names that a stub's module or class defines."""
    for part in body:
        if isinstance(part, (ast.ClassDef, ast.FunctionDef)):
            yield part.name
        elif isinstance(part, ast.AnnAssign) and getattr(part.annotation, "id", "") != "TypeAlias":
            yield part.target.id
        elif isinstance(part, ast.Assign):
            yield from (target.id for target in part.targets)
        elif isinstance(part, ast.ImportFrom):
            yield from (alias.asname for alias in part.names if alias.asname)


class Stubs(unittest.TestCase):
    def test_the_modules_have_what_their_stubs_say(self):
        for module, file in ((tern, "__init__.pyi"), (_tern, "_tern.pyi")):
            there = {name for name in vars(module) if not name.startswith("_")} | {"__version__"}
            said = {name for name in names_of(stub(file)) if not name.startswith("_") or name == "__version__"}
            self.assertEqual(said, there)

    def test_each_class_has_what_its_stub_says(self):
        for file, module in (("_tern.pyi", _tern), ("__init__.pyi", tern)):
            for part in stub(file):
                if not isinstance(part, ast.ClassDef) or part.name.startswith("_"):
                    continue
                kind = getattr(module, part.name)
                if issubclass(kind, (Exception, tuple)):
                    continue
                with self.subTest(kind=part.name):
                    said = set(names_of(part.body)) - UNDOCUMENTED
                    public = {name for name in vars(kind) if not name.startswith("_")}
                    self.assertLessEqual(public, said)
                    # What an object of Python's is given by __init__ is not there before.
                    missing = said - set(dir(kind)) if module is _tern else set()
                    self.assertEqual(missing, set())

    def test_everything_public_has_a_docstring(self):
        for name, kind in vars(tern).items():
            if name.startswith("_") or not isinstance(kind, type) or kind.__module__.split(".")[0] != "tern":
                continue
            self.assertTrue(kind.__doc__, name)
            for member, value in vars(kind).items():
                if not member.startswith("_") and (callable(value) or hasattr(value, "__get__")):
                    self.assertTrue(value.__doc__, f"{name}.{member}")


if __name__ == "__main__":
    unittest.main()
