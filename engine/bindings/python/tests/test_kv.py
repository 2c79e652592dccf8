"""KV namespaces and computed values."""

import datetime
import threading
import time
import unittest

import tern
from support import WithDatabase


class Namespaces(WithDatabase):
    def setUp(self):
        super().setUp()
        self.kv = self.db.kv("names")

    def test_what_is_put_is_got(self):
        for key, value in (("a", "text"), (b"\0\xff", b"bytes"), ("empty", b""), ("large", b"x" * 100_000)):
            self.kv.put(key, value)
            wanted = value.encode() if isinstance(value, str) else value
            for _ in range(2):
                self.assertEqual(self.kv.get(key), wanted)
        self.assertIsNone(self.kv.get("missing"))
        self.kv.put("json", '{"a": [1]}')
        self.assertEqual((self.kv.get_text("a"), self.kv.get_json("json")), ("text", {"a": [1]}))
        self.assertEqual(self.db.kv_namespaces(), ["names"])

    def test_a_pinned_value_is_seen_without_a_copy_and_keeps_its_bytes(self):
        self.kv.put("k", "first", metadata='{"x":1}')
        with self.kv.pin("k") as value:
            self.kv.put("k", "second")
            self.assertEqual((bytes(value), value.text(), len(value)), (b"first", "first", 5))
            self.assertEqual((value.metadata, value.expires_at), ('{"x":1}', None))
            view = memoryview(value)
            self.assertTrue(view.readonly)
            self.assertRaises(BufferError, value.release)
            view.release()
        self.assertFails(tern.ProgrammingError, "misuse", "released", value.text)
        self.assertIsNone(self.kv.pin("missing"))

    def test_a_view_keeps_the_value_when_all_else_is_closed(self):
        self.kv.put("k", b"x" * 50_000)
        view = memoryview(self.kv.pin("k"))
        self.db.close()
        self.assertEqual(bytes(view), b"x" * 50_000)

    def test_values_expire(self):
        self.kv.put("short", "x", ttl=0.001)
        time.sleep(0.01)
        self.assertIsNone(self.kv.get("short"))
        self.kv.put("ttl", "x", ttl=datetime.timedelta(hours=1))
        self.kv.put("at", "x", expires_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc))
        self.assertAlmostEqual(self.kv.pin("ttl").expires_at, time.time() + 3600, delta=10)
        self.assertEqual(self.kv.pin("at").expires_at, 4102444800)
        self.assertIsNone(self.kv.get_and_touch("at", None).expires_at and None)
        self.assertIsNone(self.kv.pin("at").expires_at)
        self.assertRaises(ValueError, self.kv.put, "k", "v", ttl=0)

    def test_versions_let_one_of_two_win(self):
        self.assertIsNotNone(self.kv.put_if_version("k", 0, "mine"))
        self.assertIsNone(self.kv.put_if_version("k", 0, "late"))
        version = self.kv.pin("k").version
        self.assertFalse(self.kv.delete_if_version("k", version + 1))
        self.assertTrue(self.kv.delete_if_version("k", version))

    def test_counters(self):
        self.assertEqual((self.kv.increment("n"), self.kv.increment("n", -5)), (1, -4))
        self.kv.put("k", "no number")
        self.assertFails(tern.ProgrammingError, "misuse", "integer", self.kv.increment, "k")

    def test_many_at_once(self):
        self.kv.put_many({"a": "1", "b": b"2"}, metadata="m")
        self.kv.put_many([("c", "3")])
        self.assertEqual(self.kv.get_many(["a", "missing", "c"]), [b"1", None, b"3"])
        self.assertEqual(self.kv.pin_many(["a"])[0].metadata, "m")
        self.assertEqual((self.kv.delete_many(["a", "missing"]), self.kv.delete_prefix("")), (1, 2))
        self.kv.delete("missing")
        self.assertRaises(TypeError, self.kv.get_many, "abc")
        self.assertRaises(TypeError, self.kv.put_many, [("a", 1)])

    def test_listings_go_on_by_cursor(self):
        self.kv.put_many({f"p/{i:03}": "x" for i in range(25)}, metadata="m")
        self.kv.put("q", "x")
        names, cursor = [], None
        while True:
            page = self.kv.list("p/", limit=10, cursor=cursor)
            names += [key.name for key in page.keys]
            cursor = page.cursor
            if cursor is None:
                break
        self.assertEqual(names, [f"p/{i:03}" for i in range(25)])
        self.assertEqual(self.kv.list(start="p/024").keys[0].metadata, "m")

    def test_names_of_any_bytes_can_be_taken_from_a_listing(self):
        self.kv.put(b"\xff\xfe", "x")
        name = self.kv.list().keys[0].name
        self.assertEqual(self.kv.get(name), b"x")

    def test_the_bounds_of_workers_kv(self):
        kv = self.db.kv("workers", limits="workers")
        self.assertFails(tern.DataError, "limit", "60", kv.put, "k", "v", ttl=1)
        self.assertRaises(ValueError, self.db.kv, "x", limits="none")


