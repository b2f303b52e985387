import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseBundle } from "../../src/core/ledger/bundle.ts";
import { parseVerifierKey } from "../../src/core/ledger/note-key.ts";
import { verifyBundle } from "../../src/core/custody/verification.ts";
import { sscc } from "../world.ts";
import { type Actor, expectStatus } from "./actors.ts";
import {
  at,
  type Event,
  type Issued,
  issue,
  openTrade,
  positions,
  refused,
  told,
  traced,
  type Trade,
} from "./trade.ts";

const CARTON = sscc(1);
const PALLET = sscc(2);
const BOX = "container:CSQU3054383";
const INVOICE = "INV-2026-77001";
const BILL = "BL-EXAMPLE-3071";
const DECLARATION = "516620261660000017";
const SECRETS = { margin: "12.75 percent", agreed: "net 30 days", hint: "officers look here" };

let t: Trade;
let batch: Issued;
beforeAll(async () => {
  t = await openTrade();
  batch = await issue(t, 100);
  await ship(t, batch);
});
afterAll(() => t.h.dispose());

/** Made, packed, loaded, shipped, declared, released, accepted; one code sampled; documents and sealed fields on the way. */
async function ship(trade: Trade, { id }: Issued): Promise<void> {
  const { maker, carrier, importer, officer, lab } = trade;
  const box = [{ unit: BOX }];
  await told(trade, maker, [
    { kind: "commissioning", at: at(0), subjects: [{ batch: id }] },
    { kind: "packing", at: at(1), subjects: [positions(id, 0, 23)], into: CARTON },
    { kind: "packing", at: at(2), subjects: [{ unit: CARTON }], into: PALLET },
    {
      kind: "loading",
      at: at(3),
      subjects: [{ unit: PALLET }],
      into: BOX,
      place: { country: "NZ", locode: "NZAKL", name: "Auckland" },
    },
    {
      kind: "shipping",
      at: at(4),
      subjects: box,
      to: importer.id,
      carrier: carrier.id,
      documents: [
        { type: "bol", number: BILL },
        { type: "inv", number: INVOICE, tier: "owner" },
      ],
      fields: { incoterm: "CIF" },
      sealed: {
        owner: { margin: SECRETS.margin },
        parties: { terms: SECRETS.agreed },
        authority: { hint: SECRETS.hint },
      },
    },
  ]);
  await told(trade, carrier, { kind: "departing", at: at(10), subjects: box });
  await told(trade, carrier, { kind: "arriving", at: at(20), subjects: box });
  await told(trade, importer, [
    { kind: "accepting", at: at(21), subjects: box },
    {
      kind: "declaring",
      at: at(22),
      subjects: box,
      declaration: { tradeMode: "0110", number: DECLARATION, originCountry: "NZ" },
    },
  ]);
  await told(trade, officer, { kind: "matching", at: at(23), subjects: box });
  const drawn = [positions(id, 5)];
  await told(trade, officer, { kind: "delegating", at: at(23), subjects: drawn, to: lab.id });
  await told(trade, lab, { kind: "sampling", at: at(24), subjects: drawn });
  await told(trade, officer, { kind: "releasing", at: at(38), subjects: box });
  await told(trade, importer, { kind: "unloading", at: at(40), subjects: [], from: BOX });
}

const kinds = (view: { steps: { kind: string }[] }) => view.steps.map(({ kind }) => kind);
const step = (view: { steps: { kind: string }[] }, kind: string): Event =>
  view.steps.find((one) => one.kind === kind) as unknown as Event;

