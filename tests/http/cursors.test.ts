import { afterAll, beforeAll, expect, it } from "vitest";
import { expectStatus } from "./actors.ts";
import { at, issue, openTrade, told, type Trade } from "./trade.ts";

let t: Trade;
/** The cursor of each list's first page. */
const cursors = new Map<string, string>();
const LISTS = ["enterprises", "organisations", "products", "batches", "events", "recalls", "audits"] as const;

beforeAll(async () => {
  t = await openTrade();
  await t.h.call("POST", "/v1/products", {
    key: t.maker.key,
    body: { names: { en: "More" }, category: "consumer_goods", originCountry: "KR" },
  });
  const batch = await issue(t, 4);
  await issue(t, 4);
  await told(
    t,
    t.maker,
    [1, 2].map((minute) => ({ kind: "storing", at: at(minute), subjects: [{ batch: batch.id }] })),
  );
  for (let i = 0; i < 2; i++) {
    const scope = { product: t.cream };
    expectStatus(
      await t.h.call("POST", "/v1/recalls", { key: t.officer.key, body: { scope, level: 3, reason: "x" } }),
      201,
    );
    expectStatus(
      await t.h.call("POST", "/v1/audits", { key: t.officer.key, body: { scope: { batch: batch.id } } }),
      201,
    );
    t.h.clock.nowMs += 1000;
  }
  for (const list of LISTS) {
    const page = expectStatus(await t.h.call("GET", `/v1/${list}?limit=1`, { key: t.officer.key }), 200);
    cursors.set(list, page.next as string);
  }
}, 30_000);
afterAll(() => t.h.dispose());

it.each(LISTS)("a cursor of %s leads on there, and is refused by every other list", async (list) => {
  const cursor = cursors.get(list);
  expect(cursor).toMatch(/^[\w-]+$/);
  for (const other of LISTS) {
    const answer = await t.h.call("GET", `/v1/${other}?limit=1&cursor=${cursor}`, { key: t.officer.key });
    if (other === list) expectStatus(answer, 200);
    else expect(expectStatus(answer, 400).errors).toMatchObject([{ field: "cursor" }]);
  }
});

it("a cursor is refused with other filters, and taken with another size of page", async () => {
  const get = (query: string) => t.h.call("GET", `/v1/products?${query}`, { key: t.officer.key });
  const cursor = cursors.get("products");
  expectStatus(await get(`limit=7&cursor=${cursor}`), 200);
  expect(expectStatus(await get(`status=approved&cursor=${cursor}`), 400).errors[0].field).toBe("cursor");
  // The maker's own list has other rows than the authority's.
  expectStatus(await t.h.call("GET", `/v1/products?cursor=${cursor}`, { key: t.maker.key }), 400);
});
