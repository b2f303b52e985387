import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyBundle } from "../../src/core/custody/verification.ts";
import { encodeBase64 } from "../../src/core/ledger/base64.ts";
import { parseBundle } from "../../src/core/ledger/bundle.ts";
import { digestOf, makeDisclosure } from "../../src/core/ledger/disclosure.ts";
import { signerFromSeed } from "../../src/core/ledger/ed25519.ts";
import { parseVerifierKey } from "../../src/core/ledger/note-key.ts";
import { encodeSignature, signedMessage, type Statement } from "../../src/core/ledger/record.ts";
import { sscc } from "../world.ts";
import { type Actor, expectStatus } from "./actors.ts";
import {
  at,
  type Event,
  fieldsOf,
  issue,
  type Issued,
  openTrade,
  positions,
  refused,
  told,
  traced,
  type Trade,
} from "./trade.ts";

interface Prepared {
  statement: Statement;
  disclosures: { digest: string; tier: string; text: string }[];
}

const MAKER = signerFromSeed(new Uint8Array(32).fill(7));
const OTHER = signerFromSeed(new Uint8Array(32).fill(8));

let t: Trade;
let batch: Issued;
beforeAll(async () => {
  t = await openTrade();
  batch = await issue(t, 100);
  await register(t.maker, MAKER);
  await register(t.stranger, OTHER);
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
});
afterAll(() => t.h.dispose());

async function register(by: Actor, { publicKey }: typeof MAKER): Promise<void> {
  const body = { publicKey: encodeBase64(publicKey) };
  expectStatus(await t.h.call("PUT", `/v1/organisations/${by.id}/signing-key`, { key: by.key, body }), 200);
}

async function prepare(by: Actor, event: Event): Promise<Prepared> {
  const body = { events: [event] };
  const answer = await t.h.call("POST", "/v1/events/prepare", { key: by.key, body });
  return expectStatus(answer, 200).events[0];
}

/** Signs a prepared statement, or a changed one. */
function sign({ statement, disclosures }: Prepared, signer = MAKER): Event {
  const value = signer.sign(signedMessage(t.h.service.identity.origin, statement));
  return { statement, disclosures, signature: encodeSignature(signer.publicKey, value) };
}

const storing = (position: number, given: Event = {}): Event => ({
  kind: "storing",
  at: at(3),
  subjects: [positions(batch, position)],
  ...given,
});

const KINDS = (): [string, Event][] => [
  ["with everything", storing(1, { place: { country: "CN" }, fields: { a: "b" }, id: "signed-1" })],
  [
    "with sealed fields and documents",
    storing(2, {
      documents: [
        { type: "inv", number: "INV-1" },
        { type: "po", number: "PO-1", tier: "owner" },
      ],
      sealed: { authority: { price: "7.00" } },
    }),
  ],
  ["of packing", { kind: "packing", at: at(4), subjects: [positions(batch, 3, 9)], into: sscc(1) }],
  ["of packing a unit", { kind: "packing", at: at(5), subjects: [{ unit: sscc(1) }], into: sscc(2) }],
  ["of emptying", { kind: "unpacking", at: at(6), subjects: [], from: sscc(2) }],
  [
    "of declaring",
    { ...storing(10), kind: "declaring", declaration: { tradeMode: "0110", number: "516620261660000017" } },
  ],
  ["of transforming", { ...storing(11), kind: "transforming", outputs: [positions(batch, 12, 13)] }],
  ["of shipping", { ...storing(14), kind: "shipping", to: t.importer.id, carrier: t.carrier.id }],
  [
    "of correcting",
    { kind: "correcting", at: at(9), subjects: [], corrects: { id: "signed-1" }, reason: "incorrect_data" },
  ],
];

