import { z } from "@hono/zod-openapi";
import { changeStanding } from "../../services/filing/change-standing.ts";
import { decideEnterprise } from "../../services/filing/decide-enterprise.ts";
import { fileEnterprise } from "../../services/filing/file-enterprise.ts";
import { getEnterprise, listEnterprises } from "../../services/filing/read-organisations.ts";
import { enterpriseOf } from "../../services/filing/standing.ts";
import { setTerms } from "../../services/filing/set-terms.ts";
import { idParam, pageOf } from "./fields.ts";
import { decisionRouteOf, EnterpriseDecision } from "./decision.ts";
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

const EnterpriseId = idParam("ent_8m2kq4x7w9zrt3hd");
const tags = ["Enterprises"];

const file = route({
  method: "post",
  path: "/enterprises",
  operationId: "fileEnterprise",
  tags,
  summary: "File an enterprise",
  description:
    "No key is needed. The answer has an API key. Until the authority approves the filing, the key can only read the filing and file and read goods, and nothing of it is in the log. Several filings of one number wait side by side; approving one declines the others. A filing that is not approved expires after 90 days. With an Idempotency-Key of at least 22 random characters, such as a UUID, a repeated request gets the same key again for 24 hours, until the key is first used.",
  roles: EVERYBODY,
  request: { headers: IdempotencyHeader, body: jsonBody(z.strictObject(organisationFields)) },
  responses: { 201: json(FiledOrganisation, "Filed") },
});

const list = route({
  method: "get",
  path: "/enterprises",
  operationId: "listEnterprises",
  tags,
  summary: "List enterprises, newest first",
  description: "The authority and the operator see all; an enterprise sees itself.",
  roles: ["enterprise", "authority", "operator"],
  unapproved: true,
  request: { query: PageQuery.extend({ status: OrganisationStatus.optional() }) },
  responses: { 200: json(pageOf(Organisation), "A page") },
});

const get = route({
  method: "get",
  path: "/enterprises/{id}",
  operationId: "getEnterprise",
  tags,
  summary: "Read an enterprise",
  description:
    "The enterprise itself, the authority and the operator see all of it. Others see the public part of an approved enterprise.",
  roles: EVERYBODY,
  request: { params: EnterpriseId },
  responses: { 200: json(Organisation, "The enterprise") },
});

const terms = route({
  method: "put",
  path: "/enterprises/{id}/terms",
  operationId: "setTerms",
  tags,
  summary: "Set an enterprise's quota and auto-approval",
  roles: ["authority"],
  request: {
    params: EnterpriseId,
    headers: IdempotencyHeader,
    body: jsonBody(
      z.strictObject({
        quota: z.int().min(0).nullable().openapi({
          description: "Most codes that may be on order or issued; null for the service's default.",
        }),
        autoApprove: z.boolean(),
      }),
    ),
  },
  responses: { 200: json(Organisation, "Set") },
});

/** `/enterprises`: filing, deciding, terms. */
export function enterpriseRoutes(api: Api): void {
  api.openapi(file, async (c) => {
    const filed = await fileEnterprise(
      c.get("service"),
      c.req.valid("json"),
      await idempotent(c),
      c.get("caller"),
    );
    c.header("Location", `/v1/enterprises/${filed.organisation.id}`);
    return c.json(filed, 201);
  });
  api.openapi(list, (c) => {
    const { items, next } = listEnterprises(c.get("service"), c.get("caller"), c.req.valid("query"));
    return c.json({ items, next: nextPage(c, next) }, 200);
  });
  api.openapi(get, (c) =>
    c.json(getEnterprise(c.get("service"), c.get("caller"), c.req.valid("param").id), 200),
  );
  decisionRouteOf(api, EnterpriseDecision, {
    path: "/enterprises",
    operationId: "decideEnterprise",
    tags,
    summary: "Approve, decline, suspend or reinstate an enterprise",
    description:
      "Approving or declining decides a filing. An approved enterprise can be suspended: it cannot report, order, file or make keys until it is reinstated; its records stay, it reads its own data, and scans go on.",
    id: EnterpriseId,
    schema: Organisation,
    verb: (service, caller, id, decision, once) =>
      decision.decision === "approve" || decision.decision === "decline"
        ? decideEnterprise(service, caller, id, decision, once)
        : changeStanding(service, caller, enterpriseOf(service.store, id).id, decision, once),
  });
  api.openapi(terms, async (c) => {
    const { id } = c.req.valid("param");
    const once = await idempotent(c);
    return c.json(await setTerms(c.get("service"), c.get("caller"), id, c.req.valid("json"), once), 200);
  });
}
