import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { MiddlewareHandler } from "hono";
import type { Role } from "../../core/custody/vocabulary.ts";
import { requireLiveKey, requireStanding } from "../../services/filing/standing.ts";
import { Problem } from "../../services/problem.ts";
import { type Service } from "../../services/service.ts";
import type { ApiKeyRow } from "../../store/filing.ts";
import { ANONYMOUS, type Caller } from "../../services/caller.ts";
import type { Environment } from "../environment.ts";

/** Sets the caller from `Authorization: Bearer <key>`; without that header it is anonymous. */
export function authentication(service: Service): MiddlewareHandler<Environment> {
  return async (c, next) => {
    c.set("service", service);
    const caller = await callerOf(service, c.req.header("Authorization"));
    c.set("caller", caller);
    if (caller.role !== "anonymous") c.set("requireAllowed", (store) => requireLiveKey(store, caller));
    await next();
  };
}

/**
 * Admits only the named roles, and, if anonymous is not among them, only approved organisations. A suspended one may read.
 * @param unapproved true to admit organisations whose filing is not approved
 */
export function requireRole(
  roles: readonly (Role | "anonymous")[],
  unapproved = false,
): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const caller = c.get("caller");
    const { role } = caller;
    if (!roles.includes("anonymous") && !(roles as readonly string[]).includes(role)) {
      if (role === "anonymous") throw new Problem("unauthenticated", "this call needs an API key");
      throw new Problem("forbidden", `a key of role ${role} may not do this; it takes ${roles.join(" or ")}`);
    }
    if (!roles.includes("anonymous") && !unapproved) {
      const access = c.req.method === "GET" || c.req.method === "HEAD" ? "read" : "write";
      requireStanding(c.get("service").store, caller, access);
      c.set("requireAllowed", (store) => {
        requireLiveKey(store, caller);
        requireStanding(store, caller, access);
      });
    }
    await next();
  };
}

async function callerOf(service: Service, header: string | undefined): Promise<Caller> {
  if (header === undefined) return ANONYMOUS;
  const row = keyOf(service, header);
  if (row.repeatableUntil !== null && service.platform.now() < row.repeatableUntil)
    await endRepeats(service, row.id);
  return { role: row.role, organisation: row.organisation, key: row.id };
}

/** The live key that `Authorization` names. @throws Problem unauthenticated */
export function keyOf(service: Service, header: string): ApiKeyRow {
  const key = /^Bearer ([\x21-\x7e]{8,200})$/i.exec(header)?.[1];
  if (key === undefined) throw new Problem("unauthenticated", "Authorization must be: Bearer <key>");
  const row = service.store.filing.keyByHash(bytesToHex(service.platform.sha256(utf8ToBytes(key))));
  if (row === undefined || row.revokedAt !== null)
    throw new Problem("unauthenticated", "the API key is not known, or it was revoked");
  return row;
}

/** Notes the first use of a secret: its owner has it, so no repeated request gets it again. */
async function endRepeats(service: Service, key: string): Promise<void> {
  try {
    await service.writer.submit((tx) => tx.store.filing.endRepeats(key));
  } catch (error) {
    // Reads go on while nothing can be written; then no request is repeated either.
    if (!(error instanceof Problem)) throw error;
  }
}