class ComputedValues(WithDatabase):
    def test_it_is_computed_again_when_a_row_that_it_was_made_from_changes(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT n FROM t ORDER BY id")
        runs = []

        def page(computation):
            runs.append(computation)
            return "".join(f"<{row['n']}>" for row in ask.all())

        found = [self.db.get_or_compute("page 1", page) for _ in range(2)]
        self.assertEqual([(value.text(), value.source) for value in found], [("<1>", "computed"), ("<1>", "hot")])
        self.fill(b=2)
        self.assertEqual(bytes(self.db.get_or_compute("page 1", page)), b"<1><2>")
        self.assertEqual(len(runs), 2)
        self.assertIsNone(found[0].why_not_cached)
        self.assertFails(tern.ProgrammingError, "misuse", "ended", runs[0].expire_in, 5)

    def test_what_the_function_raises_comes_out(self):
        def boom(computation):
            raise LookupError("no such page")

        with self.assertRaisesRegex(LookupError, "no such page"):
            self.db.get_or_compute("boom", boom)
        self.assertRaises(TypeError, self.db.get_or_compute, "int", lambda computation: 5)

    def test_threads_and_declared_dependencies_take_part(self):
        self.fill(a=1)
        ask = self.db.prepare("SELECT n FROM t")

        def page(computation):
            def read():
                with computation.on_this_thread():
                    found.append(ask.first()["n"])

            found = []
            thread = threading.Thread(target=read)
            thread.start()
            thread.join()
            computation.depend_on_tag("pages")
            return str(found[0])

        self.assertEqual(self.db.get_or_compute("k", page).text(), "1")
        self.assertEqual(self.db.get_or_compute("k", page).source, "hot")
        self.db.invalidate_tag("pages")
        self.assertEqual(self.db.get_or_compute("k", page).source, "computed")
        self.fill(a=2)
        self.assertEqual(self.db.get_or_compute("k", page).text(), "2")

    def test_the_call_waits_for_threads_that_still_take_part(self):
        entered, left = threading.Event(), []

        def page(computation):
            def read():
                with computation.on_this_thread():
                    entered.set()
                    time.sleep(0.05)
                    left.append(True)

            threading.Thread(target=read).start()
            entered.wait(10)
            return "x"

        self.db.get_or_compute("k", page)
        self.assertEqual(left, [True])

    def test_a_value_that_says_so_is_not_kept(self):
        def page(computation):
            computation.do_not_cache("it asks a service")
            return b"x"

        self.assertEqual(self.db.get_or_compute("k", page).why_not_cached, "it asks a service")
        self.assertEqual(self.db.get_or_compute("k", page).source, "computed")


if __name__ == "__main__":
    unittest.main()
