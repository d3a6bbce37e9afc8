// Asks the service. A newer request of the same name ends the older, whose answer is never seen.

import * as collections from "./collections.js";
import { key } from "./storage.js";

const PATIENCE = 30_000;
/** Kinds of failure that may pass by themselves. */
export const PASSING = ["offline", "down", "slow", "no_index", "starting", "limited", "overloaded"];
/** Kinds of failure that another key may mend. */
export const LOCKED = ["locked", "wrong_key", "forbidden"];
const running = new Map();

/**
 * Why there is no answer. kind: stale, refused, missing, broken, one of PASSING or one of LOCKED; code, message and
 * command are the service's own, where it gave any; after: the seconds it asks to wait for, 0 for none.
 */
export class Failure extends Error {
  constructor(kind, { code = "", message = "", command = "", after = 0 } = {}) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.command = command;
    this.after = after;
  }
}

/** A path of the service as the page reaches it, which stands at the service's root: under a proxy's path, say. */
const under = (path) => (path.startsWith(location.pathname) ? path : location.pathname + path.slice(1));

/** The JSON at a path, asked for with the page's key or `as` who has another. Throws a Failure. */
export const get = (name, path, parameters = {}, { as } = {}) => take(name, path, parameters, { as });

/** The bytes at a path; with `start`, only the first of them, to learn whether there are any. Throws a Failure. */
export const file = (name, path, parameters = {}, { start = false } = {}) =>
  take(name, path, parameters, { bytes: true, asked: start ? { Range: "bytes=0-0" } : {} });

/** Sends JSON to a path; the JSON that is answered. Throws a Failure. */
export const post = (name, path, sent) =>
  take(name, path, {}, { asked: { "Content-Type": "application/json" }, sent: JSON.stringify(sent) });

async function take(name, path, parameters, { bytes = false, asked = {}, sent: message, as = key() } = {}) {
  forget(name);
  const mine = new AbortController();
  running.set(name, mine);
  const place = message === undefined && collections.parameter(path);
  const query = new URLSearchParams({ ...place, ...parameters });
  const sent = as;
  const headers = sent ? { ...asked, Authorization: `Bearer ${sent}` } : asked;
  let response, body;
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(PATIENCE)]);
    const method = message === undefined ? "GET" : "POST";
    response = await fetch(under(query.size ? `${path}${path.includes("?") ? "&" : "?"}${query}` : path), { method, body: message, headers, signal });
    body = await (bytes && response.ok ? response.blob() : response.json());
  } catch (error) {
    if (mine.signal.aborted) throw new Failure("stale");
    if (error.name === "TimeoutError") throw new Failure("slow");
    if (error.name !== "SyntaxError") throw new Failure(navigator.onLine ? "down" : "offline");
    body = { error: { message: response.statusText } }; // not the service, but what stands before it
    if (response.ok) throw new Failure("broken", body.error);
  }
  if (mine.signal.aborted) throw new Failure("stale");
  if (!response.ok) throw refusal(response, body.error ?? {}, sent);
  collections.learn(body);
  return body;
}

/** Lets go of a request under way. */
export function forget(name) {
  running.get(name)?.abort();
}

function refusal({ status, headers }, { code, message }, sent) {
  const after = Number(headers.get("Retry-After")) || 0;
  const command = /'((?:make|python)[^']*)'/.exec(message)?.[1];
  return new Failure(kind(status, code, command, sent), { code, message, command, after });
}

function kind(status, code, command, sent) {
  if (status === 401) return sent ? "wrong_key" : "locked";
  if (status === 403) return "forbidden";
  if (status === 404 || status === 410) return "missing";
  if (status === 429) return "limited";
  if (status < 500) return "refused";
  if (status === 503 && command) return "no_index";
  if (code === "not_ready") return "starting";
  if (code === "overloaded" || code === "timeout") return "overloaded";
  return [502, 503, 504].includes(status) ? "down" : "broken";
}

/** The address of what there is of a document, "documents" or "originals": each part of its path on its own. */
export function pathOf(kind, source) {
  const path = `${location.pathname}${kind}/${source.split("/").map(encodeURIComponent).join("/")}`;
  const query = new URLSearchParams(collections.parameter(path));
  return query.size ? `${path}?${query}` : path;
}
