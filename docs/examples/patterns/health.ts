// Health monitor: whether the database and the keys can be read and written, and how long that takes.
//
// A check that only reads may be answered from memory for ever; this one writes what it reads. Checks run side by side,
// and one that hangs is a failure after its time.
import type { Env } from "./env.js";

export interface Check {
  name: string;
  healthy: boolean;
  ms: number;
  error?: string;
}

async function check(name: string, work: () => Promise<void>, timeoutMs: number): Promise<Check> {
  const began = performance.now();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work(), late]);
    return { name, healthy: true, ms: performance.now() - began };
  } catch (error) {
    return { name, healthy: false, ms: performance.now() - began, error: String((error as Error).message) };
  } finally {
    clearTimeout(timer);
  }
}

export async function health(env: Env, timeoutMs = 1000): Promise<Check[]> {
  const token = crypto.randomUUID();
  return Promise.all([
    check("database", async () => {
      await env.DB.batch([
        env.DB.prepare("CREATE TABLE IF NOT EXISTS health (one INTEGER PRIMARY KEY CHECK (one = 1), token TEXT)"),
        env.DB.prepare("INSERT OR REPLACE INTO health VALUES (1, ?)").bind(token),
      ]);
      const read = await env.DB.prepare("SELECT token FROM health").first<string>("token");
      if (read !== token) throw new Error("what was written was not read");
    }, timeoutMs),
    check("keys", async () => {
      await env.CACHE.put("health", token);
      if ((await env.CACHE.get("health")) !== token) throw new Error("what was written was not read");
    }, timeoutMs),
  ]);
}
