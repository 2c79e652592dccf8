// SQL by its tokens, as far as D1's surface needs it: where statements end, and what sort they are. SQLite itself has
// the last word on every text; nothing here decides whether SQL is right.

// What SQLite's callers pass over between two statements.
const statementBlanks = /^[ \t\n\v\f\r]$/;
const blanks = /[ \t\n\v\f\r\ufeff]/;
const wordStart = /[A-Za-z_\u0080-\uffff]/;
const wordPart = /[A-Za-z0-9_$\u0080-\uffff]/;
const closing = { "'": "'", '"': '"', "`": "`", "[": "]" };

// Behind what is quoted at `at`; a quote within is written twice, but for [.
function skipQuoted(sql, at) {
  const quote = sql[at];
  const end = closing[quote];
  for (let i = at + 1; i < sql.length; ++i) {
    if (sql[i] !== end) continue;
    if (quote !== "[" && sql[i + 1] === end) ++i;
    else return i + 1;
  }
  return sql.length;
}

// Behind a comment at `at`, or `at` where there is none.
function skipComment(sql, at) {
  if (sql.startsWith("--", at)) {
    const end = sql.indexOf("\n", at);
    return end < 0 ? sql.length : end + 1;
  }
  if (sql.startsWith("/*", at)) {
    const end = sql.indexOf("*/", at + 2);
    return end < 0 ? sql.length : end + 2;
  }
  return at;
}

// Tokens without blanks and comments: [text in upper case where it is a word, first character otherwise, begin, end].
function* tokens(sql) {
  let at = 0;
  while (at < sql.length) {
    const c = sql[at];
    const behind = skipComment(sql, at);
    if (behind > at) {
      at = behind;
    } else if (blanks.test(c)) {
      ++at;
    } else if (c in closing) {
      const end = skipQuoted(sql, at);
      yield [c, at, end];
      at = end;
    } else if (wordStart.test(c)) {
      let end = at + 1;
      while (end < sql.length && wordPart.test(sql[end])) ++end;
      yield [sql.slice(at, end).toUpperCase(), at, end];
      at = end;
    } else {
      yield [c, at, at + 1];
      ++at;
    }
  }
}

// The first words of a text, at most `count`; EXPLAIN and QUERY PLAN are passed over.
export function firstWords(sql, count) {
  const words = [];
  for (const [token] of tokens(sql)) {
    if (words.length === 0 && (token === ";" || token === "EXPLAIN" || token === "QUERY" || token === "PLAN")) continue;
    words.push(token);
    if (words.length === count) break;
  }
  return words;
}

// Whether a text creates a trigger, whose body has semicolons of its own.
function beginsTrigger(words) {
  if (words[0] !== "CREATE") return false;
  return words[1] === "TRIGGER" || ((words[1] === "TEMP" || words[1] === "TEMPORARY") && words[2] === "TRIGGER");
}

// The statements of a text, each with the semicolon that ends it, without the blanks before all but the first. `rest` is what stands behind the last one, "" where
// that is nothing but blanks; it holds no statement.
//
// A trigger ends at a semicolon behind an END that itself stands behind a semicolon, as the sqlite3 shell has it.
export function splitStatements(sql) {
  const statements = [];
  let begin = 0;
  let words = [];
  let before = ["", ""]; // the last two tokens
  for (const [token, , end] of tokens(sql)) {
    if (token !== ";") {
      if (words.length < 4) words.push(token);
    } else if (words.length > 0 && (!beginsTrigger(words) || (before[1] === "END" && before[0] === ";"))) {
      statements.push(sql.slice(begin, end));
      begin = end;
      while (statementBlanks.test(sql.charAt(begin))) ++begin;
      words = [];
    }
    before = [before[1], token];
  }
  if (words.length > 0) {
    statements.push(sql.slice(begin));
    begin = sql.length;
  }
  return { statements, rest: sql.slice(begin) };
}

const transactionWords = new Set(["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]);

export const isTransaction = (sql) => transactionWords.has(firstWords(sql, 1)[0]);

// What reads as long as SQLite does not say otherwise.
export const looksReading = (sql) => ["SELECT", "VALUES", "WITH", "PRAGMA"].includes(firstWords(sql, 1)[0]);

export const isPragma = (sql) => firstWords(sql, 1)[0] === "PRAGMA";

// Functions that tell of the connection rather than of the database.
export const asksConnection = (sql) => /\b(changes|total_changes|last_insert_rowid)\b/i.test(sql);

// Pragmas after which an unchanged statement may read something else on the connection that they were set on.
export const changesReading = (sql) => /\b(case_sensitive_like|reverse_unordered_selects)\b/i.test(sql);

// Pragmas of D1 that are tables as well (sql/d1_rules.cc has all of them).
const pragmaTables = new Set([
  "PRAGMA_FOREIGN_KEY_CHECK", "PRAGMA_FOREIGN_KEY_LIST", "PRAGMA_INDEX_INFO", "PRAGMA_INDEX_LIST", "PRAGMA_INDEX_XINFO",
  "PRAGMA_QUICK_CHECK", "PRAGMA_TABLE_INFO", "PRAGMA_TABLE_LIST", "PRAGMA_TABLE_XINFO", "PRAGMA_DATA_VERSION",
  "PRAGMA_FOREIGN_KEYS", "PRAGMA_DEFER_FOREIGN_KEYS", "PRAGMA_RECURSIVE_TRIGGERS", "PRAGMA_CASE_SENSITIVE_LIKE",
]);

// Whether D1 refuses a text for the pragmas that it reads as tables, which shows there only when it runs: a pragma that
// D1 does not have, and what asks each table of the schema for its columns, since D1 has a table of its own in it that
// nobody may ask about.
export function refusedPragmaTable(sql) {
  if (!/pragma_/i.test(sql)) return false;
  const all = [...tokens(sql)];
  // Names without their quotes; a text in single quotes is none.
  const names = all.map(([token, begin, end]) =>
    token in closing && token !== "'" ? sql.slice(begin + 1, end - 1).toUpperCase() : token,
  );
  const wholeSchema = names.includes("SQLITE_MASTER") || names.includes("SQLITE_SCHEMA");
  return names.some((name, i) => {
    if (!name.startsWith("PRAGMA_")) return false;
    const argument = names[i + 1] === "(" ? all[i + 2]?.[0] : "";
    const column = argument !== undefined && (wordStart.test(argument) || names[i + 3] === ".");
    return !pragmaTables.has(name) || (wholeSchema && column);
  });
}
