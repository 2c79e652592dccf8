// Hybrid cache and database: KV in front of D1.
//
// As it is written it has a hole: a reader that has read the old row from D1 may put it into KV after the writer has
// deleted the key, and the old row stays for as long as its ttl. tern's own way needs no KV in front: the database's own
// tier is as fast, and never stale.
import type { Env, Property } from "./env.js";

const select = "SELECT * FROM properties WHERE id = ?";
const update = "UPDATE properties SET basic_info = ?, version = version + 1 WHERE id = ?";

// `filling` is where the hole is: between reading the row and keeping it.
export async function getProperty(id: string, env: Env, filling?: () => Promise<void>): Promise<Property | null> {
  const kept = await env.CACHE.get<Property>(`property:${id}`, "json");
  if (kept !== null) return kept;
  const row = await env.DB.prepare(select).bind(id).first<Property>();
  await filling?.();
  if (row !== null) await env.CACHE.put(`property:${id}`, JSON.stringify(row), { expirationTtl: 300 });
  return row;
}

export async function updateProperty(id: string, info: unknown, env: Env): Promise<void> {
  await env.DB.prepare(update).bind(JSON.stringify(info), id).run();
  await env.CACHE.delete(`property:${id}`);
}

export async function getPropertyFresh(id: string, env: Env): Promise<Property | null> {
  return env.DB.prepare(select).bind(id).first<Property>();
}

export async function updatePropertyFresh(id: string, info: unknown, env: Env): Promise<void> {
  await env.DB.prepare(update).bind(JSON.stringify(info), id).run();
}
