import type { OrganisationRow } from "../../store/filing.ts";
import { notFound } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { enterpriseOf, organisationOf } from "./standing.ts";
import { maySee, organisationView, type OrganisationView, publicOrganisation } from "./view.ts";

/**
 * An enterprise: all of it for itself, the authority and the operator; for everybody else its public part, once it is
 * approved: what anybody filed is not published unread.
 * @throws Problem not_found
 */
export function getEnterprise(service: Service, caller: Caller, id: string): OrganisationView {
  return shownTo(service, caller, enterpriseOf(service.store, id));
}

/** The same of an organisation of any role. */
export function getOrganisation(service: Service, caller: Caller, id: string): OrganisationView {
  return shownTo(service, caller, organisationOf(service.store, id));
}

function shownTo(service: Service, caller: Caller, row: OrganisationRow): OrganisationView {
  if (maySee(caller, row.id)) return organisationView(service, row);
  if (row.status !== "approved") throw notFound("organisation", row.id);
  return publicOrganisation(row);
}
