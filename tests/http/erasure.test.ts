import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyBundle } from "../../src/core/custody/verification.ts";
import { parseBundle } from "../../src/core/ledger/bundle.ts";
import { openDisclosure } from "../../src/core/ledger/disclosure.ts";
import { logKey } from "../../src/services/ledger/log-key.ts";
import { codeOf } from "../../src/services/custody/trace.ts";
import type { IssuedBatch } from "../../src/scan/batch-register.ts";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
import { addOrganisation, issueBatch, report } from "../world.ts";

let harness: Harness;
let batch: IssuedBatch;
let index: number;
let keys: Record<"maker" | "stranger" | "authority", string>;

const SECRET = "Ms Tui Example, +64 9 555 0100";
const erase = (key: string, body: unknown, headers = {}) =>
  harness.call("POST", `/v1/records/${index}/erasures`, { key, body, headers });

/** Files of the data folder that have a text in them. */
const filesWith = (text: string): string[] =>
  readdirSync(harness.folder).filter((name) => {
    const file = join(harness.folder, name);
    return statSync(file).isFile() && readFileSync(file).includes(text);
  });

beforeAll(async () => {
  harness = makeHarness();
  const { service } = harness;
  // The codes are ordered before anything happens to the goods.
  harness.clock.nowMs = Date.parse("2026-02-01T00:00:00Z");
  const maker = await addOrganisation(service, "ent_maker", "Maker");
  await addOrganisation(service, "ent_stranger", "Stranger");
  await addOrganisation(service, "aut_customs", "Customs");
  batch = await issueBatch(service, maker, "B", 10);
  harness.clock.nowMs = START_MS;
  const [receipt] = await report(service, maker, [
    {
      kind: "commissioning",
      at: "2026-03-01T00:00:00Z",
      subjects: [{ batch: "B" }],
      sealed: { parties: { contact: SECRET, note: "kept" } },
    },
  ]);
  index = receipt!.index;
  keys = {
    maker: await harness.keyFor("enterprise", "ent_maker"),
    stranger: await harness.keyFor("enterprise", "ent_stranger"),
    authority: await harness.keyFor("authority", "aut_customs"),
  };
});
afterAll(() => harness.dispose());

describe("erasing a sealed field", () => {
  it("is allowed to its reporter, the authority and the operator, for a field that exists", async () => {
    const body = { names: ["contact"], reason: "asked by the person" };
    expect((await erase(keys.stranger, body)).status).toBe(404);
    expect((await erase(keys.maker, { ...body, names: ["contact", "nothing"] })).status).toBe(400);
    expect((await erase(keys.maker, { ...body, names: [] })).status).toBe(400);
    // A call that is refused in part forgets nothing.
    expect(harness.service.store.ledger.disclosures(index)).toHaveLength(2);
  });

  it("deletes the field, records the erasure, and leaves every proof valid", async () => {
    const code = codeOf(harness.service, batch.start + 3);
    const body = { names: ["contact"], reason: "asked by the person" };
    const { text } = harness.service.store.ledger
      .disclosures(index)
      .find((one) => openDisclosure(one.text).name === "contact") as { text: string };
    expect(filesWith(text)).not.toEqual([]);
    const done = await erase(keys.maker, body, { "Idempotency-Key": "e1" });
    expect(done.status).toBe(201);
    expect(done.json).toMatchObject({ record: index, index: harness.service.store.ledger.size() - 1 });
    // Earlier versions of its database page are gone too, while the service runs.
    expect(filesWith(text)).toEqual([]);
    expect((await erase(keys.maker, body, { "Idempotency-Key": "e1" })).json).toEqual(done.json);
    expect((await erase(keys.authority, body)).status).toBe(400);

    const bundle = await harness.call("GET", `/v1/trace/${code}/bundle`, { key: keys.maker });
    const verified = verifyBundle(
      parseBundle(new TextEncoder().encode(bundle.text)),
      logKey(harness.service),
    );
    expect(verified.disclosed.get(index)).toEqual([{ name: "note", value: "kept" }]);
    const trace = await harness.call("GET", `/v1/trace/${code}`, { key: keys.authority });
    expect(trace.json.steps[0]).toMatchObject({ withheld: 1, sealed: [{ name: "note", value: "kept" }] });
    const audit = await harness.call("POST", "/v1/audits", {
      key: keys.authority,
      body: { scope: { ledger: true } },
    });
    expect(audit.json).toMatchObject({ ok: true, breaks: [] });
  });

  it("leaves no byte of it in the store", () => {
    const { ledger } = harness.service.store;
    const text = ledger
      .records(0, ledger.size())
      .flatMap(({ index: at, bytes }) => [
        new TextDecoder().decode(bytes),
        ...ledger.disclosures(at).map((one) => one.text),
      ])
      .join("\n");
    expect(text).not.toContain("Tui");
    expect(text).not.toContain(Buffer.from(SECRET).toString("base64url").slice(4, 24));
  });
});
