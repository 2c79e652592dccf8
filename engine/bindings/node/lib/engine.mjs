// One open database: which statements a cache may answer, and how everything else gets its turn.
//
//   a text of one SELECT               | hot: at once; else on a thread of the pool, by tern's tiers
//   all else, and every batch          | on the session, in transactions, one group of jobs after the other
//
// What a text is has to be found out once, off the event loop. So many texts are kept, the oldest given back first.
import { ownFailure } from "./errors.mjs";
import { growResult, native, result } from "./native.mjs";
import { d1Values, Names, pack, packShared, Rows } from "./packing.mjs";
import { asksConnection, changesReading, isPragma, isTransaction, looksReading, refusedPragmaTable, splitStatements } from "./sql_text.mjs";

const keptStatements = 1024;
const longText = 4096;
const jobsAtOnce = 64;
const onlyHot = 2; // TERN_ONLY_HOT
const headBytes = 24;

const kinds = { unknown: 0, cached: 1, session: 2 };
const queryFlags = { transaction: 1, nothingLeft: 2 };

// What is known of a text.
class Entry {
  constructor(sql) {
    this.sql = sql;
    this.kind = kinds.unknown;
    this.id = -1; // of the statement, where a cache may answer
    this.parameters = 0;
    this.names = new Names();
    this.learning = null;
    this.traits = null;
  }

  // Its statements, and what to watch while they run; found out once, since it takes a look at every token.
  look() {
    if (this.traits !== null) return this.traits;
    const nul = this.sql.indexOf("\0");
    const { statements, rest } = splitStatements(nul < 0 ? this.sql : this.sql.slice(0, nul));
    let flags = rest !== "" || nul >= 0 ? queryFlags.nothingLeft : 0;
    if (statements.some(isTransaction)) flags |= queryFlags.transaction;
    return (this.traits = {
      statements,
      flags,
      reads: statements.length === 1 && looksReading(this.sql),
      // It writes to rows that it has to read first.
      looksFor: /^\s*(update\b|delete\b.*\bwhere\b)/is.test(this.sql),
      pragma: /\bpragma\b/i.test(this.sql),
      refused: refusedPragmaTable(this.sql),
    });
  }
}

export class Engine {
  #id;
  #entries = new Map();
  #waiting = [];
  #draining = null;
  #reading = new Set();
  #closed = false;
  #readsOnSession = false;
  #rules;

  lastRowId = 0;
  size = 0;

  // `rules`: those of D1 hold, or not.
  constructor(id, rules) {
    this.#id = id;
    this.#rules = rules;
  }

