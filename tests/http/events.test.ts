import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupCode } from "../../src/core/code/alphabet.ts";
import { KINDS } from "../../src/core/custody/vocabulary.ts";
import { sscc } from "../world.ts";
import { enterprise, expectStatus, type Actor } from "./actors.ts";
import {
  at,
  type Event,
  fieldsOf,
  filingOf,
  type Issued,
  issue,
  openTrade,
  positions,
  refused,
  tell,
  told,
  traced,
  type Trade,
} from "./trade.ts";

let t: Trade;
let batch: Issued;
let other: Issued;
let plain: Issued;
let report: string;
beforeAll(async () => {
  t = await openTrade();
  batch = await issue(t, 600);
  other = await issue(t, 100, { lot: "L2" });
  plain = await issue(t, 60, { lot: "L3" });
  const headers = { "Content-Type": "application/pdf" };
  const file = await t.h.call("POST", "/v1/files", { key: t.lab.key, body: "%PDF-1.7 a report", headers });
  report = expectStatus(file, 201).digest;
});
afterAll(() => t.h.dispose());

let unit = 0;
const newUnit = (): string => sscc(++unit);
let place = 0;
/** A separate activated code for each example. */
async function fresh(): Promise<Event> {
  const subject = positions(batch, place++);
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [subject] });
  return subject;
}

const SEAL = { class: "H", manufacturer: "EXS", number: "EXS0001" };
const READING = { type: "temperature", value: "-18.5", unit: "CEL" };
const storing = (subjects: unknown[], given: Event = {}): Event => ({
  kind: "storing",
  at: at(5),
  subjects,
  ...given,
});

const unpackingFrom = (from: string) => ({
  fields: { from },
  before: (subject: Event): Event[] => [{ kind: "packing", at: at(1), subjects: [subject], into: from }],
});

/** By kind: who reports it, the fields it needs, and what must be reported before. */
const needs = (): Record<string, { by?: Actor; fields?: Event; before?: (s: Event) => Event[] }> => ({
  packing: { fields: { into: newUnit() } },
  loading: { fields: { into: "container:CSQU3054383" } },
  unpacking: unpackingFrom(newUnit()),
  shipping: { fields: { to: t.importer.id } },
  delegating: { fields: { to: t.carrier.id } },
  declaring: { fields: { declaration: { tradeMode: "0110" } } },
  reporting: { by: t.lab, fields: { reports: [{ title: "Test report", digest: report }] } },
  sensing: { fields: { readings: [READING] } },
  sealing: { fields: { seal: SEAL } },
  matching: { by: t.officer },
  transforming: { fields: { outputs: [positions(other, place)] } },
});

describe("every kind", () => {
  const kinds = Object.keys(KINDS).filter((kind) => !["correcting", "recalling", "lifting"].includes(kind));

  it.each(kinds)("%s is recorded with its required fields, and refused without any of them", async (kind) => {
    const { by = t.maker, fields = {}, before } = needs()[kind] ?? {};
    const subject = kind === "commissioning" ? positions(batch, place++) : await fresh();
    if (before) await told(t, t.maker, before(subject));
    for (const name of Object.keys(fields)) {
      const { [name]: _left, ...rest } = fields;
      const problem = await refused(t, by, { kind, at: at(2), subjects: [subject], ...rest }, 400);
      expect(fieldsOf(problem)).toEqual([`events.0.${name}`]);
    }
    const [receipt] = await told(t, by, { kind, at: at(2), subjects: [subject], ...fields });
    expect(receipt).toMatchObject({ kind, index: t.h.service.store.ledger.size() - 1 });
    const view = await traced(t, batch.codes[subject["first"] as number]!, t.officer);
    expect(view.steps.map((step: { index: number }) => step.index)).toContain(receipt.index);
  });

  it("recalling and lifting cannot be reported as events", async () => {
    for (const kind of ["recalling", "lifting", "issuing", "smuggling"])
      expect(fieldsOf(await refused(t, t.officer, storing([positions(batch, 0)], { kind }), 400))).toEqual([
        "events.0.kind",
      ]);
  });

  it.each([
    ["into", { into: sscc(1) }],
    ["from", { from: sscc(1) }],
    ["to", { to: "ent_x" }],
    ["carrier", { carrier: "ent_x" }],
    ["outputs", { outputs: [{ unit: sscc(1) }] }],
    ["corrects", { corrects: { id: "x" } }],
    ["reason", { reason: "did_not_occur" }],
    ["replacement", { replacement: ["x"] }],
    ["declaration", { declaration: { tradeMode: "0110" } }],
  ])("%s is refused in an event that would ignore it", async (name, field) => {
    const problem = await refused(t, t.maker, storing([positions(batch, 0)], field), 400);
    expect(fieldsOf(problem)).toEqual([`events.0.${name}`]);
  });

  it("unknown fields are refused by name, at any depth", async () => {
    const cases: [Event, string[]][] = [
      [
        storing([positions(batch, 0)], { quantity: 3, colour: "red" }),
        ["events.0.quantity", "events.0.colour"],
      ],
      [storing([{ ...positions(batch, 0), lot: "L1" }]), ["events.0.subjects.0.lot"]],
      [storing([positions(batch, 0)], { place: { city: "Nansha" } }), ["events.0.place.city"]],
      [storing([positions(batch, 0)], { at: "yesterday" }), ["events.0.at"]],
    ];
    for (const [event, fields] of cases)
      expect(fieldsOf(await refused(t, t.maker, event, 400))).toEqual(fields);
  });
});

