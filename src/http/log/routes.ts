import { Hono } from "hono";
import { compress } from "hono/compress";
import { formatVerifierKey } from "../../core/ledger/note-key.ts";
import { formatPolicy } from "../../core/ledger/policy.ts";
import { parseTilePath } from "../../core/ledger/tile.ts";
import { logKeys } from "../../services/ledger/log-key.ts";
import { tileBytes } from "../../services/ledger/tiles.ts";
import type { Service } from "../../services/service.ts";
import type { Environment } from "../environment.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";
const TEXT = "text/plain; charset=utf-8";
const BYTES = "application/octet-stream";

/** The path of the current log, whatever its name. */
const STABLE_PATH = "/log";

/** The path prefixes of the log: the one in its origin after the host, and `/log`. */
export function logPaths(service: Service): string[] {
  return [...new Set([ownPath(service), STABLE_PATH])];
}

function ownPath({ identity }: Service): string {
  return identity.origin.slice(identity.origin.indexOf("/"));
}

/**
 * The public log in C2SP tlog-tiles form: `checkpoint`, `tile/…`, `tile/entries/…`, and beside them the log's verifier
 * key and a trust policy (tlog-policy) that names it.
 * @param path one of `logPaths`
 */
export function publicLogRoutes(service: Service, path: string): Hono<Environment> {
  // A partial tile never changes either; a fuller one follows it. But at the path of an earlier log that lost records,
  // caches may hold the tiles of that log.
  const tileCaching = path === ownPath(service) ? IMMUTABLE : "no-cache";
  const log = new Hono<Environment>();
  log.get("/checkpoint", (c) =>
    c.body(service.publisher.published().note, 200, { "Content-Type": TEXT, "Cache-Control": "no-store" }),
  );
  log.get("/vkey", (c) =>
    c.body(vkeysOf(service), 200, {
      "Content-Type": TEXT,
      "Cache-Control": "no-cache",
    }),
  );
  log.get("/policy", (c) =>
    c.body(policyOf(service), 200, {
      "Content-Type": TEXT,
      "Cache-Control": "no-cache",
    }),
  );
  log.use("/tile/entries/*", compress({ encoding: "gzip", contentTypeFilter: (type) => type === BYTES }));
  log.get("/tile/*", (c) => {
    const tile = parseTilePath(c.req.path.slice(c.req.path.indexOf("/tile/") + 1));
    const bytes = tile && tileBytes(service, tile);
    if (tile === null || bytes === null) return c.body("no such tile\n", 404, { "Content-Type": TEXT });
    return c.body(new Uint8Array(bytes), 200, {
      "Content-Type": BYTES,
      "Content-Length": String(bytes.length),
      "Cache-Control": tileCaching,
    });
  });
  return log;
}

/** The policy that the service suggests to readers: its key and the quorum of its witnesses. */
function policyOf(service: Service): string {
  const { witnesses = [], groups = [], quorum = null } = service.publisher.policy ?? {};
  const logs = logKeys(service.identity).map((key) => ({ key }));
  return formatPolicy({ logs, witnesses, groups, quorum });
}

/** One key per line; two during a change of the log's key, the newest last. */
function vkeysOf({ identity }: Service): string {
  return logKeys(identity)
    .map((key) => `${formatVerifierKey(key)}\n`)
    .join("");
}