describe("a signed statement", () => {
  it("of each shape is recorded as it was prepared, and shown as signed", async () => {
    for (const [what, event] of KINDS()) {
      const size = t.h.service.store.ledger.size();
      const prepared = await prepare(t.maker, event);
      expect(t.h.service.store.ledger.size(), what).toBe(size);
      const [{ index, id }] = await told(t, t.maker, sign(prepared));
      expect(id).toBe(prepared.statement.id);
      const { json } = await t.h.call("GET", `/v1/records/${index}`, { key: t.maker.key });
      expect(json.statement, what).toEqual(prepared.statement);
      expect(json.signature.key).toBe(encodeBase64(MAKER.publicKey));
    }
    const { steps } = await traced(t, batch.codes[2]!, t.maker);
    expect(steps.map(({ signed }: { signed: boolean }) => signed)).toEqual([false, true]);
    expect(steps[1].sealed.map(({ name }: { name: string }) => name).sort()).toEqual([
      "document/0",
      "document/1",
      "price",
    ]);
  });

  it("is shown as signed by a bundle", async () => {
    const { vkey } = expectStatus(await t.h.call("GET", "/v1/log"), 200);
    const { text } = await t.h.call("GET", `/v1/trace/${batch.codes[2]}/bundle`, { key: t.maker.key });
    const verified = verifyBundle(
      parseBundle(new TextEncoder().encode(text.trimEnd())),
      parseVerifierKey(vkey),
    );
    const signed = verified.journey.steps.filter(({ fact }) => fact.kind === "storing");
    expect(verified.signed).toEqual(signed.map(({ fact }) => fact.index));
    expect(verified.signed).toHaveLength(1);
  });

  it("can be sent with unsigned ones in one call, and only once", async () => {
    const signed = sign(await prepare(t.maker, storing(20)));
    expect(await told(t, t.maker, [storing(20), signed])).toHaveLength(2);
    const again = await refused(t, t.maker, signed, 409);
    expect(fieldsOf(again)).toEqual(["events.0.id"]);
  });
});

const tampered = async (change: (prepared: Prepared) => void, event = storing(30)): Promise<Event> => {
  const prepared = structuredClone(await prepare(t.maker, event));
  change(prepared);
  return sign(prepared);
};