/** Positions of a batch that a record names. */
async function named(subjects: unknown[], by = t.maker): Promise<unknown> {
  const [{ index }] = await told(t, by, storing(subjects));
  const answer = await t.h.call("GET", `/v1/records/${index}`, { key: t.officer.key });
  return expectStatus(answer, 200).statement.subjects;
}
const segments = (...ranges: [number, number][]) => [{ batch: plain.id, segments: ranges }];

describe("subjects", () => {
  it("are named by positions, as a whole batch, by first and last code, or by codes", async () => {
    const codes = plain.codes;
    expect(await named([positions(plain, 3, 9)])).toEqual(segments([3, 10]));
    expect(await named([{ batch: plain.id }])).toEqual(segments([0, 60]));
    expect(await named([{ firstCode: codes[4], lastCode: codes[8] }])).toEqual(segments([4, 9]));
    expect(await named([{ codes: [codes[7], codes[5], codes[7], codes[6], codes[9]] }])).toEqual(
      segments([5, 8], [9, 10]),
    );
    const typed = groupCode(codes[11]!).toLowerCase();
    expect(await named([{ codes: [` ${typed} `] }])).toEqual(segments([11, 12]));
    expect(
      await named([positions(plain, 0, 20), positions(plain, 15, 30), { codes: [codes[31], codes[40]] }]),
    ).toEqual(segments([0, 32], [40, 41]));
  });

  it("may be of several batches and of units at once", async () => {
    const carton = newUnit();
    const subjects = (await named([
      { codes: [other.codes[1], plain.codes[1]] },
      { unit: carton },
      { unit: carton },
      positions(other, 0),
    ])) as { unit?: string }[];
    expect(subjects.slice(0, 2)).toEqual([
      { batch: other.id, segments: [[0, 2]] },
      { batch: plain.id, segments: [[1, 2]] },
    ]);
    expect(subjects).toHaveLength(3);
    expect(subjects[2]!.unit).toMatch(/^[0-9a-f]{64}$/);
  });

  it("can be units: SSCCs, containers, and licence plates of one organisation", async () => {
    for (const id of [newUnit(), "container:NSGU0000018", "container:nsgu0000018", "lpn:TOTE-7"])
      await told(t, t.maker, storing([{ unit: id }]));
    const { custody } = t.h.service.store;
    expect(custody.units.find("container:NSGU0000018")).toBeDefined();
    expect(custody.units.find(`lpn:${t.maker.id}/TOTE-7`)).toBeDefined();
    // The same plate of another organisation is another unit, without a holder.
    await told(t, t.stranger, storing([{ unit: "lpn:TOTE-7" }]));
    expect(custody.units.find(`lpn:${t.stranger.id}/TOTE-7`)).toBeDefined();
    await refused(t, t.stranger, storing([{ unit: `lpn:${t.maker.id}/TOTE-7` }]), 422);
  });

  it.each([
    ["a mistyped code", () => [{ codes: [batch.codes[0], swapped(batch.codes[1]!)] }], "codes.1"],
    ["a forged code", () => [{ codes: ["0000000000000000"] }], "codes.0"],
    ["a mistyped first code", () => [{ firstCode: "45VF", lastCode: batch.codes[1] }], "firstCode"],
    ["codes of two batches", () => [{ firstCode: batch.codes[0], lastCode: other.codes[1] }], "lastCode"],
    ["a last code before the first", () => [{ firstCode: batch.codes[5], lastCode: batch.codes[1] }], ""],
    ["positions beyond the batch", () => [positions(batch, 0, 600)], ""],
    ["positions the wrong way round", () => [positions(batch, 5, 4)], ""],
    ["a batch that is not there", () => [{ batch: "bat_none" }], "batch"],
    ["a wrong check digit of an SSCC", () => [{ unit: "sscc:395200010000000012" }], "unit"],
    ["a wrong check digit of a container", () => [{ unit: "container:CSQU3054384" }], "unit"],
    ["a unit of no scheme", () => [{ unit: "box 7" }], "unit"],
    ["a licence plate with a space", () => [{ unit: "lpn:TOTE 7" }], "unit"],
  ])("are refused with the field named: %s", async (_what, subjects, name) => {
    const problem = await refused(t, t.maker, storing(subjects()), 400);
    expect(fieldsOf(problem)).toEqual([`events.0.subjects.0${name && `.${name}`}`]);
  });

  it("must not be empty, and no unit can be packed into itself", async () => {
    expect(fieldsOf(await refused(t, t.maker, storing([]), 400))).toEqual(["events.0.subjects"]);
    const carton = newUnit();
    const into = { kind: "packing", at: at(1), subjects: [{ unit: carton }], into: carton };
    expect(fieldsOf(await refused(t, t.maker, into, 400))).toEqual(["events.0.into"]);
  });

  it("of a transformation cannot be among its outputs", async () => {
    const same = { kind: "transforming", at: at(1), subjects: [positions(batch, 500, 507)] };
    const whole = await refused(t, t.maker, { ...same, outputs: [positions(batch, 500, 507)] }, 400);
    expect(fieldsOf(whole)).toEqual(["events.0.outputs"]);
    await refused(t, t.maker, { ...same, outputs: [positions(batch, 503)] }, 400);
  });

  it("too scattered for one record are refused, with advice to split them", async () => {
    const wide = await issue(t, 7000, { lot: "WIDE" });
    const odd = wide.codes.filter((_code, i) => i % 2 === 1);
    const subjects = [{ codes: odd.slice(0, 3000) }, { codes: odd.slice(3000, 3100) }];
    const problem = await refused(t, t.maker, storing(subjects), 413);
    expect(problem.detail).toContain("split");
    await told(t, t.maker, storing([{ codes: odd.slice(0, 3000) }]));
  });
});

