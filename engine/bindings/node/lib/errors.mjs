// Errors as D1 words them: what SQLite said, where in the statement, and the names of its codes.

const primaryNames = [
  "OK", "ERROR", "INTERNAL", "PERM", "ABORT", "BUSY", "LOCKED", "NOMEM", "READONLY", "INTERRUPT", "IOERR", "CORRUPT",
  "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY", "SCHEMA", "TOOBIG", "CONSTRAINT", "MISMATCH", "MISUSE", "NOLFS",
  "AUTH", "FORMAT", "RANGE", "NOTADB",
];

const tooBig = 18;

const extendedNames = new Map([
  [257, "ERROR_MISSING_COLLSEQ"], [261, "BUSY_RECOVERY"], [262, "LOCKED_SHAREDCACHE"], [264, "READONLY_RECOVERY"],
  [267, "CORRUPT_VTAB"], [275, "CONSTRAINT_CHECK"], [513, "ERROR_RETRY"], [517, "BUSY_SNAPSHOT"],
  [531, "CONSTRAINT_COMMITHOOK"], [769, "ERROR_SNAPSHOT"], [773, "BUSY_TIMEOUT"], [787, "CONSTRAINT_FOREIGNKEY"],
  [1043, "CONSTRAINT_FUNCTION"], [1299, "CONSTRAINT_NOTNULL"], [1555, "CONSTRAINT_PRIMARYKEY"],
  [1811, "CONSTRAINT_TRIGGER"], [2067, "CONSTRAINT_UNIQUE"], [2323, "CONSTRAINT_VTAB"], [2579, "CONSTRAINT_ROWID"],
  [2835, "CONSTRAINT_PINNED"], [3091, "CONSTRAINT_DATATYPE"],
]);

// Functions that D1's SQLite does not have, though the one inside tern does: to D1's programs they do not exist.
const missingFunctions = new Set([
  "if", "unistr", "unistr_quote", "median", "percentile", "percentile_cont", "percentile_disc", "rtreecheck",
  "rtreenode", "rtreedepth", "sqlite_offset", "soundex", "fts3_tokenizer", "offsets", "matchinfo", "optimize",
]);

function codeName(extended) {
  const primary = `SQLITE_${primaryNames[extended & 0xff] ?? "ERROR"}`;
  const name = extendedNames.get(extended);
  return name === undefined ? primary : `${primary} (extended: SQLITE_${name})`;
}

function inSqlitesWords(failure) {
  const denied = /^not authorized to use function: (\w+)$/.exec(failure.sqliteMessage);
  const message =
    denied !== null && missingFunctions.has(denied[1].toLowerCase())
      ? `no such function: ${denied[1]}`
      : failure.sqliteMessage;
  const place = failure.offset >= 0 ? ` at offset ${failure.offset}` : "";
  return `${message}${place}: ${codeName(failure.sqliteCode)}`;
}

const transactionText =
  "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs " +
  "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will " +
  "automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic " +
  "write coalescing.";

// What D1 says where tern's addon failed like that.
export function d1Text(failure) {
  switch (failure.kind) {
    case "no statement":
      return "SQL code did not contain a statement.";
    case "nothing":
      return "No SQL statements detected.";
    case "not authorized":
      return "not authorized: SQLITE_AUTH";
    case "not a statement":
      return "the query is not a text, or the statement not one of prepare()";
    case "transaction":
      return transactionText;
    case "parameters":
      return "Wrong number of parameter bindings for SQL query.";
    case "parameters before the last":
      return "When executing multiple SQL statements in a single call, only the last statement can have parameters.";
  }
  // Refused before SQLite was asked.
  if ((failure.sqliteCode & 0xff) === tooBig && !failure.sqliteMessage) return "string or blob too big: SQLITE_TOOBIG";
  if (failure.sqliteMessage) return inSqlitesWords(failure);
  // What tern itself refuses as a statement, D1 refuses as well.
  if (failure.status === "unsupported") return "not authorized: SQLITE_AUTH";
  return failure.message;
}

// An error with a cause, as D1 throws them: "D1_ERROR: text" with "text" as its cause.
export function d1Error(prefix, text, cause = text) {
  return new Error(`${prefix}: ${text}`, { cause: new Error(cause) });
}

// An error of the addon's kind, for what is found out before it is asked.
export function ownFailure(kind) {
  return Object.assign(new Error(`tern: ${kind}`), { kind, status: "misuse", sqliteMessage: "", sqliteCode: 0, offset: -1 });
}
