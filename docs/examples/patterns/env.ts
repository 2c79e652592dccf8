// What a Worker is given as `env`, and what the patterns share: a table of properties, as real-estate sites have one.
import type { D1Database, KVNamespace } from "@cloudflare/workers-types";

export interface Env {
  DB: D1Database;
  CACHE: KVNamespace;
}

export interface Property {
  id: string;
  region: string;
  basic_info: string;
  version: number;
}

export const schema = `CREATE TABLE properties (id TEXT PRIMARY KEY, region TEXT NOT NULL, basic_info TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1)
CREATE INDEX properties_by_region ON properties (region, id)`;

export async function seed(env: Env, count: number): Promise<void> {
  await env.DB.exec(schema);
  const insert = env.DB.prepare("INSERT INTO properties (id, region, basic_info) VALUES (?, ?, ?)");
  const rows = Array.from({ length: count }, (_, i) =>
    insert.bind(`p${i}`, i % 2 ? "US-NM" : "US-CA", JSON.stringify({ price: 1000 * i })),
  );
  for (let i = 0; i < rows.length; i += 100) await env.DB.batch(rows.slice(i, i + 100));
}
