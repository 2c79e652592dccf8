// Code that was written for D1 and Workers KV, unchanged: libraries from npm (clients/), and the types of both.
//
// The recorded scripts and their outputs are in TERN_SHARED_DIR/clients; each runs with tern in the place of what was
// recorded, and its output must be equal.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withDatabase } from "./temporary.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const installed = execFileSync(join(here, "clients/install.sh"), { encoding: "utf8" }).trim();
const work = mkdtempSync(join(tmpdir(), "tern-clients-"));
after(() => rmSync(work, { recursive: true, force: true }));

// A folder in which the installed libraries, and this package, are found by their names.
mkdirSync(join(work, "node_modules"));
for (const name of readdirSync(join(installed, "node_modules"))) {
  if (!name.startsWith(".")) symlinkSync(join(installed, "node_modules", name), join(work, "node_modules", name));
}
symlinkSync(packageFolder, join(work, "node_modules/tern-db"));

const recorded = join(process.env.TERN_SHARED_DIR ?? "/none", "clients");
const scripts = existsSync(recorded) ? readdirSync(join(recorded, "expected")) : [];

for (const expected of scripts) {
  const name = basename(expected, ".json");
  test(`${name} gives what was recorded`, () => {
    const folder = join(work, name);
    mkdirSync(folder);
    for (const part of ["run.mjs", "clients", "expected"]) cpSync(join(recorded, part), join(folder, part), { recursive: true, mode: 0 });
    const { stdout, stderr, status } = spawnSync(process.execPath, ["run.mjs", "check", join(here, "target.mjs"), name], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^same ${name}: \\d+ values, 0 differ`, "m"));
  });
}

test("DB and kv() satisfy D1Database and KVNamespace", () => {
  for (const file of ["tsconfig.json", "satisfies.ts"]) cpSync(join(here, "types", file), join(work, file));
  const { stdout, status } = spawnSync(process.execPath, [join(work, "node_modules/typescript/lib/tsc.js"), "-p", work], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout);
});

test("drizzle-orm's d1 driver reads, writes, joins and batches", async () => {
  const from = (path) => import(pathToFileURL(join(installed, "node_modules/drizzle-orm", path)));
  const { drizzle } = await from("d1/index.js");
  const { integer, sqliteTable, text } = await from("sqlite-core/index.js");
  const { eq, relations, sql } = await from("index.js");
  const owners = sqliteTable("owners", { id: integer("id").primaryKey(), name: text("name").notNull().unique() });
  const places = sqliteTable("places", {
    id: text("id").primaryKey(),
    ownerId: integer("owner_id").notNull().references(() => owners.id),
    info: text("info", { mode: "json" }),
  });
  const ownersHave = relations(owners, ({ many }) => ({ places: many(places) }));
  const placesHave = relations(places, ({ one }) => ({
    owner: one(owners, { fields: [places.ownerId], references: [owners.id] }),
  }));
  await withDatabase(async ({ DB }) => {
    const db = drizzle(DB, { schema: { owners, places, ownersHave, placesHave } });
    await db.run(sql`CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`);
    await db.run(sql`CREATE TABLE places (id TEXT PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES owners (id), info TEXT)`);
    const [ann] = await db.insert(owners).values({ name: "ann" }).returning();
    assert.deepEqual(ann, { id: 1, name: "ann" });
    await db.batch([
      db.insert(places).values({ id: "p1", ownerId: ann.id, info: { beds: 2 } }),
      db.insert(places).values({ id: "p2", ownerId: ann.id, info: null }),
    ]);
    const withPlaces = await db.query.owners.findMany({ with: { places: true } });
    assert.deepEqual(withPlaces[0].places.map(({ id, info }) => [id, info]), [["p1", { beds: 2 }], ["p2", null]]);
    await db.update(places).set({ info: { beds: 3 } }).where(eq(places.id, "p1"));
    const joined = await db.select().from(places).innerJoin(owners, eq(places.ownerId, owners.id)).where(eq(places.id, "p1"));
    assert.deepEqual(joined, [{ places: { id: "p1", ownerId: 1, info: { beds: 3 } }, owners: { id: 1, name: "ann" } }]);
    await db.delete(places).where(eq(places.id, "p2"));
    assert.equal(await db.$count(places), 1);
    const refused = await db.insert(owners).values({ name: "ann" }).then(() => null, (error) => error);
    assert.match(String(refused.cause?.message ?? refused.message), /UNIQUE constraint failed: owners.name/);
    await assert.rejects(db.insert(places).values({ id: "p3", ownerId: 9 }));
  });
});
