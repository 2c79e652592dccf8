"""Statements, rows, batches and sessions of a database."""

import collections.abc
import datetime
import gc
import math
import unittest

import tern
from support import WithDatabase


class Values(WithDatabase):
    def test_every_type_comes_back_as_it_was_bound(self):
        ask = self.db.prepare("SELECT ?")
        numbers = (0, -1, 2**63 - 1, -(2**63), 1.5, math.inf)
        for value in (None, *numbers, "", "Santa Fe", "a\0b", "\U0001f600", b"", b"\0\xff"):
            with self.subTest(value=value):
                answer = ask.first(value)[0]
                self.assertEqual(answer, value)
                self.assertIs(type(answer), type(value))

    def test_whatever_has_a_buffer_is_a_blob(self):
        for value in (bytearray(b"xyz"), memoryview(b"xyz"), memoryview(b"-xyz-")[1:4]):
            self.assertEqual(self.db.query("SELECT ?", value).raw(), [(b"xyz",)])
        self.assertRaises(BufferError, self.db.query, "SELECT ?", memoryview(b"xyz")[::2])

    def test_a_bool_is_an_integer_and_nan_is_null(self):
        self.assertEqual(self.db.query("SELECT ?, ?, ?", True, False, math.nan).raw(), [(1, 0, None)])

    def test_many_parameters_fit(self):
        count = 500
        sql = "SELECT " + ",".join("?" * count)
        self.assertEqual(tuple(self.db.query(sql, *range(count))[0]), tuple(range(count)))


