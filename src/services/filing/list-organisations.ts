import type { OrganisationRow } from "../../store/filing.ts";
import { page, placeOf } from "../cursor.ts";
import type { Caller, Service } from "../service.ts";
import { organisationView, type OrganisationView } from "./view.ts";

export interface ListInput {
  limit: number;
  cursor?: string | undefined;
}

export interface OrganisationList extends ListInput {
  role?: OrganisationRow["role"] | undefined;
  status?: OrganisationRow["status"] | undefined;
}

/** Enterprises newest first: authority and operator see all, an enterprise itself alone. */
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
