// Where statements end, and what sort they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstWords, isTransaction, looksReading, refusedPragmaTable, splitStatements } from "../lib/sql_text.mjs";

const split = (sql) => {
  const { statements, rest } = splitStatements(sql);
  return [...statements, `rest: ${JSON.stringify(rest)}`];
};

test("a text without a semicolon is one statement", () => {
  assert.deepEqual(split("SELECT 1"), ["SELECT 1", 'rest: ""']);
  assert.deepEqual(split(" SELECT 1 -- x"), [" SELECT 1 -- x", 'rest: ""']);
});

test("semicolons end statements, and blanks behind the last are nothing", () => {
  assert.deepEqual(split("SELECT 1; SELECT 2;\n\t"), ["SELECT 1;", "SELECT 2;", 'rest: ""']);
  assert.deepEqual(split("SELECT 1;;"), ["SELECT 1;", 'rest: ";"']);
  assert.deepEqual(split("SELECT 1; -- done"), ["SELECT 1;", 'rest: "-- done"']);
  assert.deepEqual(split(";SELECT 1"), [";SELECT 1", 'rest: ""']);
  assert.deepEqual(split(";"), ['rest: ";"']);
  assert.deepEqual(split(""), ['rest: ""']);
});

test("semicolons in quotes and comments end nothing", () => {
  const whole = `SELECT 'a;''b;', "c;", [d;], \`e;\` /* f; */ -- g;\n FROM t`;
  assert.deepEqual(split(whole), [whole, 'rest: ""']);
  assert.deepEqual(split("SELECT 'a;b"), ["SELECT 'a;b", 'rest: ""']);
  assert.deepEqual(split("SELECT 1 /* ; "), ["SELECT 1 /* ; ", 'rest: ""']);
});

test("a trigger ends behind its END", () => {
  const trigger =
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET x = CASE WHEN 1 THEN 2 END; SELECT 1; END;";
  assert.deepEqual(split(`${trigger} SELECT 3;`), [trigger, "SELECT 3;", 'rest: ""']);
  assert.deepEqual(split(`CREATE TABLE a (x); ${trigger}`), ["CREATE TABLE a (x);", trigger, 'rest: ""']);
  const open = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;";
  assert.deepEqual(split(open), [open, 'rest: ""']);
});

test("the first word is found behind comments, blanks and EXPLAIN", () => {
  assert.deepEqual(firstWords("/* a */ -- b\n ; explain query plan select x", 2), ["SELECT", "X"]);
  assert.ok(isTransaction(" rollback to a"));
  assert.ok(isTransaction("EXPLAIN BEGIN"));
  assert.ok(!isTransaction("SELECT 'BEGIN'"));
  assert.ok(looksReading("WITH a AS (SELECT 1) SELECT * FROM a"));
  assert.ok(!looksReading("INSERT INTO t SELECT 1"));
});

test("pragmas that are read as tables are refused where D1 refuses them", () => {
  assert.ok(!refusedPragmaTable("SELECT name FROM pragma_table_info('t')"));
  assert.ok(!refusedPragmaTable("SELECT name FROM pragma_table_info(?)"));
  assert.ok(!refusedPragmaTable("SELECT 'pragma_page_count' FROM t"));
  assert.ok(!refusedPragmaTable("SELECT l.name, i.name FROM pragma_table_list AS l, pragma_table_info(l.name) AS i"));
  assert.ok(!refusedPragmaTable("SELECT name FROM pragma_table_info('t'), sqlite_master"));
  assert.ok(refusedPragmaTable("SELECT * FROM Pragma_Page_Count"));
  assert.ok(refusedPragmaTable('SELECT * FROM "sqlite_master" AS m, "pragma_table_info"("m"."name")'));
  assert.ok(refusedPragmaTable("SELECT * FROM sqlite_master AS m, pragma_table_info(m.name)"));
});
