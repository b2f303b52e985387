import { namedChain } from "../../core/ledger/chain.ts";
import type { Subject } from "../../core/ledger/record.ts";
import type { OrganisationRow, ProductRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import { notFound, Problem } from "../problem.ts";
import type { Caller } from "../caller.ts";

/** The chain of an organisation. */
export function organisationChain({ role, id }: Pick<OrganisationRow, "role" | "id">): string {
  return namedChain(role, id);
}

/**
 * The chains of a record about an organisation's standing: its own, and the short one that travels in bundles. Every
 * record of the kinds in `core/custody/rules/standing.ts` extends both.
 */
export function standingChains(row: Pick<OrganisationRow, "role" | "id">): string[] {
  return [organisationChain(row), namedChain("standing", row.id)];
}

/** An organisation as the subject of a statement. */
export function organisationSubject({ role, id }: Pick<OrganisationRow, "role" | "id">): Subject {
  if (role === "enterprise") return { enterprise: id };
  return role === "assessor" ? { assessor: id } : { authority: id };
}

/**
 * An organisation that exists.
 * @throws Problem not_found
 */
export function organisationOf(store: Store, id: string): OrganisationRow {
  const row = store.filing.organisation(id);
  if (row === undefined) throw notFound("organisation", id);
  return row;
}

/**
 * An enterprise that exists.
 * @throws Problem not_found
 */
export function enterpriseOf(store: Store, id: string): OrganisationRow {
  const row = store.filing.organisation(id);
  if (row?.role !== "enterprise") throw notFound("enterprise", id);
  return row;
}

/**
 * Goods that were filed.
 * @throws Problem not_found
 */
export function productOf(store: Store, id: string): ProductRow {
  const row = store.filing.product(id);
  if (row === undefined) throw notFound("product", id);
  return row;
}

/**
 * The calling enterprise, if its filing is approved. Before that it may only file goods and read its own data.
 * @throws Problem forbidden
 */
export function approvedEnterprise(store: Store, caller: Caller): OrganisationRow {
  const row = store.filing.organisation(caller.organisation);
  if (row?.role !== "enterprise" || row.status !== "approved") throw notApproved(row?.status ?? "unknown");
  return row;
}

/**
 * Refuses callers whose organisation is filed and not approved. A suspended one may read.
 * @throws Problem forbidden
 */
export function requireStanding(store: Store, caller: Caller, access: "read" | "write"): void {
  const status = store.filing.standing(caller.organisation);
  if (status === undefined || status === "approved") return;
  if (status === "suspended" && access === "read") return;
  throw notApproved(status);
}

/**
 * Refuses a key that was revoked since the request began. Authentication comes before the body, which may take long.
 * @throws Problem unauthenticated
 */
export function requireLiveKey(store: Store, { role, key }: Caller): void {
  if (role === "anonymous") return;
  const row = store.filing.key(key);
  if (row === undefined || row.revokedAt !== null)
    throw new Problem("unauthenticated", "the API key was revoked before the request was complete");
}

/** Whether a caller is an organisation that nobody approved, or that is suspended. Anybody can make the key of one. */
export function isUnapproved(store: Store, { organisation }: Caller): boolean {
  const status = organisation === "" ? undefined : store.filing.standing(organisation);
  return status !== undefined && status !== "approved";
}

function notApproved(status: string): Problem {
  if (status === "suspended")
    return new Problem(
      "forbidden",
      "the organisation is suspended: until it is reinstated its keys can only read its own data",
    );
  return new Problem(
    "forbidden",
    `the enterprise's filing is ${status}: before approval its key can only read the filing, and file and read goods`,
  );
}
