"""What fails says which thing, which value and what to do, by an exception of the right class."""

import os
import unittest

import tern
from support import WithDatabase


class Classes(unittest.TestCase):
    def test_the_hierarchy_is_that_of_pep_249(self):
        self.assertTrue(issubclass(tern.Warning, Exception))
        for error in (tern.InterfaceError, tern.DatabaseError):
            self.assertEqual(error.__bases__, (tern.Error,))
        for error in (
            tern.DataError, tern.OperationalError, tern.IntegrityError, tern.InternalError, tern.ProgrammingError,
            tern.NotSupportedError,
        ):
            self.assertEqual(error.__bases__, (tern.DatabaseError,))
        self.assertTrue(issubclass(tern.BusyError, tern.OperationalError))

    def test_objects_are_made_by_those_that_own_them(self):
        for kind in (tern.Database, tern.Statement, tern.Rows, tern.Kv, tern.KvValue, tern.Session, tern.Transaction):
            self.assertRaises(TypeError, kind)


class Opening(WithDatabase):
    def test_paths(self):
        self.assertFails(tern.OperationalError, "not found", "/nowhere", tern.open, "/nowhere/at/all.db")
        self.assertFails(tern.OperationalError, "not found", "x.db", tern.open, self.folder / "x.db", create=False)
        text = self.folder / "text.db"
        text.write_text("no database at all, but a text that is long enough to be looked at " * 20)
        self.assertFails(tern.DatabaseError, "not a database", "text.db", tern.open, os.fsencode(text))
        self.assertFails(tern.NotSupportedError, "unsupported", ":memory:", tern.open, ":memory:")

    def test_options(self):
        for error, words, options in (
            (TypeError, "'hot_byte'", {"hot_byte": 1}),
            (TypeError, "hot_bytes must be int or None", {"hot_bytes": "1"}),
            (OverflowError, "hot_bytes is -1", {"hot_bytes": -1}),
            (OverflowError, "busy_timeout is 1e+300", {"busy_timeout": 1e300}),
            (TypeError, "busy_timeout must be a number of seconds", {"busy_timeout": "5"}),
            (ValueError, "max_entry_bytes must be at least 1", {"max_entry_bytes": 0}),
            (ValueError, "synchronous is 'off'", {"synchronous": "off"}),
            (TypeError, "extensions must be a sequence of str", {"extensions": "one.so"}),
            (TypeError, "policy must be a dict", {"policy": 5}),
            (TypeError, "unexpected keyword argument 'tll'", {"policy": {"tll": 5}}),
        ):
            with self.subTest(options=options), self.assertRaises(error) as caught:
                tern.open(self.path, **options)
            self.assertIn(words, str(caught.exception))
        self.assertRaises(TypeError, tern.open)
        self.assertRaises(TypeError, tern.open, 5)

    def test_none_is_the_default_and_zero_is_none(self):
        with tern.open(self.folder / "off.db", hot_bytes=0, store_bytes=0, busy_retries=None) as off:
            ask = off.prepare("SELECT 1")
            self.assertEqual([ask.first().source for _ in range(2)], ["sql", "sql"])


class Statements(WithDatabase):
    def test_sql(self):
        self.assertFails(tern.OperationalError, "sql", "no such table: nope", self.db.prepare, "SELECT * FROM nope")
        self.assertFails(tern.OperationalError, "sql", "second one", self.db.prepare, "SELECT 1; SELECT 2")
        self.assertFails(tern.NotSupportedError, "unsupported", "transaction()", self.db.prepare, "BEGIN")
        self.assertRaises(TypeError, self.db.prepare, b"SELECT 1")
        self.assertRaises(UnicodeEncodeError, self.db.prepare, "SELECT '\ud800'")

    def test_parameters(self):
        ask = self.db.prepare("SELECT ?, ?")
        self.assertFails(tern.ProgrammingError, "misuse", "takes 2 parameters, but 1", ask.first, 1)
        self.assertFails(tern.ProgrammingError, "misuse", "parameter 2: type 'list'", ask.first, 1, [])
        self.assertRaises(OverflowError, ask.first, 2**63, 1)
        self.assertRaises(UnicodeEncodeError, ask.first, "\ud800", 1)
        self.assertRaises(TypeError, ask.first, a=1)

    def test_policies(self):
        prepare = self.db.prepare
        self.assertFails(tern.ProgrammingError, "misuse", "ttl is -1000", prepare, "SELECT 1", ttl=-1)
        self.assertFails(tern.ProgrammingError, "misuse", "DELETE", prepare, "DELETE FROM t", ttl=1)
        self.assertRaisesRegex(ValueError, "ttl_jitter is 2", prepare, "SELECT 1", ttl_jitter=2)
        self.assertRaisesRegex(TypeError, "tags must be a sequence of str", prepare, "SELECT 1", tags=[5])

    def test_constraints(self):
        self.fill(a=1)
        insert = self.db.prepare("INSERT INTO t VALUES (?, ?)")
        self.assertFails(tern.IntegrityError, "constraint", "UNIQUE constraint failed: t.id", insert.run, "a", 2)

    def test_a_text_that_is_no_utf8_is_named(self):
        rows = self.db.query("SELECT CAST(x'ff' AS TEXT) AS broken")
        self.assertFails(tern.OperationalError, "sql", "column 'broken'", rows.raw)

    def test_batches_take_statements_of_their_own_database(self):
        with tern.open(self.folder / "other.db") as other:
            ask = other.prepare("SELECT 1")
            self.assertFails(tern.ProgrammingError, "misuse", "another database", self.db.batch, [ask])
        self.assertFails(tern.ProgrammingError, "misuse", "closed database", self.db.batch, [ask])
        self.assertRaises(TypeError, self.db.batch, ["SELECT 1"])

    def test_unknown_names(self):
        self.assertFails(tern.OperationalError, "not found", "nope", self.db.invalidate_table, "nope")


class Closed(WithDatabase):
    def test_whatever_was_made_from_a_closed_database_says_so(self):
        ask, kv, session = self.db.prepare("SELECT 1"), self.db.kv("k"), self.db.session()
        of_session, bound = session.prepare("SELECT 1"), ask.bind()
        self.assertFalse(self.db.closed)
        self.db.close()
        self.db.close()
        for call in (
            ask.first, ask.all, bound.raw, ask.invalidate, lambda: kv.get("k"), lambda: kv.put("k", "v"), kv.list,
            lambda: session.exec("SELECT 1"), of_session.first, lambda: self.db.prepare("SELECT 1"), self.db.stats,
            self.db.transaction, self.db.session, lambda: self.db.kv("k"), self.db.__enter__,
        ):
            self.assertFails(tern.ProgrammingError, "misuse", "closed database", call)
        self.assertTrue(self.db.closed and ask.closed and kv.closed and session.closed)

    def test_a_closed_statement_says_that_it_is_one(self):
        with self.db.prepare("SELECT 1") as ask:
            ask.first()
        self.assertFails(tern.ProgrammingError, "misuse", "closed statement", ask.first)

    def test_the_file_can_be_opened_again(self):
        self.fill(a=1)
        self.db.close()
        with tern.open(self.path) as again:
            self.assertEqual(again.query("SELECT n FROM t").raw(), [(1,)])


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork()")
class Forked(WithDatabase):
    def test_a_child_is_told_to_open_the_file_anew(self):
        ask = self.db.prepare("SELECT 1")
        ask.first()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                ask.first()
            except tern.ProgrammingError as error:
                code = 0 if "fork" in str(error) else 2
            finally:
                os._exit(code)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()
