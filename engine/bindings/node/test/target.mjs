// tern as what the recorded behaviour of D1 and Workers KV is checked against: a new, empty database for each case.
import { openTemporary } from "./temporary.mjs";

export async function open() {
  const { DB, kv, close } = openTemporary();
  return { DB, KV: kv("test"), close };
}