class Reads(WithDatabase):
    def test_the_second_read_is_hot_and_a_write_voids_it(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT n FROM t WHERE id = ?")
        self.assertEqual([ask.first("a").source for _ in range(2)], ["sql", "hot"])
        self.db.query("UPDATE t SET n = 2 WHERE id = 'a'")
        self.assertEqual(ask.first("a")["n"], 2)

    def test_a_call_of_the_statement_is_first(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT n FROM t WHERE id = ?")
        self.assertEqual(ask("a"), ask.first("a"))
        self.assertIsNone(ask("b"))
        self.assertRaises(TypeError, ask, id="a")

    def test_bypass_asks_sqlite(self):
        self.fill(a=1)
        bound = self.db.prepare("SELECT n FROM t WHERE id = ?").bind("a")
        bound.first()
        self.assertEqual((bound.first().source, bound.first(bypass=True).source), ("hot", "sql"))
        self.assertEqual(bound.parameters, ("a",))

    def test_columns_follow_the_schema(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT * FROM t")
        self.assertEqual(ask.first().keys(), ["id", "n"])
        self.db.exec("ALTER TABLE t ADD COLUMN more DEFAULT 5")
        self.assertEqual(ask.first().as_dict(), {"id": "a", "n": 1, "more": 5})

    def test_a_statement_tells_what_it_is(self):
        read = self.db.prepare("SELECT :name, ?, @b, $c, ?7")
        self.assertTrue(read.reads_only)
        self.assertEqual(read.parameter_names, (":name", None, "@b", "$c", None, None, "?7"))
        self.assertFalse(self.db.prepare("DELETE FROM t").reads_only)
        self.assertEqual(read.sql, "SELECT :name, ?, @b, $c, ?7")

    def test_results_outlive_the_database(self):
        self.fill(a="x" * 100)
        rows = self.db.prepare("SELECT id, n FROM t").all()
        view = rows.view(0, 1)
        self.db.close()
        self.assertEqual(rows.raw(), [("a", "x" * 100)])
        del rows
        gc.collect()
        self.assertEqual(view.tobytes(), b"x" * 100)
        self.assertTrue(view.readonly)

    def test_a_policy_gives_a_stale_answer_that_says_so(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT n FROM t", stale_while_revalidate=datetime.timedelta(minutes=1), tags=["board"])
        self.assertIsNone(ask.first().stale)
        self.db.query("UPDATE t SET n = 2")
        row = ask.first()
        self.assertEqual((row["n"], row.stale), (1, "revalidating"))
        self.assertGreaterEqual(row.age_ms, 0)
        self.assertEqual(self.db.explain(ask.sql)["cached"], True)

    def test_invalidation_by_hand(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT n FROM t", tags=["board"])
        for void in (
            ask.invalidate, self.db.invalidate_all, lambda: self.db.invalidate_tag("board"),
            lambda: self.db.invalidate_table("t"),
        ):
            ask.first()
            self.assertEqual(ask.first().source, "hot")
            void()
            self.assertEqual(ask.first().source, "sql")

    def test_stats_and_explain_are_dictionaries(self):
        ask = self.db.prepare("SELECT n FROM t")
        ask.first(), ask.first()
        self.assertEqual(self.db.stats()["hot"]["hits"], 1)
        self.assertEqual(self.db.explain("SELECT n FROM t WHERE id = ?", "a")["tables"], ["t"])


class OneRow(WithDatabase):
    def setUp(self):
        super().setUp()
        self.row = self.db.query("SELECT 1 AS a, 'x' AS B, NULL AS c, 2 AS a")[0]

    def test_values_by_position_name_and_slice(self):
        row = self.row
        self.assertEqual((row[0], row[-1], row["b"], row["B"], row["a"], row[1:3]), (1, 2, "x", "x", 1, ("x", None)))
        self.assertEqual((len(row), list(row), 1 in row), (4, [1, "x", None, 2], True))
        for missing in (4, -5, 2**70, "d", 1.5):
            self.assertRaises(IndexError, row.__getitem__, missing)

    def test_it_is_a_sequence_equal_to_a_tuple(self):
        self.assertIsInstance(self.row, collections.abc.Sequence)
        self.assertEqual(self.row, (1, "x", None, 2))
        self.assertNotEqual(self.row, (1, "x", None, 3))
        self.assertEqual(hash(self.row), hash(tuple(self.row)))
        self.assertNotEqual(self.row, self.db.query("SELECT 1 AS other, 'x' AS B, NULL AS c, 2 AS a")[0])
        self.assertIn("'B': 'x'", repr(self.row))


class AllRows(WithDatabase):
    def test_rows_are_a_sequence(self):
        self.fill(a=1, b=2, c=3)
        rows = self.db.query("SELECT id, n FROM t ORDER BY id")
        self.assertIsInstance(rows, collections.abc.Sequence)
        self.assertEqual((len(rows), rows[-1]["id"], [row["n"] for row in rows[::-1]]), (3, "c", [3, 2, 1]))
        self.assertEqual(rows.columns, ("id", "n"))
        self.assertRaises(IndexError, rows.__getitem__, 3)
        self.assertRaises(IndexError, rows.view, 3, 0)
        self.assertRaises(TypeError, rows.view, 0, 1)


class Writes(WithDatabase):
    def test_a_write_tells_what_it_did(self):
        done = self.db.prepare("INSERT INTO t VALUES (?, ?), (?, ?)").run("a", 1, "b", 2)
        self.assertEqual((done.changes, done.last_row_id, len(done)), (2, 2, 0))
        self.assertEqual(self.db.query("DELETE FROM t RETURNING id").raw(), [("a",), ("b",)])

    def test_a_batch_is_all_or_nothing(self):
        insert = self.db.prepare("INSERT INTO t VALUES (?, ?)")
        answers = self.db.batch([insert.bind("a", 1), self.db.prepare("SELECT count(*) FROM t")])
        self.assertEqual(answers[1].raw(), [(1,)])
        self.assertRaises(tern.IntegrityError, self.db.batch, [insert.bind("b", 1), insert.bind("a", 2)])
        self.assertEqual(self.db.query("SELECT count(*) FROM t")[0][0], 1)
        self.assertEqual(self.db.batch([]), [])

    def test_a_script_is_all_or_nothing(self):
        self.assertEqual(self.db.exec("INSERT INTO t VALUES ('a', 1); DELETE FROM t"), 2)
        self.assertRaises(tern.OperationalError, self.db.exec, "INSERT INTO t VALUES ('a', 1); SELECT x")
        self.assertEqual(self.db.query("SELECT count(*) FROM t")[0][0], 0)


class Transactions(WithDatabase):
    def count(self):
        return self.db.query("SELECT count(*) FROM t")[0][0]

    def test_it_commits_at_the_end_of_its_block(self):
        insert = self.db.prepare("INSERT INTO t VALUES (?, ?)")
        with self.db.transaction() as tx:
            self.assertEqual(tx.run(insert, "a", 1).changes, 1)
            tx.run(insert.bind("b", 2))
            self.assertEqual(tx.query("SELECT count(*) FROM t").raw(), [(2,)])
            self.assertEqual(self.count(), 0)
            tx.exec("CREATE TABLE u (x); INSERT INTO u VALUES (5)")
            self.assertEqual(tx.run(tx.prepare("SELECT x FROM u")).raw(), [(5,)])
        self.assertEqual(self.count(), 2)
        self.assertFails(tern.ProgrammingError, "misuse", "closed transaction", tx.query, "SELECT 1")

    def test_it_rolls_back_when_the_block_raises(self):
        with self.assertRaises(ZeroDivisionError), self.db.transaction() as tx:
            tx.query("INSERT INTO t VALUES ('a', 1)")
            1 / 0
        self.assertEqual(self.count(), 0)

    def test_it_can_be_ended_by_hand(self):
        for end, left in (("rollback", 0), ("commit", 1)):
            with self.db.transaction() as tx:
                tx.query("INSERT INTO t VALUES ('a', 1)")
                getattr(tx, end)()
            self.assertEqual(self.count(), left)

    def test_what_is_dropped_is_rolled_back(self):
        tx = self.db.transaction()
        tx.query("INSERT INTO t VALUES ('a', 1)")
        del tx
        self.assertEqual(self.count(), 0)
        self.fill(b=1)

    def test_a_failed_statement_leaves_it_open(self):
        with self.db.transaction() as tx:
            tx.query("INSERT INTO t VALUES ('a', 1)")
            self.assertRaises(tern.IntegrityError, tx.query, "INSERT INTO t VALUES ('a', 1)")
        self.assertEqual(self.count(), 1)


class Sessions(WithDatabase):
    def test_temporary_tables_and_transactions_live_in_a_session(self):
        with self.db.session() as session:
            session.exec("CREATE TEMP TABLE own (x); INSERT INTO own VALUES (5)")
            self.assertEqual(session.query("SELECT x FROM own").raw(), [(5,)])
            self.assertFalse(session.in_transaction)
            session.exec("BEGIN; INSERT INTO t VALUES ('a', 1)")
            self.assertTrue(session.in_transaction)
            self.assertEqual(session.prepare("SELECT n FROM t").first()["n"], 1)
            self.assertEqual(len(self.db.query("SELECT n FROM t")), 0)
            session.exec("COMMIT")
        self.assertEqual(len(self.db.query("SELECT n FROM t")), 1)

    def test_a_private_one_in_memory(self):
        session = tern.session_in_memory()
        session.exec("CREATE TABLE m (x)")
        self.assertEqual(session.query("SELECT count(*) FROM m").raw(), [(0,)])


class Functions(WithDatabase):
    def test_functions_aggregates_and_collations(self):
        class Joined:
            def __init__(self):
                self.parts = []

            def step(self, part):
                self.parts.append(part)

            def finalize(self):
                return ",".join(self.parts)

        class Sum:
            def __init__(self):
                self.sum = 0

            def step(self, number):
                self.sum += number

            def inverse(self, number):
                self.sum -= number

            def value(self):
                return self.sum

        self.fill(a=1, b=2, c=3)
        self.db.create_function("twice", 1, lambda x: x * 2, deterministic=True)
        self.db.create_aggregate("joined", 1, Joined)
        self.db.create_aggregate("window_sum", 1, Sum)
        self.db.create_collation("backwards", lambda a, b: (a < b) - (a > b))
        twice = self.db.prepare("SELECT twice(n) FROM t WHERE id = ?")
        self.assertEqual([(row[0], row.source) for row in (twice("b"), twice("b"))], [(4, "sql"), (4, "hot")])
        self.assertEqual(self.db.query("SELECT joined(id) FROM t").raw(), [("a,b,c",)])
        window = self.db.query("SELECT window_sum(n) OVER (ORDER BY n ROWS 1 PRECEDING) FROM t")
        self.assertEqual(window.raw(), [(1,), (3,), (5,)])
        backwards = self.db.query("SELECT id FROM t ORDER BY id COLLATE backwards")
        self.assertEqual(backwards.raw(), [("c",), ("b",), ("a",)])

    def test_what_a_function_raises_is_the_error_of_the_statement(self):
        self.db.create_function("boom", 0, lambda: 1 / 0)
        self.db.create_function("odd", 0, object)
        words = "ZeroDivisionError: division by zero"
        self.assertFails(tern.OperationalError, "sql", words, self.db.query, "SELECT boom()")
        self.assertFails(tern.OperationalError, "sql", "type 'object'", self.db.query, "SELECT odd()")
        self.assertRaises(TypeError, self.db.create_function, "no", 0, 5)


if __name__ == "__main__":
    unittest.main()
