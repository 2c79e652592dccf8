// Distributed read: an HTTP handler whose answers may be kept by whoever stands in between.
//
// As it is written, a browser or proxy shows a property for up to five minutes after it was changed: that is what
// max-age asks for. tern's own way: no maximum age in front of what must be fresh, an ETag of the row's version instead;
// an unchanged row then costs a look into memory and no body.
import type { Env, Property } from "./env.js";

const select = "SELECT * FROM properties WHERE id = ?";

export async function handle(request: Request, env: Env): Promise<Response> {
  const id = new URL(request.url).searchParams.get("id");
  if (id === null) return new Response("id is missing", { status: 400 });
  const row = await env.DB.prepare(select).bind(id).first<Property>();
  if (row === null) return new Response("no such property", { status: 404 });
  return Response.json(row, { headers: { "Cache-Control": "max-age=300" } });
}

export async function handleFresh(request: Request, env: Env): Promise<Response> {
  const id = new URL(request.url).searchParams.get("id");
  if (id === null) return new Response("id is missing", { status: 400 });
  const row = await env.DB.prepare(select).bind(id).first<Property>();
  if (row === null) return new Response("no such property", { status: 404 });
  const headers = { "Cache-Control": "no-cache", ETag: `"${row.version}"` };
  if (request.headers.get("If-None-Match") === headers.ETag) return new Response(null, { status: 304, headers });
  return Response.json(row, { headers });
}
