// Asks the service. A newer request of the same name ends the older, whose answer is never seen.

const PATIENCE = 30_000;
/** Kinds of failure that may pass by themselves. */
export const PASSING = ["offline", "down", "slow", "no_index", "starting"];
const running = new Map();

/**
 * Why there is no answer. kind: stale, offline, down, slow, no_index, starting, refused, missing or broken;
 * message and command are the service's own, where it gave any.
 */
export class Failure extends Error {
  constructor(kind, message = "", command = "") {
    super(message);
    this.kind = kind;
    this.command = command;
  }
}

/** The JSON at a path. Throws a Failure. */
export async function get(name, path, parameters = {}) {
  forget(name);
  const mine = new AbortController();
  running.set(name, mine);
  const query = new URLSearchParams(parameters);
  let response, body;
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(PATIENCE)]);
    response = await fetch(query.size ? `${path}?${query}` : path, { signal });
    body = await response.json();
  } catch (error) {
    if (mine.signal.aborted) throw new Failure("stale");
    if (error.name === "TimeoutError") throw new Failure("slow");
    if (response && error.name === "SyntaxError") throw new Failure("broken", response.statusText);
    throw new Failure(navigator.onLine ? "down" : "offline");
  }
  if (mine.signal.aborted) throw new Failure("stale");
  if (!response.ok) throw refusal(response.status, body.error ?? {});
  return body;
}

/** Lets go of a request under way. */
export function forget(name) {
  running.get(name)?.abort();
}

function refusal(status, { message = "" }) {
  if (status === 503) {
    const command = /'((?:make|python)[^']*)'/.exec(message)?.[1];
    return command ? new Failure("no_index", message, command) : new Failure("starting", message);
  }
  if (status === 404) return new Failure("missing", message);
  return new Failure(status < 500 ? "refused" : "broken", message);
}

/** The address of a document: each part of its path on its own. */
export const documentPath = (source) => `/documents/${source.split("/").map(encodeURIComponent).join("/")}`;
