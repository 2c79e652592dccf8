// Types of tern-db. What is D1's and Workers KV's is described by @cloudflare/workers-types, whose interfaces DB and the
// namespaces satisfy.
import type { D1Database, KVNamespace } from "@cloudflare/workers-types";

/** How a database is opened. What is left out has the engine's default (docs/guide.md). */
export interface OpenOptions {
  /** A missing file is an error; otherwise it is created. */
  existing?: boolean;
  /** What survives a power loss: "full" every acknowledged commit, "normal" (the default) the file's integrity. */
  synchronous?: "normal" | "full";
  /** "d1" (the default): SQL is held to what D1 takes, and foreign keys are on. "sqlite": all that SQLite takes. */
  rules?: "d1" | "sqlite";
  /** false: SQLite answers every read. */
  cache?: boolean;
  /** false: no tier in memory. */
  hot?: boolean;
  /** false: no tier on disk for this process. */
  store?: boolean;
  /** A database in another journal mode is converted to WAL; otherwise it is an error. */
  convertToWal?: boolean;
  acceptUnsafeSqlite?: boolean;
  hotBytes?: number;
  storeBytes?: number;
  maxEntryBytes?: number;
  maxLogBytes?: number;
  kvMapBytes?: number;
  busyTimeoutMs?: number;
  maxReadConnections?: number;
  pageCacheKib?: number;
  checkpointFrames?: number;
}

/** What a statement may do with its cached answers other than returning fresh ones alone (docs/guide.md, "Policies"). */
export interface Policy {
  ttlMs?: number;
  staleWhileRevalidateMs?: number;
  staleIfErrorMs?: number;
  refreshAheadMs?: number;
  tags?: string[];
  noTtlJitter?: boolean;
  noNegativeCaching?: boolean;
  admitSecondTime?: boolean;
  pin?: boolean;
}

/** What the native calls take as a parameter. Whole numbers and bigints are INTEGER, other numbers REAL. */
export type NativeParameter =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | ArrayBuffer
  | ArrayBufferView;

/** What they give: integers beyond 2^53 are bigint. */
export type NativeValue = null | number | bigint | string | Uint8Array;
export type NativeRow = Record<string, NativeValue>;
export type Source = "hot" | "store" | "sql";

/** A statement that reads, with calls that return at once. One whose answer is not hot reads on the calling thread. */
export interface NativeStatement {
  first<T = NativeRow>(...values: NativeParameter[]): T | null;
  all<T = NativeRow>(...values: NativeParameter[]): T[];
  raw(...values: NativeParameter[]): NativeValue[][];
  /** Which tier answered the last call. */
  readonly source: Source | null;
  /** Not null where the last answer was stale, as the statement's policy allows. */
  readonly stale: { reason: "revalidating" | "error"; ageMs: number } | null;
}

export interface Computed<T extends string | Uint8Array = string | Uint8Array> {
  value: T;
  source: "hot" | "store" | "computed";
  /** Why no tier keeps it; null if one does. */
  whyNotCached: string | null;
}

/** What tern has beyond D1. */
export interface Extras {
  prepare(sql: string, policy?: Policy): NativeStatement;
  first<T = NativeRow>(sql: string, ...values: NativeParameter[]): T | null;
  all<T = NativeRow>(sql: string, ...values: NativeParameter[]): T[];
  /** Which tier answers it now. */
  source(sql: string, ...values: NativeParameter[]): Source;
  /** Why the answer is or is not cached, what it hangs on, and what voided it lately. */
  explain(sql: string, ...values: NativeParameter[]): Promise<Record<string, unknown>>;
  /** What the engine has done in this process and what it holds. */
  stats(): Record<string, unknown>;
  /** Kept until a row or key that `compute` read is changed. It reads by the synchronous calls of these extras. */
  getOrCompute<T extends string | Uint8Array>(key: string, compute: () => T, options?: { ttlMs?: number }): Computed<T>;
  invalidateTag(tag: string): void;
  invalidateTable(table: string): void;
  invalidateAll(): void;
}

export type TernDatabase = D1Database & { readonly tern: Extras };

/** What tern has beyond Workers KV. */
export interface KvExtras {
  /** The value as text, at once; null: no such key; undefined: not known in memory, ask get(). */
  getHot(key: string): string | null | undefined;
  /** Which tier has it now; null: no such key. */
  source(key: string): Promise<"hot" | "store" | null>;
}

export type TernNamespace = KVNamespace & { readonly tern: KvExtras };

export interface Opened {
  DB: TernDatabase;
  /** The namespace of that name, made with its first use. */
  kv(name: string): TernNamespace;
  /** Waits for what is under way. Calls that come later are rejected. */
  close(): Promise<void>;
}

/** Opens the file, or creates it. One file is opened once in a process; the first options count. */
export function open(path: string, options?: OpenOptions): Opened;

/** tern's version. */
export const version: string;