/** Two characters that differ, swapped. */
function swapped(code: string): string {
  const i = code.split("").findIndex((character, n) => n > 0 && character !== code[n - 1]);
  return code.slice(0, i - 1) + code[i] + code[i - 1] + code.slice(i + 1);
}

describe("values", () => {
  it.each<[string, Event, string]>([
    ["a locode", { place: { locode: "CNZZZZ" } }, "place.locode"],
    ["a locode's shape", { place: { locode: "12345" } }, "place.locode"],
    ["a country", { place: { country: "XX" } }, "place.country"],
    ["a GLN", { place: { gln: "9520001000011" } }, "place.gln"],
    ["a seal's class", { kind: "sealing", seal: { ...SEAL, class: "X" } }, "seal.class"],
    ["a seal's number", { kind: "sealing", seal: { ...SEAL, number: "no spaces" } }, "seal"],
    [
      "a number with a comma",
      { kind: "sensing", readings: [{ ...READING, value: "3,5" }] },
      "readings.0.value",
    ],
    [
      "a number that is none",
      { kind: "sensing", readings: [{ ...READING, value: "--1" }] },
      "readings.0.value",
    ],
    ["a unit of measure", { kind: "sensing", readings: [{ ...READING, unit: "???" }] }, "readings.0.unit"],
    [
      "a declaration's number",
      { kind: "declaring", declaration: { tradeMode: "0110", number: "516620262660000017" } },
      "declaration.number",
    ],
    ["a day that is not", { at: "2026-02-30T08:00:00Z" }, "at"],
    ["a time without zone", { at: "2026-02-20T08:00:00" }, "at"],
    ["hour 24", { at: "2026-02-20T24:00:00Z" }, "at"],
    ["the future", { at: "2026-12-01T00:05:01Z" }, "at"],
    ["before the order", { at: "2026-10-31T00:00:00Z" }, "at"],
    ["an id with a space", { id: "my event" }, "id"],
    ["a file that is not stored", { reports: [{ title: "R", digest: "0".repeat(64) }] }, "reports.0.digest"],
    ["a digest that is none", { reports: [{ title: "R", digest: "abc" }] }, "reports.0.digest"],
    ["a disposition that is no address", { disposition: "sold" }, "disposition"],
    ["a field's name", { fields: { "2nd": "x" } }, "fields.2nd"],
    ["a text of two lines", { fields: { note: "a\nb" } }, "fields.note"],
    [
      "a sealed name of the service's",
      { sealed: { owner: { "document/0": "x" } } },
      "sealed.owner.document/0",
    ],
    ["one name in two tiers", { sealed: { owner: { a: "x" }, authority: { a: "y" } } }, "sealed.authority.a"],
  ])("that are wrong are named: %s", async (_what, given, field) => {
    const problem = await refused(t, t.maker, storing([positions(batch, 0)], given), 400);
    expect(fieldsOf(problem)).toEqual([`events.0.${field}`]);
  });

  it("may have a time up to five minutes ahead, in any zone", async () => {
    const subjects = [positions(batch, 599)];
    const inChina = (seconds: number): string => {
      const local = new Date(t.h.clock.nowMs + (8 * 3600 + seconds) * 1000);
      return local.toISOString().replace("Z", "+08:00");
    };
    await told(t, t.maker, storing(subjects, { at: inChina(300) }));
    const problem = await refused(t, t.maker, storing(subjects, { at: inChina(301) }), 400);
    expect(fieldsOf(problem)).toEqual(["events.0.at"]);
  });

  it("keep negative decimals exactly", async () => {
    const subject = await fresh();
    await told(t, t.maker, { kind: "sensing", at: at(3), subjects: [subject], readings: [READING] });
    const { steps } = await traced(t, batch.codes[subject["first"] as number]!);
    expect(steps.at(-1).public.readings).toEqual([READING]);
  });

  it("may name only an approved enterprise as the next holder", async () => {
    const waiting = await enterprise(t.h, undefined, filingOf("Waiting", "NZBN 9429000000099"));
    for (const to of ["ent_none", waiting.id, t.lab.id, t.officer.id, "operator"]) {
      const event = { kind: "shipping", at: at(3), subjects: [positions(batch, 0)], to };
      expect(fieldsOf(await refused(t, t.maker, event, 400))).toEqual(["events.0.to"]);
      const carried = { ...event, to: t.importer.id, carrier: to };
      expect(fieldsOf(await refused(t, t.maker, carried, 400))).toEqual(["events.0.carrier"]);
    }
  });
});