describe("a journey", () => {
  it("is one call: through every unit, each step with place, actor and record", async () => {
    const view = await traced(t, batch.codes[3]!);
    expect(kinds(view)).toEqual([
      "commissioning",
      "packing",
      "packing",
      "loading",
      "shipping",
      "departing",
      "arriving",
      "accepting",
      "declaring",
      "matching",
      "releasing",
      "unloading",
    ]);
    expect(view).toMatchObject({
      code: batch.codes[3],
      position: 3,
      status: "active",
      held: false,
      findings: [],
    });
    expect(step(view, "loading")).toMatchObject({
      bizStep: "https://ref.gs1.org/cbv/BizStep-loading",
      place: { country: "NZ", locode: "NZAKL", name: "Auckland" },
      by: { organisation: t.maker.id, role: "enterprise" },
      via: [{ type: "sscc" }, { type: "sscc" }],
      signed: false,
    });
    const indices = view.steps.map(({ index }: { index: number }) => index);
    for (const index of indices) expectStatus(await t.h.call("GET", `/v1/records/${index}/receipt`), 200);
    expect(kinds(await traced(t, batch.codes[50]!))).toEqual(["commissioning"]);
  });

  it("of an item taken out on the way ends there, with a finding", async () => {
    const view = await traced(t, batch.codes[5]!);
    expect(kinds(view).at(-1)).toBe("sampling");
    expect(kinds(view)).not.toContain("releasing");
    expect(view.status).toBe("sampled");
    expect(view.findings).toEqual([
      expect.objectContaining({ rule: "taken_out_while_packed", kind: "sampling" }),
    ]);
  });

  it("accepts a code as people type it, and says what is wrong with a mistyped one", async () => {
    const code = batch.codes[3]!.toLowerCase().replace(/(.{4})(?=.)/g, "$1-");
    expect((await traced(t, code)).code).toBe(batch.codes[3]);
    for (const path of [`trace/${code}x`, `trace/${code}x/bundle`]) {
      const problem = expectStatus(await t.h.call("GET", `/v1/${path}`), 400);
      expect(problem.errors[0].field).toBe("code");
    }
    expectStatus(await t.h.call("GET", "/v1/trace/0000000000000000"), 404);
    expectStatus(await t.h.call("GET", "/v1/trace/0000000000000000/bundle"), 404);
  });

  it("has a finding for a missing event, until it is reported late", async () => {
    const subjects = [positions(batch, 60)];
    await told(t, t.officer, { kind: "releasing", at: at(9), subjects });
    const rules = async () =>
      (await traced(t, batch.codes[60]!)).findings.map(({ rule }: { rule: string }) => rule);
    expect(await rules()).toEqual(["released_without_declaration"]);
    await told(t, t.maker, { kind: "declaring", at: at(8), subjects, declaration: { tradeMode: "0110" } });
    expect(await rules()).toEqual([]);
  });

  it("continues upstream of a transformation, through repeated mixing too", async () => {
    const bulk = await issue(t, 200, { lot: "BULK" });
    await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: bulk.id }] });
    await told(t, t.maker, { kind: "storing", at: at(1), subjects: [positions(bulk, 0, 1)] });
    // Two tanks mixed thirty times over: 2^30 ways back, 30 records.
    await told(
      t,
      t.maker,
      Array.from({ length: 30 }, (_, i) => ({
        kind: "transforming",
        at: at(2 + i),
        subjects: [positions(bulk, 2 * i, 2 * i + 1)],
        outputs: [positions(bulk, 2 * i + 2, 2 * i + 3)],
      })),
    );
    const view = await traced(t, bulk.codes[60]!);
    expect(kinds(view).filter((kind) => kind === "transforming").length).toBeLessThanOrEqual(60);
    const stored = view.steps.filter(({ kind }: { kind: string }) => kind === "storing");
    expect(stored).toHaveLength(1);
    expect(typeof stored[0].upstream).toBe("number");
    expect(view.status).toBe("active");
    expect((await traced(t, bulk.codes[0]!)).status).toBe("consumed");
  });
});

/** The sealed fields of the shipping that a reader sees, by name, and how many are withheld. */
async function shipping(
  by?: Actor,
): Promise<{ names: string[]; withheld: number; via: unknown; holder: unknown }> {
  const view = await traced(t, batch.codes[3]!, by);
  const { sealed, withheld, via } = step(view, "shipping") as {
    sealed: { name: string }[];
    withheld: number;
    via: unknown;
  };
  return { names: sealed.map(({ name }) => name).sort(), withheld, via, holder: view.holder };
}

