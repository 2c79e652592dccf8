"""What the tests share: a folder of each test's own, with a database in it."""

import pathlib
import tempfile
import unittest

import tern


class WithDatabase(unittest.TestCase):
    """`self.db` is an empty database with a table t(id TEXT PRIMARY KEY, n)."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "test.db"
        self.db = tern.open(self.path)
        self.addCleanup(self.db.close)
        self.db.exec("CREATE TABLE t (id TEXT PRIMARY KEY, n)")

    def fill(self, **rows):
        insert = self.db.prepare("INSERT OR REPLACE INTO t VALUES (?, ?)")
        self.db.batch([insert.bind(*row) for row in rows.items()])

    def assertFails(self, error, code, words, function, *args, **kwargs):
        """That it raises exactly this class, with this code, and says these words."""
        with self.assertRaises(error) as caught:
            function(*args, **kwargs)
        self.assertIs(type(caught.exception), error)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(words, str(caught.exception))
