// The addon, and the three buffers through which synchronous calls take their parameters and give their answers.
//
// The addon is looked for in TERN_NODE_ADDON, then beside this file (an installed package), then where the build of the
// source tree puts it. Everything here belongs to one JavaScript thread; a Worker has its own.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const places = [
  process.env.TERN_NODE_ADDON,
  fileURLToPath(new URL("tern_node.node", import.meta.url)),
  fileURLToPath(new URL("../../../../build/release/lib/tern_node.node", import.meta.url)),
];

const found = places.find((place) => place && existsSync(place));
if (found === undefined) {
  throw new Error(
    `tern-db: the addon tern_node.node is in none of ${places.filter(Boolean).join(", ")}; build it (ninja tern_node), ` +
      "or set TERN_NODE_ADDON to its path",
  );
}

export const native = createRequire(import.meta.url)(found);

const paramBytes = 64 << 10;
const infoBytes = 16 + 1024;

export const params = Buffer.alloc(paramBytes);
export const info = Buffer.alloc(infoBytes);
export let result = Buffer.alloc(64 << 10);

native.lend(params, result, info);

// Makes room for an answer of so many bytes.
export function growResult(bytes) {
  result = Buffer.alloc(Math.max(bytes, 2 * result.length));
  native.lend(params, result, info);
}
