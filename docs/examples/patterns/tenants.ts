// Multi-tenant access: each tenant sees its own rows.
//
// As it is written, the tenant's id is pasted into the SQL, and whoever chooses an id chooses the query. Bound, it is a
// value, and one text serves all tenants. tern's own way, where tenants are few and large: a database of its own each, so
// that no query can forget the condition.
import type { Env, Property } from "./env.js";

export class Tenant {
  readonly #env: Env;
  readonly #region: string;

  constructor(env: Env, region: string) {
    if (!/^[A-Z]{2}-[A-Z]{2}$/.test(region)) throw new RangeError(`no tenant is called ${region}`);
    this.#env = env;
    this.#region = region;
  }

  async get(id: string): Promise<Property | null> {
    return this.#env.DB.prepare("SELECT * FROM properties WHERE id = ? AND region = ?").bind(id, this.#region).first<Property>();
  }

  async count(): Promise<number> {
    const n = await this.#env.DB.prepare("SELECT count(*) AS n FROM properties WHERE region = ?").bind(this.#region).first<number>("n");
    return n ?? 0;
  }
}

export async function countPasted(region: string, env: Env): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS n FROM properties WHERE region = '${region}'`).first<number>("n")) ?? 0;
}
