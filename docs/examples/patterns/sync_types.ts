// What the two kinds of sync take from each other.
export type { Env } from "./env.js";
export type { PropertyChanged } from "./event_sync.js";
