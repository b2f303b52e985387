import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, authority, CREAM, enterprise, expectStatus } from "./actors.ts";

let h: Harness;
let officer: Actor;
let owner: Actor;
beforeAll(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
});
afterAll(() => h.dispose());

const get = (target: string, key = owner.key) => h.call("GET", target, { key });
const file = (body: unknown) => h.call("POST", "/v1/products", { key: owner.key, body });

describe("a body", () => {
  it("in another encoding than UTF-8 is refused, not recorded as question marks", async () => {
    const gbk = Uint8Array.of(0xc4, 0xcc, 0xb7, 0xdb);
    const before = new TextEncoder().encode('{"names":{"zh":"');
    const after = new TextEncoder().encode('"},"category":"food","originCountry":"NZ"}');
    const response = await h.app.request("/v1/products", {
      method: "POST",
      headers: { Authorization: `Bearer ${owner.key}`, "Content-Type": "application/json" },
      body: Uint8Array.of(...before, ...gbk, ...after),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: "body", expected: "JSON in UTF-8" }] });
  });

  it.each(["[]", "null", '"text"', "7"])("that is %s, not an object, is refused as a whole", async (body) => {
    expect(expectStatus(await file(body), 400).errors).toMatchObject([{ field: "body" }]);
  });

  it("with several missing and unknown fields is refused with all of them named, at any depth", async () => {
    const { errors, detail } = expectStatus(
      await file({
        ...CREAM,
        originCountry: undefined,
        names: { fr: "crème" },
        registrations: [{ type: "a" }],
      }),
      400,
    );
    expect(errors).toEqual(
      expect.arrayContaining([
        { field: "originCountry", problem: "is missing", expected: "text, in quotes" },
        { field: "names.fr", problem: "unknown field" },
        { field: "registrations.0.number", problem: "is missing", expected: "text, in quotes" },
      ]),
    );
    expect(detail).toContain("registrations.0.number");
  });

  it.each([
    ["a right-to-left override", "Cream \u202E0001 maerC"],
    ["an isolate", "\u2067Cream"],
    ["two lines", "Cream\u2028and more"],
    ["nothing that shows", "\u200B\u200D"],
    ["half a character", "Cream \ud800"],
  ])("with a name of %s is refused", async (_, en) => {
    const { errors } = expectStatus(await file({ ...CREAM, names: { en } }), 400);
    expect(errors.map(({ field }: { field: string }) => field)).toContain("names.en");
  });

  it("with a map whose key is too long is refused with the allowed length", async () => {
    const { errors } = expectStatus(await file({ ...CREAM, attributes: { ["x".repeat(61)]: "a" } }), 400);
    expect(errors).toMatchObject([
      { field: `attributes.${"x".repeat(61)}`, problem: expect.stringContaining("expected at most 60") },
    ]);
  });

  it("may have names in any script, with joiners", async () => {
    for (const name of ["می‌خواهم", "👩‍🔬 cream", "क्‍ष"]) {
      const { names } = expectStatus(await file({ ...CREAM, gtin: undefined, names: { en: name } }), 201);
      expect(names.en).toBe(name);
    }
  });
});

describe("a query", () => {
  it.each([
    ["limit", "limit="],
    ["limit", "limit=1e1"],
    ["limit", "limit=0x10"],
    ["limit", "limit=%205"],
    ["limit", "limit=1.0"],
    ["limit", "limit=0"],
    ["limit", "limit=201"],
    ["limit", "limit=1&limit=2"],
    ["offset", "offset=3"],
    ["cursor", "cursor=none"],
  ])("with a wrong %s is refused by the field's name: %s", async (field, query) => {
    expect(expectStatus(await get(`/v1/products?${query}`), 400).errors[0].field).toBe(field);
  });

  it("is refused by a call that takes no query", async () => {
    for (const target of ["/v1/stats", "/v1/label-sheets", "/v1/log", `/v1/enterprises/${owner.id}`])
      expect(expectStatus(await get(`${target}?verbose=1`), 400).errors).toEqual([
        { field: "verbose", problem: "unknown parameter" },
      ]);
  });
});
