"""Many threads on one database; the GIL."""

import threading
import time
import unittest

import tern
from support import WithDatabase


def together(*works):
    """Runs each in a thread, and raises what one of them raised."""
    raised = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


class Threads(WithDatabase):
    def test_no_read_is_older_than_the_last_write_that_was_acknowledged(self):
        self.fill(a=0)
        ask = self.db.prepare("SELECT n FROM t WHERE id = ?")
        update = self.db.prepare("UPDATE t SET n = ? WHERE id = ?")
        kv = self.db.kv("numbers")
        kv.put("n", "0")
        acknowledged = [0, 0]
        done = threading.Event()

        def write():
            for n in range(1, 101):
                update.run(n, "a")
                acknowledged[0] = n
                kv.put("n", str(n))
                acknowledged[1] = n
            done.set()

        def read():
            while not done.is_set():
                least = tuple(acknowledged)
                found = ask.first("a")["n"], int(kv.get("n"))
                self.assertGreaterEqual(found[0], least[0])
                self.assertGreaterEqual(found[1], least[1])

        together(write, read, read, read)
        self.assertEqual((ask.first("a")["n"], kv.get("n")), (100, b"100"))

    def test_others_run_while_sqlite_works(self):
        # A query of a second or so, beside which this thread counts; with the GIL held it would count to nothing.
        slow = self.db.prepare(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) SELECT count(x) FROM c"
        )
        running = threading.Thread(target=slow.first, args=(2_000_000,))
        running.start()
        counted = 0
        while running.is_alive():
            counted += 1
            time.sleep(0)
        running.join()
        self.assertGreater(counted, 20)

    def test_a_function_of_python_is_called_from_a_thread_that_waits_without_the_gil(self):
        self.db.create_function("slowly", 1, lambda x: (time.sleep(0.001), x)[1])
        ask = self.db.prepare("SELECT slowly(?)")
        together(*[lambda n=n: self.assertEqual([ask.first(n)[0] for _ in range(5)], [n] * 5) for n in range(4)])

    def test_a_value_is_computed_once_for_all_that_ask(self):
        runs = []

        def page(computation):
            runs.append(threading.get_ident())
            time.sleep(0.05)
            return "x"

        together(*[lambda: self.assertEqual(self.db.get_or_compute("k", page).text(), "x") for _ in range(4)])
        self.assertEqual(len(runs), 1)

    def test_a_database_that_is_in_use_is_not_closed(self):
        began, go_on = threading.Event(), threading.Event()

        def wait():
            began.set()
            return go_on.wait(10)

        self.db.create_function("wait", 0, wait)
        running = threading.Thread(target=self.db.query, args=("SELECT wait()",))
        running.start()
        began.wait(10)
        self.assertFails(tern.BusyError, "busy", "another thread uses it", self.db.close)
        go_on.set()
        running.join()
        self.db.close()

    def test_threads_make_and_drop_statements_at_once(self):
        def work():
            for n in range(200):
                with self.db.prepare(f"SELECT {n % 7}") as ask:
                    self.assertEqual(ask.first()[0], n % 7)
                self.db.kv("k").put("k", str(n))

        together(work, work, work)

    def test_a_transaction_belongs_to_its_thread_unless_it_is_told_otherwise(self):
        with self.db.transaction() as tx:
            with self.assertRaises(tern.ProgrammingError):
                together(lambda: tx.query("SELECT 1"))
        with self.db.transaction(any_thread=True) as tx:
            together(lambda: tx.query("INSERT INTO t VALUES ('a', 1)"))
        self.assertEqual(len(self.db.query("SELECT id FROM t")), 1)


if __name__ == "__main__":
    unittest.main()
