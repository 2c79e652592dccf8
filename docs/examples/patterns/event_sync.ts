// Event-driven sync: changes that another system announces, applied once each and in whatever order they arrive.
//
// The version in the event decides: an event that comes twice, or after a newer one, changes nothing.
import type { Env } from "./env.js";

export interface PropertyChanged {
  id: string;
  region: string;
  info: unknown;
  version: number;
}

// True if the event was news.
export async function apply(event: PropertyChanged, env: Env): Promise<boolean> {
  const { meta } = await env.DB.prepare(
    `INSERT INTO properties (id, region, basic_info, version) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET region = excluded.region, basic_info = excluded.basic_info, version = excluded.version
     WHERE excluded.version > properties.version`,
  )
    .bind(event.id, event.region, JSON.stringify(event.info), event.version)
    .run();
  return meta.changes > 0;
}
