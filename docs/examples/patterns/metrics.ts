// Metrics: a database that counts, in front of the one that works.
//
// It wraps prepare() alone, and bind() of what that gives. What a statement costs is in its meta; tern's own counters,
// hits of each tier among them, are in DB.tern.stats().
import type { D1Database, D1PreparedStatement } from "@cloudflare/workers-types";

export interface Metrics {
  calls: number;
  failures: number;
  rows: number;
  ms: number;
}

type Terminal = "first" | "all" | "run" | "raw";

export function measured(db: D1Database, metrics: Metrics): Pick<D1Database, "prepare"> {
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const method = Reflect.get(target, name) as unknown;
        if (name === "bind") return (...values: unknown[]) => wrap(target.bind(...values));
        if (!["first", "all", "run", "raw"].includes(String(name))) return method;
        return (...given: unknown[]) => count(() => (target[name as Terminal] as (...a: unknown[]) => Promise<unknown>)(...given));
      },
    });
  const count = async (call: () => Promise<unknown>): Promise<unknown> => {
    const began = performance.now();
    ++metrics.calls;
    try {
      const answer = await call();
      const results = (answer as { results?: unknown[] } | null)?.results;
      metrics.rows += results?.length ?? 0;
      return answer;
    } catch (error) {
      ++metrics.failures;
      throw error;
    } finally {
      metrics.ms += performance.now() - began;
    }
  };
  return { prepare: (sql) => wrap(db.prepare(sql)) };
}
