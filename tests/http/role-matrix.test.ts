import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { authority, enterprise, expectStatus, EXPORTER } from "./actors.ts";

interface Operation {
  method: string;
  path: string;
  roles: string[];
  takesJson: boolean;
}

interface Described {
  "x-suyuan-roles"?: string[];
  requestBody?: { content: Record<string, unknown> };
}

const ROLES = ["anonymous", "enterprise", "assessor", "authority", "operator"] as const;

let h: Harness;
let operations: Operation[];
const keys: Partial<Record<(typeof ROLES)[number], string>> = {};

beforeAll(async () => {
  h = makeHarness();
  const officer = await authority(h);
  const trader = await enterprise(h, officer);
  const body = { ...EXPORTER, role: "assessor", country: "AU", activities: [] };
  const lab = expectStatus(await h.call("POST", "/v1/organisations", { key: h.operatorKey, body }), 201);
  Object.assign(keys, {
    enterprise: trader.key,
    assessor: lab.apiKey.secret,
    authority: officer.key,
    operator: h.operatorKey,
  });
  const document = expectStatus(await h.call("GET", "/openapi.json"), 200) as {
    paths: Record<string, Record<string, Described>>;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      method: method.toUpperCase(),
      path: `/v1${path}`.replace(/\{[^}]+\}/g, "none"),
      roles: described["x-suyuan-roles"] ?? [],
      takesJson: described.requestBody?.content["application/json"] !== undefined,
    })),
  );
});
afterAll(() => h.dispose());

describe("every operation, for every role", () => {
  it("names its roles in the document", () => {
    expect(operations.length).toBeGreaterThan(20);
    expect(operations.filter(({ roles }) => roles.length === 0)).toEqual([]);
  });

  it.each(ROLES)("%s is let in exactly where it is named", async (role) => {
    const key = keys[role];
    const wrong: string[] = [];
    for (const { method, path, roles, takesJson } of operations) {
      // Ids name nothing and bodies are empty: a caller that is let in gets 404 or 400, and changes nothing.
      const answer = await h.call(method, path, {
        ...(key === undefined ? {} : { key }),
        ...(takesJson ? { body: {} } : {}),
      });
      const named = roles.includes("anonymous") || roles.includes(role);
      if (!statusFits(answer.status, named, role, path))
        wrong.push(`${method} ${path}: ${answer.status} ${answer.text}`);
    }
    expect(wrong).toEqual([]);
  });
});

function statusFits(status: number, named: boolean, role: string, path: string): boolean {
  if (!named) return status === (role === "anonymous" ? 401 : 403);
  if (path.includes("/none")) return [200, 400, 404].includes(status);
  return ![401, 403].includes(status) && status < 500;
}
