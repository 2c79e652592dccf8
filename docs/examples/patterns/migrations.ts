// Migrations: each is applied once, in order.
//
// As commonly written, a migration runs statement by statement, and is noted afterwards: one that fails halfway, or
// whose note is lost, leaves a schema that no migration expects. Here its statements and its note are one batch: all of it
// or nothing. Two programs that start at the same time both try; the note's key lets one of them win.
import type { Env } from "./env.js";

export interface Migration {
  name: string;
  statements: string[];
}

export async function applied(env: Env): Promise<string[]> {
  await env.DB.prepare("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at TEXT NOT NULL)").run();
  const { results } = await env.DB.prepare("SELECT name FROM migrations ORDER BY rowid").all<{ name: string }>();
  return results.map(({ name }) => name);
}

// The names of those that were applied now.
export async function migrate(migrations: Migration[], env: Env): Promise<string[]> {
  const done = new Set(await applied(env));
  const now: string[] = [];
  for (const { name, statements } of migrations) {
    if (done.has(name)) continue;
    try {
      await env.DB.batch([
        env.DB.prepare("INSERT INTO migrations VALUES (?, datetime('now'))").bind(name),
        ...statements.map((sql) => env.DB.prepare(sql)),
      ]);
      now.push(name);
    } catch (error) {
      // Somebody else was faster.
      if (!(await applied(env)).includes(name)) throw error;
    }
  }
  return now;
}