const declare = async (declaration: Event): Promise<Event> => ({
  kind: "declaring",
  at: at(3),
  subjects: [await fresh()],
  declaration,
});
const market = (amount: string, currency = "USD", rate: Event = {}): Event => ({
  tradeMode: "1039",
  totalValue: { amount, currency, ...rate },
});

describe("declaring", () => {
  const transport = { vehicleNo: "粤A12345", voyageNo: "V001", billNo: "BL-1" };
  const certificate = {
    no: "CEPA-1",
    issuingBody: "Example Chamber",
    issuedOn: "2026-09-01",
    expiresOn: "2027-08-31",
  };
  const cepa = { tradeMode: "0110", category: "food", preference: "CEPA", declaredOn: "2026-10-01" };

  it.each<[string, Event]>([
    ["1039 of USD 150,000.00", market("150000.00")],
    [
      "1039 in another currency with its rate",
      market("1000000.00", "CNY", { usdRate: "0.14", usdRateOn: "2026-10-01" }),
    ],
    ["9610 with its transport", { tradeMode: "9610", transport }],
    ["CEPA with its certificate", { ...cepa, originCountry: "HK", certificateOfOrigin: certificate }],
  ])("%s is accepted", async (_what, declaration) => {
    expect(await told(t, t.maker, await declare(declaration))).toHaveLength(1);
  });

  it.each<[string, Event, string[]]>([
    ["1039 of USD 150,000.01", market("150000.01"), ["totalValue.amount"]],
    ["1039 without its value", { tradeMode: "1039" }, ["totalValue.amount", "totalValue.currency"]],
    ["1039 without a rate", market("1.00", "CNY"), ["totalValue.usdRate", "totalValue.usdRateOn"]],
    [
      "9610 without transport",
      { tradeMode: "9610" },
      ["transport.vehicleNo", "transport.voyageNo", "transport.billNo"],
    ],
    [
      "CEPA without certificate",
      { ...cepa, originCountry: "MO" },
      [
        "certificateOfOrigin.no",
        "certificateOfOrigin.issuingBody",
        "certificateOfOrigin.issuedOn",
        "certificateOfOrigin.expiresOn",
      ],
    ],
    [
      "CEPA of another origin",
      { ...cepa, originCountry: "NZ", certificateOfOrigin: certificate },
      ["originCountry"],
    ],
    ["a mode that is not", { tradeMode: "0111" }, ["tradeMode"]],
  ])("%s is refused", async (_what, declaration, fields) => {
    const problem = await refused(t, t.maker, await declare(declaration), 400);
    expect(fieldsOf(problem)).toEqual(fields.map((field) => `events.0.declaration.${field}`));
  });
});

