import { z } from "@hono/zod-openapi";
import { changeStanding } from "../../services/filing/change-standing.ts";
import { getOrganisation, listOrganisations } from "../../services/filing/read-organisations.ts";
import { registerOrganisation } from "../../services/filing/register-organisation.ts";
import { registerSigningKey, revokeSigningKey } from "../../services/filing/signing-key.ts";
import { StandingChange } from "./decision.ts";
import { idParam, pageOf } from "./fields.ts";
import {
  FiledOrganisation,
  Organisation,
  organisationFields,
  OrganisationStatus,
} from "./organisation-schema.ts";
import {
  type Api,
  EVERYBODY,
  idempotent,
  IdempotencyHeader,
  json,
  jsonBody,
  nextPage,
  PageQuery,
  route,
} from "./route.ts";

const OrganisationId = idParam("lab_8m2kq4x7w9zrt3hd");
const SIGNERS = ["enterprise", "assessor", "authority"] as const;
const tags = ["Organisations"];

const register = route({
  method: "post",
  path: "/organisations",
  operationId: "registerOrganisation",
  tags,
  summary: "Register an assessor or an authority",
  description:
    "The organisation is approved at once. The answer has its first API key; a repeated Idempotency-Key gets the same one for 24 hours, until it is first used.",
  roles: ["operator"],
  request: {
    headers: IdempotencyHeader,
    body: jsonBody(z.strictObject({ role: z.enum(["assessor", "authority"]), ...organisationFields })),
  },
  responses: { 201: json(FiledOrganisation, "Registered") },
});

const list = route({
  method: "get",
  path: "/organisations",
  operationId: "listOrganisations",
  tags,
  summary: "List organisations of all roles, newest first",
  roles: ["authority", "operator"],
  request: {
    query: PageQuery.extend({ role: z.enum(SIGNERS).optional(), status: OrganisationStatus.optional() }),
  },
  responses: { 200: json(pageOf(Organisation), "A page") },
});

const get = route({
  method: "get",
  path: "/organisations/{id}",
  operationId: "getOrganisation",
  tags,
  summary: "Read an organisation",
  roles: EVERYBODY,
  request: { params: OrganisationId },
  responses: { 200: json(Organisation, "The organisation") },
});

const putKey = route({
  method: "put",
  path: "/organisations/{id}/signing-key",
  operationId: "registerSigningKey",
  tags,
  summary: "Register or rotate your signing key",
  roles: SIGNERS,
  request: {
    params: OrganisationId,
    headers: IdempotencyHeader,
    body: jsonBody(
      z.strictObject({
        publicKey: z.string().max(100).openapi({ description: "Ed25519 (RFC 8032), 32 bytes, base64." }),
      }),
    ),
  },
  responses: { 200: json(Organisation, "Registered") },
});

const deleteKey = route({
  method: "delete",
  path: "/organisations/{id}/signing-key",
  operationId: "revokeSigningKey",
  tags,
  summary: "Revoke your signing key",
  roles: SIGNERS,
  request: { params: OrganisationId, headers: IdempotencyHeader },
  responses: { 200: json(Organisation, "Revoked") },
});

const standing = route({
  method: "post",
  path: "/organisations/{id}/standing",
  operationId: "changeStanding",
  tags,
  summary: "Suspend or reinstate an approved organisation",
  description:
    "A suspended organisation cannot report, order, file or make keys; its records stay, it reads its own data, and scans go on. Only the operator may suspend an authority.",
  roles: ["authority", "operator"],
  request: { params: OrganisationId, headers: IdempotencyHeader, body: jsonBody(StandingChange) },
  responses: { 200: json(Organisation, "Changed") },
});

/** `/organisations`: assessors and authorities, and the signing keys of all organisations. */
export function organisationRoutes(api: Api): void {
  api.openapi(register, async (c) => {
    const { role, ...input } = c.req.valid("json");
    const once = await idempotent(c);
    const made = await registerOrganisation(c.get("service"), c.get("caller"), role, input, once);
    c.header("Location", `/v1/organisations/${made.organisation.id}`);
    return c.json(made, 201);
  });
  api.openapi(list, (c) => {
    const { items, next } = listOrganisations(c.get("service"), c.req.valid("query"));
    return c.json({ items, next: nextPage(c, next) }, 200);
  });
  api.openapi(get, (c) =>
    c.json(getOrganisation(c.get("service"), c.get("caller"), c.req.valid("param").id), 200),
  );
  api.openapi(standing, async (c) => {
    const { id } = c.req.valid("param");
    const once = await idempotent(c);
    return c.json(
      await changeStanding(c.get("service"), c.get("caller"), id, c.req.valid("json"), once),
      200,
    );
  });
  api.openapi(putKey, async (c) => {
    const { id } = c.req.valid("param");
    const { publicKey } = c.req.valid("json");
    const once = await idempotent(c);
    return c.json(await registerSigningKey(c.get("service"), c.get("caller"), id, publicKey, once), 200);
  });
  api.openapi(deleteKey, async (c) => {
    const once = await idempotent(c);
    const { id } = c.req.valid("param");
    return c.json(await revokeSigningKey(c.get("service"), c.get("caller"), id, once), 200);
  });
}
