// External sync: rows of another system, in batches of 100, each batch all or nothing.
//
// The place that was reached is kept in the same batch as the rows: after a crash the next run goes on exactly there.
// Kept elsewhere, or after the batch, rows would come twice or never.
import type { Env, PropertyChanged } from "./sync_types.js";

const batchSize = 100;

export const syncSchema = "CREATE TABLE sync_state (source TEXT PRIMARY KEY, place INTEGER NOT NULL)";

export async function reached(source: string, env: Env): Promise<number> {
  return (await env.DB.prepare("SELECT place FROM sync_state WHERE source = ?").bind(source).first<number>("place")) ?? 0;
}

// Rows of `source` from where it stopped; returns how many came.
export async function sync(
  source: string,
  fetchRows: (from: number, count: number) => Promise<PropertyChanged[]>,
  env: Env,
): Promise<number> {
  const put = env.DB.prepare(
    `INSERT INTO properties (id, region, basic_info, version) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET basic_info = excluded.basic_info, version = excluded.version`,
  );
  const mark = env.DB.prepare(
    "INSERT INTO sync_state VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET place = excluded.place",
  );
  let total = 0;
  for (;;) {
    const from = await reached(source, env);
    const rows = await fetchRows(from, batchSize);
    if (rows.length === 0) return total;
    await env.DB.batch([
      ...rows.map((row) => put.bind(row.id, row.region, JSON.stringify(row.info), row.version)),
      mark.bind(source, from + rows.length),
    ]);
    total += rows.length;
  }
}