describe("a call", () => {
  it("is stored entirely or not at all", async () => {
    const subject = await fresh();
    const good = storing([subject]);
    await refused(t, t.maker, [good, storing([positions(batch, 700)])], 400);
    const stolen = { kind: "selling", at: at(6), subjects: [positions(other, 0)] };
    const problem = await refused(t, t.stranger, [storing([{ unit: newUnit() }]), stolen], 422);
    expect(problem.contradictions).toContainEqual(
      expect.objectContaining({ rule: "not_holder", recorded: false }),
    );
    const { steps } = await traced(t, batch.codes[subject["first"] as number]!);
    expect(steps.map((step: { kind: string }) => step.kind)).not.toContain("storing");
  });

  it("that is refused names the event that it contradicts, whether recorded earlier or later", async () => {
    const subject = await fresh();
    const box = { kind: "packing", at: at(2), subjects: [subject], into: newUnit(), id: `box-${newUnit()}` };
    await told(t, t.maker, box);
    const late = { ...box, id: `late-${newUnit()}`, at: at(1), into: newUnit() };
    expect((await refused(t, t.maker, late, 422)).contradictions).toMatchObject([
      {
        rule: "packed_twice",
        kind: "packing",
        event: box.id,
        recorded: true,
        against: { kind: "packing", event: late.id, recorded: false },
      },
    ]);
    const hold = { kind: "holding", at: at(3), subjects: [subject], id: `hold-${newUnit()}` };
    await told(t, t.officer, hold);
    const sale = { kind: "selling", at: at(4), subjects: [subject] };
    expect((await refused(t, t.maker, sale, 422)).contradictions).toMatchObject([
      { rule: "sold_while_held", recorded: false, against: { event: hold.id, recorded: true } },
    ]);
  });

  it("must have 1 to 1,000 events and a body of limited size", async () => {
    expect(fieldsOf(await refused(t, t.maker, [], 400))).toEqual(["events"]);
    const many = Array.from({ length: 1001 }, () => storing([positions(batch, 598)]));
    expect(fieldsOf(await refused(t, t.maker, many, 400))).toEqual(["events"]);
    expect(await told(t, t.maker, many.slice(1))).toHaveLength(1000);
    const large = storing([positions(batch, 598)], { id: "x".repeat(9 * 1024 * 1024) });
    await refused(t, t.maker, large, 413);
  });

  it("must be JSON", async () => {
    const options = { key: t.maker.key, headers: { "Content-Type": "text/plain" }, body: "{}" };
    expectStatus(await t.h.call("POST", "/v1/events", options), 415);
    const broken = await t.h.call("POST", "/v1/events", { key: t.maker.key, body: "{not json" });
    expect(expectStatus(broken, 400).detail).toContain("JSON");
  });

  it("can use an event id once per organisation", async () => {
    const event = storing([positions(batch, 597)], { id: "despatch-17" });
    const [receipt] = await told(t, t.maker, event);
    expect(receipt.id).toBe("despatch-17");
    expect(fieldsOf(await refused(t, t.maker, event, 409))).toEqual(["events.0.id"]);
    const twice = storing([positions(batch, 597)], { id: "despatch-18" });
    expect(fieldsOf(await refused(t, t.maker, [twice, twice], 409))).toEqual(["events.1.id"]);
    await told(t, t.stranger, { ...event, subjects: [{ unit: newUnit() }] });
  });

  it("is executed once for one Idempotency-Key, separate from every other key", async () => {
    const headers = { "Idempotency-Key": "call-1" };
    const event = storing([positions(batch, 596)]);
    const first = expectStatus(await tell(t, t.maker, event, headers), 201);
    const size = t.h.service.store.ledger.size();
    expect(expectStatus(await tell(t, t.maker, event, headers), 201)).toEqual(first);
    expectStatus(await tell(t, t.maker, { ...event, at: at(6) }, headers), 422);
    expect(t.h.service.store.ledger.size()).toBe(size);
    const theirs = expectStatus(await tell(t, t.stranger, storing([{ unit: newUnit() }]), headers), 201);
    expect(theirs.events[0].index).toBe(size);
    // A refused call is not an answer: mended, it may come again under its key.
    const again = { "Idempotency-Key": "call-2" };
    expectStatus(await tell(t, t.maker, storing([]), again), 400);
    expectStatus(await tell(t, t.maker, event, again), 201);
  });

  it("sent many times at once under one Idempotency-Key makes one record", async () => {
    const size = t.h.service.store.ledger.size();
    const event = storing([positions(batch, 595)]);
    const headers = { "Idempotency-Key": "burst" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => tell(t, t.maker, event, headers)));
    const receipts = answers.map((answer) => expectStatus(answer, 201).events[0].digest);
    expect(new Set(receipts).size).toBe(1);
    expect(t.h.service.store.ledger.size()).toBe(size + 1);
  });

  it("is listed for its reporter, newest first, with its correction", async () => {
    const events = storing([positions(batch, 594)], { id: "listed" });
    const [receipt] = await told(t, t.maker, events);
    const correcting = { kind: "correcting", at: at(9), subjects: [], corrects: { id: "listed" } };
    const [by] = await told(t, t.maker, { ...correcting, reason: "did_not_occur" });
    const { items } = expectStatus(await t.h.call("GET", "/v1/events?limit=2", { key: t.maker.key }), 200);
    expect(items.map((item: { index: number }) => item.index)).toEqual([by.index, receipt.index]);
    expect(items[1]).toMatchObject({ ...receipt, correctedBy: by.index, organisation: t.maker.id });
    const theirs = expectStatus(await t.h.call("GET", "/v1/events", { key: t.stranger.key }), 200).items;
    expect(theirs.every((item: { organisation: string }) => item.organisation === t.stranger.id)).toBe(true);
  });
});

