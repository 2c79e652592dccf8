// Edge data model: what is read often lies in rows of its own, small, and found by an index.
//
// A list shows basic_info; the long text is asked for with one property at a time. Kept in one table, every change to the
// long text would void each cached list that its page is part of.
import type { Env } from "./env.js";

export const model = `CREATE TABLE listings (id TEXT PRIMARY KEY, region TEXT NOT NULL, basic_info TEXT NOT NULL)
CREATE TABLE listing_details (id TEXT PRIMARY KEY REFERENCES listings (id) ON DELETE CASCADE, detailed_info TEXT NOT NULL)
CREATE INDEX listings_by_region ON listings (region, id, basic_info)`;

export async function add(id: string, region: string, basic: unknown, detailed: string, env: Env): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("INSERT INTO listings VALUES (?, ?, ?)").bind(id, region, JSON.stringify(basic)),
    env.DB.prepare("INSERT INTO listing_details VALUES (?, ?)").bind(id, detailed),
  ]);
}

export async function list(region: string, env: Env): Promise<{ id: string; basic_info: string }[]> {
  const { results } = await env.DB.prepare("SELECT id, basic_info FROM listings WHERE region = ? ORDER BY id LIMIT 50")
    .bind(region)
    .all<{ id: string; basic_info: string }>();
  return results;
}

export async function details(id: string, env: Env): Promise<string | null> {
  return env.DB.prepare("SELECT detailed_info FROM listing_details WHERE id = ?").bind(id).first<string>("detailed_info");
}

export async function remove(id: string, env: Env): Promise<void> {
  await env.DB.prepare("DELETE FROM listings WHERE id = ?").bind(id).run();
}
