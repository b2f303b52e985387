import type { OrganisationRow } from "../../store/filing.ts";
import type { Caller } from "../caller.ts";
import { type ListInput, page, placeOf } from "../cursor.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import { enterpriseOf, organisationOf } from "./standing.ts";
import { maySee, organisationView, type OrganisationView, publicOrganisation } from "./view.ts";

export interface OrganisationList extends ListInput {
  role?: OrganisationRow["role"] | undefined;
  status?: OrganisationRow["status"] | undefined;
}

/** Enterprises, newest first: authority and operator see all, an enterprise only itself. */
export function listEnterprises(
  service: Service,
  caller: Caller,
  list: OrganisationList,
): { items: OrganisationView[]; next: string | null } {
  if (caller.role === "authority" || caller.role === "operator")
    return listOrganisations(service, { ...list, role: "enterprise" });
  placeOf(list.cursor);
  const own = service.store.filing.organisation(caller.organisation);
  const shown = own !== undefined && (list.status === undefined || own.status === list.status);
  return { items: shown && list.cursor === undefined ? [organisationView(service, own)] : [], next: null };
}

/** Organisations of a role, or of all, newest first. */
export function listOrganisations(
  service: Service,
  { limit, cursor, role, status }: OrganisationList,
): { items: OrganisationView[]; next: string | null } {
  const found = service.store.filing.organisations(placeOf(cursor), limit + 1, { role, status });
  const { rows, next } = page(found, limit, (row) => ({ at: row.filedAt, id: row.id }));
  return { items: rows.map((row) => organisationView(service, row)), next };
}

/**
 * An enterprise: in full for itself, the authority and the operator; for others the public part once it is approved, since
 * anybody can file. A suspended one stays visible.
 * @throws Problem not_found
 */
export function getEnterprise(service: Service, caller: Caller, id: string): OrganisationView {
  return shownTo(service, caller, enterpriseOf(service.store, id));
}

/** An organisation of any role, with the same visibility. */
export function getOrganisation(service: Service, caller: Caller, id: string): OrganisationView {
  return shownTo(service, caller, organisationOf(service.store, id));
}

function shownTo(service: Service, caller: Caller, row: OrganisationRow): OrganisationView {
  if (maySee(caller, row.id)) return organisationView(service, row);
  if (row.status !== "approved" && row.status !== "suspended") throw notFound("organisation", row.id);
  return publicOrganisation(row);
}
