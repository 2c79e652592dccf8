// A database in a folder of its own, gone when it is closed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../lib/index.mjs";

export function openTemporary(options) {
  const folder = mkdtempSync(join(tmpdir(), "tern-node-"));
  const path = join(folder, "test.db");
  const opened = open(path, options);
  return {
    ...opened,
    path,
    async close() {
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// Runs `body` with such a database, and closes it whatever happens.
export async function withDatabase(body, options) {
  const opened = openTemporary(options);
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}
