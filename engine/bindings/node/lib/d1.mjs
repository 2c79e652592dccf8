// Cloudflare D1's interface on tern: D1Database, D1PreparedStatement, D1DatabaseSession, with D1's results and errors.
// docs/d1.md says what is the same, what differs, and why.
import { d1Error, d1Text, ownFailure } from "./errors.mjs";
import { accepted, allSent } from "./parameters.mjs";

const firstPrimary = "first-primary";
const firstUnconstrained = "first-unconstrained";

// What went wrong, as D1 words it.
const worded = (failure) => (failure instanceof Error && "kind" in failure ? d1Error("D1_ERROR", d1Text(failure)) : failure);

// D1 drops texts that hold nothing but blanks and indented comments.
const isDropped = (sql) => sql.replace(/^\s+--.*$/gm, "").trim() === "";

function demandStatement(sql) {
  if (isDropped(sql)) throw ownFailure("nothing");
}

// Tokens that grow with time, within a process and over its restarts. tern has one database, and every read is of its
// newest state: a bookmark need not lead anywhere, but must never seem to go back.
let lastMoment = 0;
let momentCount = 0;

function nextBookmark() {
  const now = Date.now();
  momentCount = now > lastMoment ? 0 : momentCount + 1;
  lastMoment = Math.max(now, lastMoment);
  const hex = (value, digits) => value.toString(16).padStart(digits, "0");
  return `${hex(lastMoment, 12)}-${hex(momentCount, 8)}`;
}

// Where a statement tells that something was answered: a session's bookmark.
class Bookmarks {
  #constraintOrBookmark;
  constructor(constraintOrBookmark) {
    this.#constraintOrBookmark = constraintOrBookmark;
  }
  get current() {
    const known = this.#constraintOrBookmark;
    return known === firstPrimary || known === firstUnconstrained ? null : known;
  }
  answered() {
    const next = nextBookmark();
    if (this.current === null || this.current.localeCompare(next) < 0) this.#constraintOrBookmark = next;
  }
}

export class D1PreparedStatement {
  #engine;
  #bookmarks;
  #entry;

  constructor(engine, bookmarks, statement, params = []) {
    this.#engine = engine;
    this.#bookmarks = bookmarks;
    // What is no text fails when it is run.
    this.#entry = typeof statement === "string" ? engine.entry(statement) : null;
    this.statement = statement;
    this.params = params;
  }

  bind(...values) {
    return new D1PreparedStatement(this.#engine, this.#bookmarks, this.statement, values.map(accepted));
  }

  async first(colName) {
    const { rows } = this.#hot(false) ?? (await this.#query());
    if (rows.count === 0) return null;
    const row = rows.object(0);
    if (colName === undefined) return row;
    if (row[colName] === undefined) {
      throw d1Error("D1_COLUMN_NOTFOUND", `Column not found (${colName})`, "Column not found");
    }
    return row[colName];
  }

  async all() {
    const { rows, meta } = this.#hot(true) ?? (await this.#query());
    return { success: true, meta, results: rows.objects() };
  }

  run() {
    return this.all();
  }

  async raw(options) {
    const { rows } = this.#hot(false) ?? (await this.#query());
    return options?.columnNames ? [rows.columns, ...rows.arrays()] : rows.arrays();
  }

  // For batch(): what engine.run() takes.
  static querying(statement) {
    if (!(#entry in statement)) throw ownFailure("not a statement");
    if (statement.#entry === null) throw ownFailure("not a statement");
    return [statement.#entry, allSent(statement.params)];
  }

  #hot(withMeta) {
    const rows = this.#entry === null ? null : this.#engine.hot(this.#entry, allSent(this.params));
    if (rows === null) return null;
    this.#bookmarks?.answered();
    return { rows, meta: withMeta ? this.#engine.meta(0, rows.count) : null };
  }

  async #query() {
    try {
      if (this.#entry === null) throw ownFailure("not a statement");
      demandStatement(this.statement);
      const answer = await this.#engine.query(this.#entry, allSent(this.params));
      this.#bookmarks?.answered();
      return answer;
    } catch (failure) {
      throw worded(failure);
    }
  }
}

async function runBatch(engine, statements) {
  try {
    const sent = statements.map((statement) => D1PreparedStatement.querying(statement));
    const queries = sent.filter(([{ sql }]) => !isDropped(sql));
    if (queries.length === 0) throw ownFailure("nothing");
    const answers = await engine.run(queries);
    return answers.map(({ rows, meta }) => ({ success: true, meta, results: rows.objects() }));
  } catch (failure) {
    throw worded(failure);
  }
}

export class D1DatabaseSession {
  #engine;
  #bookmarks;

  constructor(engine, constraintOrBookmark) {
    this.#engine = engine;
    this.#bookmarks = new Bookmarks(constraintOrBookmark);
  }

  prepare(query) {
    return new D1PreparedStatement(this.#engine, this.#bookmarks, query);
  }

  async batch(statements) {
    const answers = await runBatch(this.#engine, statements);
    this.#bookmarks.answered();
    return answers;
  }

  getBookmark() {
    return this.#bookmarks.current;
  }
}

export class D1Database {
  #engine;

  constructor(engine, extras) {
    this.#engine = engine;
    // What D1 does not have; docs/d1.md, "Beyond D1".
    this.tern = extras;
  }

  prepare(query) {
    return new D1PreparedStatement(this.#engine, null, query);
  }

  async batch(statements) {
    return runBatch(this.#engine, statements);
  }

  // Each line is a statement of its own (or several), all of them one transaction.
  async exec(query) {
    const lines = query.trim().split("\n");
    try {
      const queries = lines.filter((line) => !isDropped(line)).map((line) => [this.#engine.entry(line), []]);
      if (queries.length === 0) throw ownFailure("nothing");
      const answers = await this.#engine.run(queries);
      return { count: answers.length, duration: answers.reduce((sum, { meta }) => sum + meta.duration, 0) };
    } catch (failure) {
      if (!("kind" in failure)) throw failure;
      // D1 does not say which line it was: one failure comes back for all, and counts as that of the first.
      throw d1Error("D1_EXEC_ERROR", `Error in line 1: ${lines[0]}: ${d1Text(failure)}`);
    }
  }

  withSession(constraintOrBookmark) {
    const wanted = constraintOrBookmark?.trim();
    return new D1DatabaseSession(this.#engine, wanted ? wanted : firstUnconstrained);
  }

  // D1 has it for the databases of its alpha alone.
  async dump() {
    throw d1Error("D1_DUMP_ERROR", "Status + 404", "Status 404");
  }
}