describe("permission to report", () => {
  it("depends on the event's kind and the caller's role", async () => {
    const subject = await fresh();
    const event = { at: at(7), subjects: [subject] };
    const packing = await refused(t, t.lab, { ...event, kind: "packing", into: newUnit() }, 403);
    expect(packing.detail).toContain("enterprise or authority");
    await refused(t, t.maker, { ...event, kind: "matching" }, 403);
    await refused(t, t.lab, { ...event, kind: "matching" }, 403);
    await told(t, t.lab, { ...event, kind: "inspecting" });
    await told(t, t.officer, { ...event, kind: "matching" });
    const body = { events: [storing([subject])] };
    expectStatus(await t.h.call("POST", "/v1/events", { body }), 401);
    expectStatus(await t.h.call("POST", "/v1/events", { body, key: t.h.operatorKey }), 403);
  });

  it("needs an approved organisation, not one that waits or was suspended", async () => {
    const waiting = await enterprise(t.h, undefined, filingOf("Waiting too", "NZBN 9429000000098"));
    const event = storing([{ unit: newUnit() }]);
    await refused(t, waiting, event, 403);
    const path = `/v1/enterprises/${waiting.id}/decision`;
    expectStatus(await t.h.call("POST", path, { key: t.officer.key, body: { decision: "approve" } }), 200);
    await told(t, waiting, event);
    t.h.service.store.filing.decideOrganisation(waiting.id, "suspended", "closed down", t.h.clock.nowMs);
    const { status } = await refused(t, waiting, event, 403);
    expect(status).toBe(403);
  });

  it("includes correcting one's own events, once; the authority may correct all", async () => {
    const subject = await fresh();
    await told(t, t.maker, storing([subject], { id: "mine" }));
    const correcting = { kind: "correcting", at: at(9), subjects: [], reason: "incorrect_data" };
    const theirs = { ...correcting, corrects: { id: "mine", organisation: t.maker.id } };
    await refused(t, t.stranger, theirs, 403);
    await refused(t, t.lab, theirs, 403);
    const unknown = { ...correcting, corrects: { id: "not there" } };
    expect(fieldsOf(await refused(t, t.maker, unknown, 400))).toEqual(["events.0.corrects"]);
    const [receipt] = await told(t, t.officer, { ...theirs, id: "correction" });
    await refused(t, t.maker, { ...correcting, corrects: { id: "mine" } }, 409);
    await refused(t, t.officer, { ...correcting, corrects: { id: "correction" } }, 400);
    const { steps } = await traced(t, batch.codes[subject["first"] as number]!);
    expect(steps.find((step: { event: string }) => step.event === "mine").correctedBy).toBe(receipt.index);
  });
});