describe("readers see", () => {
  const ALL = ["document/0", "document/1", "hint", "margin", "terms"];
  const hidden = [{ type: "sscc" }, { type: "sscc" }, { type: "container" }];
  const shown = [
    { type: "sscc", id: CARTON },
    { type: "sscc", id: PALLET },
    { type: "container", id: BOX },
  ];

  it("as the public, a stranger or the operator: no sealed field, no unit's number, no holder", async () => {
    const operator = { id: "operator", key: t.h.operatorKey };
    for (const by of [undefined, t.stranger, operator])
      expect(await shipping(by)).toEqual({ names: [], withheld: 5, via: hidden, holder: undefined });
  });

  it("as its reporter or the authority: everything", async () => {
    for (const by of [t.maker, t.officer])
      expect(await shipping(by)).toEqual({ names: ALL, withheld: 0, via: shown, holder: t.importer.id });
  });

  it("as a party: the fields for parties, not those for the owner", async () => {
    for (const by of [t.importer, t.carrier])
      expect(await shipping(by)).toMatchObject({ names: ["document/0", "terms"], withheld: 3, via: shown });
  });

  it("as anybody: the public fields", async () => {
    const view = await traced(t, batch.codes[3]!);
    expect(step(view, "shipping")["public"]).toMatchObject({
      fields: { incoterm: "CIF" },
      to: t.importer.id,
    });
    expect(step(view, "declaring")["public"]).toEqual({ declaration: { tradeMode: "0110" } });
    expect(JSON.stringify(view)).not.toMatch(new RegExp([INVOICE, BILL, DECLARATION].join("|")));
  });

  it("as a party named by mistake: nothing more, once that is corrected", async () => {
    const subjects = [positions(batch, 70)];
    const wrong = {
      kind: "shipping",
      at: at(5),
      subjects,
      to: t.stranger.id,
      sealed: { parties: { a: "b" } },
    };
    await told(t, t.maker, { ...wrong, id: "wrong" });
    const seen = async () =>
      (step(await traced(t, batch.codes[70]!, t.stranger), "shipping")["sealed"] as []).length;
    expect(await seen()).toBe(1);
    const correcting = { kind: "correcting", at: at(6), subjects: [], reason: "incorrect_data" };
    await told(t, t.maker, { ...correcting, corrects: { id: "wrong" } });
    expect(await seen()).toBe(0);
  });

  it("the same in the bundle, which verifies with the log's key alone", async () => {
    const { vkey } = expectStatus(await t.h.call("GET", "/v1/log"), 200);
    const key = parseVerifierKey(vkey);
    for (const [by, fields] of [
      [undefined, 0],
      [t.carrier, 2],
      [t.officer, 5],
    ] as const) {
      const answer = await t.h.call("GET", `/v1/trace/${batch.codes[3]}/bundle`, by ? { key: by.key } : {});
      expect(answer.status).toBe(200);
      const verified = verifyBundle(parseBundle(new TextEncoder().encode(answer.text.trimEnd())), key);
      const view = await traced(t, batch.codes[3]!);
      expect(verified.journey.steps.map(({ fact }) => fact.index)).toEqual(
        view.steps.map(({ index }: { index: number }) => index),
      );
      const { index } = step(view, "shipping") as { index: number };
      expect(verified.disclosed.get(index)?.length ?? 0).toBe(fields);
      expect(answer.text.includes(CARTON.slice(5))).toBe(by !== undefined);
    }
  });
});

const unit = (id: string, by: Actor) =>
  t.h.call("GET", `/v1/units/${encodeURIComponent(id)}`, { key: by.key });

