import type { OrganisationRow } from "../../store/filing.ts";
import type { Caller } from "../caller.ts";
import { Cursors, type ListInput } from "../cursor.ts";
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
    return pageOfOrganisations(service, "enterprises", { ...list, role: "enterprise" });
  cursorsOf("enterprises", list).placeOf(list.cursor);
  const own = service.store.filing.organisation(caller.organisation);
  const shown = own !== undefined && (list.status === undefined || own.status === list.status);
  return { items: shown && list.cursor === undefined ? [organisationView(service, own)] : [], next: null };
}

/** Organisations of a role, or of all, newest first. */
export function listOrganisations(
  service: Service,
  list: OrganisationList,
): { items: OrganisationView[]; next: string | null } {
  return pageOfOrganisations(service, "organisations", list);
}

function pageOfOrganisations(
  service: Service,
  name: "enterprises" | "organisations",
  list: OrganisationList,
): { items: OrganisationView[]; next: string | null } {
  const { limit, cursor, role, status } = list;
  const cursors = cursorsOf(name, list);
  const found = service.store.filing.organisations(cursors.placeOf(cursor), limit + 1, { role, status });
  const { rows, next } = cursors.page(found, limit, (row) => ({ at: row.filedAt, id: row.id }));
  return { items: rows.map((row) => organisationView(service, row)), next };
}

function cursorsOf(name: string, { role, status }: OrganisationList): Cursors {
  return new Cursors(name, { role, status });
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
