import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nearestName } from "../../src/http/api/nearest-name.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, authority, CREAM, enterprise, expectStatus } from "./actors.ts";

let h: Harness;
let owner: Actor;
beforeAll(async () => {
  h = makeHarness();
  owner = await enterprise(h, await authority(h));
});
afterAll(() => h.dispose());

describe("the nearest name", () => {
  const names = ["firstCode", "lastCode", "batch", "codes", "unit"];
  it.each([
    ["firstcode", "firstCode"],
    ["first_code", "firstCode"],
    ["fristCode", "firstCode"],
    ["lastCodes", "lastCode"],
    ["bacth", "batch"],
    ["code", "codes"],
    ["position", undefined],
    ["", undefined],
    ["x".repeat(1000), undefined],
  ])("to %j is %j", (typed, nearest) => expect(nearestName(typed, names)).toBe(nearest));
});

/** What is wrong with a refused request, by field. */
async function problems(method: string, target: string, body?: unknown): Promise<Record<string, string>> {
  const answer = await h.call(method, target, { key: owner.key, body });
  const { errors } = expectStatus(answer, 400) as { errors: { field: string; problem: string }[] };
  return Object.fromEntries(errors.map(({ field, problem }) => [field, problem]));
}

describe("an unknown field", () => {
  it("is named with the nearest right name, in a nested object too", async () => {
    const body = {
      ...CREAM,
      catgory: "food",
      registrations: [{ type: "a", number: "1", nummer: "2" }],
      zebra: 1,
    };
    expect(await problems("POST", "/v1/products", body)).toEqual({
      catgory: "unknown field; did you mean `category`?",
      "registrations.0.nummer": "unknown field; did you mean `number`?",
      zebra: "unknown field",
    });
  });

  it("is named in a subject, with a name of any of its forms", async () => {
    const event = {
      kind: "storing",
      at: "2026-10-01T00:00:00Z",
      subjects: [{ firstcode: "a", lastCode: "b" }],
    };
    expect(await problems("POST", "/v1/events", { events: [event] })).toMatchObject({
      "events.0.subjects.0.firstcode": "unknown field; did you mean `firstCode`?",
    });
  });

  it("of a query is an unknown parameter", async () => {
    expect(await problems("GET", "/v1/products?limt=3")).toEqual({
      limt: "unknown parameter; did you mean `limit`?",
    });
  });

  it("is named for the first 20 only, and the detail says that there are more", async () => {
    const unknown = "abcdefghijklmnopqrstuvwxyz1234".split("").map((end) => [`brand${end}`, 1]);
    const body = { ...CREAM, ...Object.fromEntries(unknown) };
    const { errors, detail } = expectStatus(
      await h.call("POST", "/v1/products", { key: owner.key, body }),
      400,
    );
    expect(errors).toHaveLength(20);
    for (const { problem } of errors) expect(problem).toContain("`brand`");
    expect(detail).toMatch(/, and more$/);
  });
});