describe("a signature does not bypass", () => {
  it("the actor's own key", async () => {
    const prepared = await prepare(t.maker, storing(30));
    expect(fieldsOf(await refused(t, t.maker, sign(prepared, OTHER), 400))).toEqual([
      "events.0.signature.key",
    ]);
    const signed = sign(prepared) as { statement: Statement; signature: { key: string; value: string } };
    const changed = { ...signed, statement: { ...signed.statement, at: at(4) } };
    expect(fieldsOf(await refused(t, t.maker, changed, 400))).toEqual(["events.0.signature.value"]);
    const garbled = { ...signed, signature: { ...signed.signature, value: "AAAA" } };
    expect(fieldsOf(await refused(t, t.maker, garbled, 400))).toEqual(["events.0.signature.value"]);
    expect(fieldsOf(await refused(t, t.stranger, signed, 400))).toEqual([
      "events.0.statement.actor.organisation",
    ]);
    expect(fieldsOf(await refused(t, t.importer, signed, 400))).toEqual([
      "events.0.statement.actor.organisation",
    ]);
    await told(t, t.maker, signed);
  });

  it("a revoked key", async () => {
    const prepared = await prepare(t.maker, storing(31));
    const path = `/v1/organisations/${t.maker.id}/signing-key`;
    expectStatus(await t.h.call("DELETE", path, { key: t.maker.key }), 200);
    expect(fieldsOf(await refused(t, t.maker, sign(prepared), 400))).toEqual(["events.0.signature.key"]);
    await register(t.maker, MAKER);
    await told(t, t.maker, sign(prepared));
  });

  it("the disclosures of its sealed fields", async () => {
    const event = storing(32, { sealed: { owner: { a: "1", b: "2" } } });
    const disclosures = ["events.0.disclosures"];
    const without = await tampered((prepared) => prepared.disclosures.pop(), event);
    expect(fieldsOf(await refused(t, t.maker, without, 400))).toEqual(disclosures);
    const swapped = await tampered(
      ({ disclosures: [a, b] }) => ([a!.text, b!.text] = [b!.text, a!.text]),
      event,
    );
    expect(fieldsOf(await refused(t, t.maker, swapped, 400))).toEqual(disclosures);
    const more = await tampered(({ disclosures: all }) => {
      const text = makeDisclosure(new Uint8Array(16), "c", "3");
      all.push({ digest: digestOf(text), tier: "owner", text });
    }, event);
    expect(fieldsOf(await refused(t, t.maker, more, 400))).toEqual(disclosures);
    const broken = await tampered(({ disclosures: [a] }) => void (a!.text = "e30"), event);
    expect(fieldsOf(await refused(t, t.maker, broken, 400))).toEqual(disclosures);
  });

  it.each<[string, (prepared: Prepared) => void, string]>([
    ["kinds that are no events", ({ statement }) => void (statement.kind = "recalling"), "statement.kind"],
    ["unknown public fields", ({ statement }) => void (statement.public["recall"] = "rec_1"), "recall"],
    ["fields of another kind", ({ statement }) => void (statement.public["to"] = t.importer.id), "to"],
    [
      "values that are wrong",
      ({ statement }) => void (statement.public["place"] = { country: "XX" }),
      "place.country",
    ],
    ["fields of another shape", ({ statement }) => void (statement.public["fields"] = { a: 1 }), "fields.a"],
    [
      "subjects that are none",
      ({ statement }) => void (statement.subjects = [{ ledger: "x" }]),
      "statement.subjects.0",
    ],
    [
      "positions beyond the batch",
      ({ statement }) => void (statement.subjects = [{ batch: batch.id, segments: [[0, 101]] }]),
      "subjects.0",
    ],
    [
      "segments out of order",
      ({ statement }) =>
        void (statement.subjects = [
          {
            batch: batch.id,
            segments: [
              [5, 6],
              [1, 2],
            ],
          },
        ]),
      "statement",
    ],
    [
      "units that were never prepared",
      ({ statement }) => void (statement.subjects = [{ unit: "0".repeat(64) }]),
      "statement.subjects",
    ],
    [
      "parts of another kind",
      ({ statement }) => void ((statement.subjects[0] as { as?: string }).as = "output"),
      "outputs",
    ],
    ["another key's name", ({ statement }) => void (statement.actor.by = "key_other"), "statement"],
    ["the future", ({ statement }) => void (statement.at = "2027-01-01T00:00:00Z"), "at"],
    ["ids that are no ids", ({ statement }) => void (statement.id = "two words"), "id"],
    [
      "seals without a field",
      (prepared) => {
        const text = makeDisclosure(new Uint8Array(16), "document/0", {
          type: "inv",
          number: "1",
          price: "2",
        });
        prepared.disclosures.push({ digest: digestOf(text), tier: "owner", text });
        prepared.statement.sealed.push(digestOf(text));
      },
      "documents.0.price",
    ],
  ])("%s", async (_what, change, field) => {
    const problem = await refused(t, t.maker, await tampered(change), 400);
    expect(fieldsOf(problem)[0]).toMatch(new RegExp(`^events\\.0\\.${field.replaceAll(".", "\\.")}`));
  });

  it("correcting one's own events only", async () => {
    await told(t, t.maker, storing(40, { id: "of-the-maker" }));
    await told(t, t.stranger, { kind: "storing", at: at(1), subjects: [{ unit: sscc(50) }], id: "own" });
    const correcting = {
      kind: "correcting",
      at: at(5),
      subjects: [],
      corrects: { id: "own" },
      reason: "incorrect_data",
    };
    const { statement, disclosures } = await prepare(t.stranger, correcting);
    statement.public["corrects"] = { id: "of-the-maker", organisation: t.maker.id };
    statement.subjects = [{ batch: batch.id, segments: [[40, 41]] }];
    await refused(t, t.stranger, sign({ statement, disclosures }, OTHER), 403);
    const { steps } = await traced(t, batch.codes[40]!);
    expect(steps.every((step: Event) => step["correctedBy"] === undefined)).toBe(true);
  });

  it("the rule that a reporter holds the goods, and the rules of declaring", async () => {
    const mine = await prepare(t.stranger, { kind: "storing", at: at(1), subjects: [{ unit: sscc(60) }] });
    mine.statement.subjects = [{ batch: batch.id, segments: [[41, 42]] }];
    const problem = await refused(t, t.stranger, sign(mine, OTHER), 422);
    expect(problem.contradictions[0].rule).toBe("not_holder");
    const total = { amount: "150000.00", currency: "USD" };
    const declaring = {
      ...storing(42),
      kind: "declaring",
      declaration: { tradeMode: "1039", totalValue: total },
    };
    const { statement } = await prepare(t.maker, declaring);
    const text = makeDisclosure(new Uint8Array(16), "declaration", {
      tradeMode: "1039",
      totalValue: { ...total, amount: "150000.01" },
    });
    const over = { ...statement, sealed: [digestOf(text)] };
    const signed = sign({
      statement: over,
      disclosures: [{ digest: digestOf(text), tier: "parties", text }],
    });
    expect(fieldsOf(await refused(t, t.maker, signed, 400))).toEqual([
      "events.0.declaration.totalValue.amount",
    ]);
  });
});