describe("a unit", () => {
  it("shows its holder, its contents and its history", async () => {
    const pallet = expectStatus(await unit(PALLET, t.importer), 200);
    expect(pallet).toMatchObject({ id: PALLET, holder: t.importer.id, held: false });
    expect(pallet.inside).toBeUndefined();
    expect(pallet.contents).toEqual({
      codes: 23,
      batches: [{ batch: batch.id, codes: 23 }],
      units: [CARTON],
    });
    expect(expectStatus(await unit(CARTON, t.officer), 200).inside).toBe(PALLET);
    expect(expectStatus(await unit(BOX, t.importer), 200).contents.codes).toBe(0);
  });

  it("is shown only to its parties", async () => {
    expectStatus(await unit(PALLET, t.stranger), 404);
    expectStatus(await unit(PALLET, t.lab), 403);
    expectStatus(await unit(sscc(77), t.officer), 404);
    expect(expectStatus(await unit("sscc:1", t.officer), 400).errors[0].field).toBe("id");
  });

  it("used again shows each user its own time only", async () => {
    const theirs = await issue(t, 10, { lot: "LATER" });
    await told(t, t.maker, [
      { kind: "delegating", at: at(50), subjects: [{ batch: theirs.id }], to: t.stranger.id },
    ]);
    await told(t, t.stranger, [{ kind: "packing", at: at(60), subjects: [{ batch: theirs.id }], into: BOX }]);
    const early = expectStatus(await unit(BOX, t.importer), 200);
    expect(kinds(early).at(-1)).toBe("unloading");
    expect(early.contents).toBeUndefined();
    expect(early.holder).toBeUndefined();
    const late = expectStatus(await unit(BOX, t.stranger), 200);
    expect(kinds(late)).toEqual(["packing"]);
    expect(late).toMatchObject({ holder: t.stranger.id, contents: { codes: 10 } });
    expect(kinds(expectStatus(await unit(BOX, t.officer), 200)).length).toBe(kinds(early).length + 1);
    // Nothing of it reaches the goods that were inside before.
    expect(kinds(await traced(t, batch.codes[3]!, t.officer)).at(-1)).toBe("unloading");
  });

  it("emptied piece by piece and used again shows each user its own time only", async () => {
    const [first, second] = [await issue(t, 4, { lot: "FIRST" }), await issue(t, 4, { lot: "SECOND" })];
    const tote = sscc(880);
    await told(t, t.maker, [
      { kind: "packing", at: at(50), subjects: [positions(first, 0, 3)], into: tote },
      { kind: "delegating", at: at(50), subjects: [positions(second, 0, 3)], to: t.stranger.id },
      { kind: "unpacking", at: at(51), subjects: [positions(first, 0, 1)], from: tote },
    ]);
    const refill = { kind: "packing", at: at(60), subjects: [positions(second, 0, 3)], into: tote };
    await refused(t, t.stranger, refill, 422);
    await told(t, t.maker, { kind: "unpacking", at: at(52), subjects: [positions(first, 2, 3)], from: tote });
    await told(t, t.stranger, refill);
    const early = expectStatus(await unit(tote, t.maker), 200);
    expect(kinds(early)).toEqual(["packing", "unpacking", "unpacking"]);
    expect(early.holder).toBeUndefined();
    const late = expectStatus(await unit(tote, t.stranger), 200);
    expect(kinds(late)).toEqual(["packing"]);
    expect(late).toMatchObject({ holder: t.stranger.id, contents: { codes: 4 } });
  });

  it("is not opened by a report dated before its first owner", async () => {
    const storing = { kind: "storing", subjects: [{ unit: PALLET }] };
    const problem = await refused(t, t.stranger, { ...storing, at: at(30) }, 422);
    expect(problem.contradictions[0].rule).toBe("not_holder");
    await told(t, t.stranger, { ...storing, at: "2026-10-01T00:00:00Z" });
    const view = expectStatus(await unit(PALLET, t.stranger), 200);
    expect(kinds(view)).toEqual(["storing"]);
    expect(view.contents).toBeUndefined();
    expect(kinds(await traced(t, batch.codes[3]!))).not.toContain("storing");
  });

  it("with a licence plate has the giver's id in its address", async () => {
    await told(t, t.maker, { kind: "storing", at: at(1), subjects: [{ unit: "lpn:TOTE-1" }] });
    expect(expectStatus(await unit("lpn:TOTE-1", t.maker), 200).id).toBe(`lpn:${t.maker.id}/TOTE-1`);
    expectStatus(await unit(`lpn:${t.maker.id}/TOTE-1`, t.officer), 200);
  });
});

describe("the bytes of no record", () => {
  it("contain a code, a unit's number, a document's number or a sealed value", async () => {
    const { ledger } = t.h.service.store;
    const bytes = ledger.records(0, ledger.size()).map((row) => new TextDecoder().decode(row.bytes));
    expect(bytes.length).toBeGreaterThan(50);
    const all = bytes.join("\n").toUpperCase();
    for (const code of batch.codes) expect(all).not.toContain(code);
    const numbers = [CARTON, PALLET, BOX].map((id) => id.slice(id.indexOf(":") + 1));
    for (const secret of [...numbers, "TOTE-1", INVOICE, BILL, DECLARATION, ...Object.values(SECRETS)])
      expect(all).not.toContain(secret.toUpperCase());
  });
});