  get id() {
    if (this.#closed) throw ownFailure("the database was closed");
    return this.#id;
  }

  entry(sql) {
    const known = this.#entries.get(sql);
    if (known !== undefined) return known;
    const entry = new Entry(sql);
    // A long one is a script, or has values pasted into it: it is kept if it turns out to be a SELECT.
    if (sql.length <= longText) this.#keep(entry);
    return entry;
  }

  // An entry that is given back, but still held by a statement, is learned anew.
  #keep(added) {
    this.#entries.set(added.sql, added);
    if (this.#entries.size <= keptStatements) return;
    const [sql, entry] = this.#entries.entries().next().value;
    this.#entries.delete(sql);
    if (entry.kind === kinds.cached) native.release(entry.id);
    entry.kind = kinds.unknown;
    entry.id = -1;
  }

  // Rows of the hot tier, or null. They lie in the shared buffer: read them before anything else is asked.
  hot(entry, values) {
    if (entry.kind !== kinds.cached || values.length !== entry.parameters || this.#readsOnSession) return null;
    const length = packShared(values);
    if (length < 0) return null;
    let size = native.hot(entry.id, length, onlyHot);
    if (size < 0) {
      growResult(-size);
      size = native.hot(entry.id, length, onlyHot);
    }
    return size > 0 ? new Rows(result, headBytes, entry.names, d1Values) : null;
  }

  // Rows and meta of a text that the hot tier does not answer.
  query(entry, values) {
    const known = entry.kind === kinds.session || this.#readsOnSession;
    return known ? this.#queryOnSession(entry, values) : this.#queryByTiers(entry, values);
  }

  async #queryByTiers(entry, values) {
    if (entry.kind === kinds.unknown && !(await this.#learn(entry))) return this.#queryOnSession(entry, values);
    if (entry.kind !== kinds.cached || this.#readsOnSession) return this.#queryOnSession(entry, values);
    if (values.length !== entry.parameters) throw ownFailure("parameters");
    const began = performance.now();
    const reading = native.query(entry.id, pack(values), 0);
    this.#reading.add(reading);
    const [body] = await reading.finally(() => this.#reading.delete(reading));
    const rows = new Rows(body, 0, entry.names, d1Values);
    return { rows, meta: this.meta(performance.now() - began, rows.count) };
  }

  // Of a read.
  meta(duration, rowsRead) {
    return {
      served_by: "tern",
      duration,
      changes: 0,
      last_row_id: this.lastRowId,
      changed_db: false,
      size_after: this.size,
      rows_read: rowsRead,
      rows_written: 0,
    };
  }

  // False where this time the session has to say what is amiss.
  #learn(entry) {
    entry.learning ??= this.#prepare(entry).finally(() => {
      entry.learning = null;
    });
    return entry.learning;
  }

  async #prepare(entry) {
    const { flags, reads } = entry.look();
    this.#demandAllowed(entry);
    if (flags !== 0 || !reads || isPragma(entry.sql) || asksConnection(entry.sql)) {
      entry.kind = kinds.session;
      return true;
    }
    try {
      const [id, parameters] = await native.prepare(this.id, entry.sql);
      if (!this.#entries.has(entry.sql)) this.#keep(entry);
      if (this.#entries.get(entry.sql) !== entry) {
        native.release(id);
        return false;
      }
      Object.assign(entry, { id, parameters, kind: kinds.cached });
      return true;
    } catch (failure) {
      if (failure.kind === "writes") entry.kind = kinds.session;
      return false;
    }
  }

  #queryOnSession(entry, values) {
    return this.run([[entry, values]]).then(([answer]) => answer);
  }

  // Runs queries, each [entry, values], as one transaction; of each its rows and meta.
  async run(queries) {
    let alone = false;
    let reads = true;
    const job = queries.map(([entry, values]) => {
      this.#demandAllowed(entry);
      const traits = entry.look();
      alone ||= traits.pragma;
      reads &&= traits.reads;
      return [traits.statements, pack(values), values.length, traits.flags];
    });
    const answers = await this.#submit([job, alone, reads]);
    if (alone && queries.some(([entry]) => changesReading(entry.sql))) this.#readsOnSession = true;
    return answers.map((answer, i) => this.#answer(answer, queries[i][0]));
  }

  #answer([body, changes, idBefore, lastRowId, sizeBefore, size, duration], entry) {
    const rows = new Rows(body, 0, entry.names, d1Values);
    const meta = this.meta(duration, changes > 0 && !entry.look().looksFor ? 0 : Math.max(changes, rows.count));
    meta.changes = changes;
    meta.last_row_id = lastRowId;
    meta.changed_db = changes !== 0 || lastRowId !== idBefore || size !== sizeBefore;
    meta.size_after = this.size = size;
    meta.rows_written = changes;
    return { rows, meta };
  }

  #demandAllowed(entry) {
    if (this.#rules && entry.look().refused) throw ownFailure("not authorized");
  }

  #submit(job) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  // Jobs that come while others run are the next group.
  async #drain() {
    await undefined; // what comes in the same turn of the event loop is one group
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, jobsAtOnce);
      try {
        const outcomes = await native.run(this.id, group.map(({ job }) => job));
        outcomes.forEach(([answers, lastRowId], i) => {
          this.lastRowId = lastRowId;
          if (answers instanceof Error) group[i].reject(answers);
          else group[i].resolve(answers);
        });
      } catch (failure) {
        for (const { reject } of group) reject(failure);
      }
    }
    this.#draining = null;
  }

  // Waits for what is under way.
  async close() {
    if (this.#closed) return;
    await this.#draining;
    this.#closed = true;
    await Promise.allSettled(this.#reading);
    await native.close(this.#id);
  }
}
