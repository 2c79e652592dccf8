// Optimized queries: pages by the last key seen instead of OFFSET, many ids in one statement, an index that has all.
//
// The ids go as one JSON parameter, so that the text of the statement is the same for any number of them: a cache, and
// SQLite's own statement, is found by its text.
import type { Env, Property } from "./env.js";

export async function page(region: string, after: string, env: Env): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT id FROM properties WHERE region = ? AND id > ? ORDER BY id LIMIT 20")
    .bind(region, after)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

export async function many(ids: string[], env: Env): Promise<Map<string, Property>> {
  const { results } = await env.DB.prepare("SELECT * FROM properties WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(ids))
    .all<Property>();
  return new Map(results.map((row) => [row.id, row]));
}
