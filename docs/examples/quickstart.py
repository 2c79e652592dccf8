"""Opens a database, writes a row, and reads it twice: from SQLite, then from memory."""

import sys

import tern

path = sys.argv[1] if len(sys.argv) > 1 else "quickstart.db"

with tern.open(path) as db:
    db.exec("CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, name TEXT)")
    db.query("INSERT OR REPLACE INTO places VALUES (?, ?)", "p-17", "Santa Fe")

    by_id = db.prepare("SELECT name FROM places WHERE id = ?")
    for _ in range(2):
        row = by_id.first("p-17")
        print(f"{row['name']}, from {row.source}")
