import type { ApiKeyRow, OrganisationRow, ProductRow } from "../../store/filing.ts";
import { rfc3339 } from "../../core/goods/date.ts";
import type { Names } from "../../core/goods/names.ts";
import type { FieldProblem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

/** Activities of an organisation in trade. */
export const ACTIVITIES = [
  "exporter",
  "importer",
  "manufacturer",
  "carrier",
  "warehouse",
  "retailer",
  "platform",
] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** Names in a request. */
export type NamesInput = { [Language in keyof Names]?: Names[Language] | undefined };

export interface Contact {
  name: string;
  phone?: string | undefined;
  email?: string | undefined;
}

/** The parts of a filing that its row stores as JSON. */
export interface OrganisationFiling {
  names: Names;
  activities: Activity[];
  customsRegistration?: string;
  address?: string;
  contacts: Contact[];
  warnings: FieldProblem[];
}

/** The public part of an organisation. */
export interface PublicOrganisation {
  id: string;
  role: OrganisationRow["role"];
  status: OrganisationRow["status"];
  names: Names;
  country: string;
  activities: Activity[];
  /** The Ed25519 key of its signed statements, base64. */
  signingKey: string | null;
}

/** An organisation for itself, the authority and the operator. Times are RFC 3339. */
export interface OrganisationView extends PublicOrganisation {
  identity?: { scheme: string; value: string };
  province?: string | null;
  customsRegistration?: string;
  address?: string;
  contacts?: Contact[];
  terms?: { quota: number; autoApprove: boolean };
  reason?: string;
  warnings?: FieldProblem[];
  filedAt?: string;
  decidedAt?: string;
}

export interface KeyView {
  id: string;
  organisation: string;
  role: ApiKeyRow["role"];
  label: string;
  createdAt: string;
  revokedAt?: string;
}

/** A new key; `secret` is null where a replayed answer does not repeat it. */
export interface NewKeyView extends KeyView {
  secret: string | null;
}

/** Filed goods. */
export interface ProductFiling {
  names: Names;
  brand?: string;
  specification?: string;
  hsCode?: string;
  originCountry: string;
  registrations: { type: string; number: string }[];
  attributes: Record<string, string>;
}

export interface ProductView extends ProductFiling {
  id: string;
  enterprise: string;
  status: ProductRow["status"];
  /** 14 digits. */
  gtin: string | null;
  category: ProductRow["category"];
  reason?: string;
  filedAt: string;
  decidedAt?: string;
}

function organisationFiling(row: OrganisationRow): OrganisationFiling {
  return JSON.parse(row.filing) as OrganisationFiling;
}

export function productFiling(row: ProductRow): ProductFiling {
  return JSON.parse(row.filing) as ProductFiling;
}

export function publicOrganisation(row: OrganisationRow): PublicOrganisation {
  const { names, activities } = organisationFiling(row);
  const { id, role, status, country, signingKey } = row;
  return { id, role, status, names, country, activities, signingKey };
}

/** The full view of an organisation. */
export function organisationView(service: Service, row: OrganisationRow): OrganisationView {
  const filing = organisationFiling(row);
  return {
    ...publicOrganisation(row),
    identity: { scheme: row.scheme, value: row.number },
    province: row.province,
    ...(filing.customsRegistration === undefined ? {} : { customsRegistration: filing.customsRegistration }),
    ...(filing.address === undefined ? {} : { address: filing.address }),
    contacts: filing.contacts,
    ...(row.role === "enterprise"
      ? { terms: { quota: row.quota ?? service.settings.defaultQuota, autoApprove: row.autoApprove } }
      : {}),
    ...(row.reason === null ? {} : { reason: row.reason }),
    warnings: filing.warnings,
    filedAt: rfc3339(row.filedAt),
    ...(row.decidedAt === null ? {} : { decidedAt: rfc3339(row.decidedAt) }),
  };
}

export function keyView(row: Omit<ApiKeyRow, "revokedAt"> & { revokedAt?: number | null }): KeyView {
  const { id, organisation, role, label } = row;
  const revokedAt = row.revokedAt ?? null;
  return {
    id,
    organisation,
    role,
    label,
    createdAt: rfc3339(row.createdAt),
    ...(revokedAt === null ? {} : { revokedAt: rfc3339(revokedAt) }),
  };
}

export function productView(row: ProductRow): ProductView {
  const { id, status, gtin, category } = row;
  return {
    id,
    enterprise: row.organisation,
    status,
    gtin,
    category,
    ...productFiling(row),
    ...(row.reason === null ? {} : { reason: row.reason }),
    filedAt: rfc3339(row.filedAt),
    ...(row.decidedAt === null ? {} : { decidedAt: rfc3339(row.decidedAt) }),
  };
}

/** Whether a caller may see an organisation's data: itself, the authority and the operator may. */
export function maySee(caller: Caller, organisation: string): boolean {
  return caller.role === "authority" || caller.role === "operator" || caller.organisation === organisation;
}
