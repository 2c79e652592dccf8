"""The same engine by Python's database API: a program for the sqlite3 module with another import."""

import sys

import tern

path = sys.argv[1] if len(sys.argv) > 1 else "dbapi.db"

connection = tern.connect(path)
connection.row_factory = tern.Row
connection.execute("CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, name TEXT)")
with connection:  # commits at its end, or rolls back
    places = [("p-17", "Santa Fe"), ("p-18", "Taos")]
    connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?)", places)
for row in connection.execute("SELECT name FROM places WHERE id > :after ORDER BY id", {"after": "p-17"}):
    print(row["name"])
try:
    connection.execute("INSERT INTO places VALUES (?, ?)", ("p-18", "Gallup"))
except tern.IntegrityError as error:
    print(f"{error.code}: {error}")
    connection.rollback()
connection.close()
