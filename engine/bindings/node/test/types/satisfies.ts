// Checked by tsc, not run: what tern-db gives out is what code for Workers takes.
import type { D1Database, D1DatabaseSession, D1PreparedStatement, D1Result, KVNamespace } from "@cloudflare/workers-types";
import { open, type Computed, type NativeRow, type TernDatabase } from "tern-db";

interface Env {
  DB: D1Database;
  SESSIONS: KVNamespace;
}

const { DB, kv, close } = open("listings.db", { synchronous: "full", rules: "d1", hotBytes: 1 << 20 });
const env: Env = { DB, SESSIONS: kv("sessions") };
const db: TernDatabase = DB;

export async function useIt(): Promise<void> {
  const statement: D1PreparedStatement = env.DB.prepare("SELECT * FROM t WHERE id = ?").bind(1);
  const row: { id: number } | null = await statement.first<{ id: number }>();
  const name: string | null = await statement.first<string>("name");
  const all: D1Result<{ id: number }> = await statement.all<{ id: number }>();
  const written: number = all.meta.rows_written + (row?.id ?? 0) + (name?.length ?? 0);
  const [columns, ...rows] = await statement.raw<[number, string]>({ columnNames: true });
  const session: D1DatabaseSession = env.DB.withSession("first-primary");
  const bookmark: string | null = session.getBookmark();
  await session.batch([session.prepare("SELECT 1"), session.prepare("SELECT 2")]);
  const { count, duration } = await env.DB.exec("CREATE TABLE t (id)");

  await env.SESSIONS.put("k", new Uint8Array(3), { expirationTtl: 60, metadata: { a: 1 } });
  const value: ArrayBuffer | null = await env.SESSIONS.get("k", "arrayBuffer");
  const many: Map<string, string | null> = await env.SESSIONS.get(["a", "b"]);
  const { metadata } = await env.SESSIONS.getWithMetadata<{ a: number }>("k");
  const page = await env.SESSIONS.list<{ a: number }>({ prefix: "k", limit: 10 });
  const next: string | undefined = page.list_complete ? undefined : page.cursor;

  const native: NativeRow | null = db.tern.prepare("SELECT 1 AS one", { ttlMs: 1000, tags: ["x"] }).first();
  const computed: Computed<string> = db.tern.getOrCompute("page", () => "text", { ttlMs: 5 });
  console.log(written, columns, rows, bookmark, count, duration, value, many, metadata, next, native, computed.value);
  await close();
}

// @ts-expect-error there is no such option
open("listings.db", { synchronous: "sometimes" });
