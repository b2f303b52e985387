import { afterEach, expect, it } from "vitest";
import { nodePlatform } from "../../../src/node/platform.ts";
import { auditLedger } from "../../../src/services/audit/audit.ts";
import type { EventInput } from "../../../src/services/custody/event.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { type Harness, makeHarness, START_MS } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";

let h: Harness;
afterEach(() => h.dispose());

const time = (minute: number): string => new Date(START_MS + minute * 60_000).toISOString();
const [carton, pallet] = [sscc(1), sscc(2)];
const first = [{ batch: "B", first: 0, last: 0 }];

/** A carton on a pallet, which is sold; one item left the carton before and came back after it was put there. */
const HISTORY: EventInput[] = [
  { kind: "commissioning", at: time(0), subjects: [{ batch: "B" }] },
  { kind: "packing", at: time(3), subjects: [{ batch: "B", first: 0, last: 2 }], into: carton },
  { kind: "unpacking", at: time(4), subjects: first, from: carton },
  { kind: "packing", at: time(5), subjects: [{ unit: carton }], into: pallet },
  { kind: "packing", at: time(7), subjects: first, into: carton },
  { kind: "selling", at: time(9), subjects: [{ unit: pallet }] },
];

it("a correction of a shipment reaches an acceptance of its contents at the same time", async () => {
  h = makeHarness();
  const { service, clock } = h;
  const maker = await addOrganisation(service, "ent_maker", "Maker");
  const importer = await addOrganisation(service, "ent_importer", "Importer");
  await issueBatch(service, maker, "B", 6);
  clock.nowMs += 60 * 60_000;
  const shipping = { id: "shipped", at: time(10), subjects: [{ unit: pallet }], to: "ent_importer" };
  await report(service, maker, [...HISTORY.slice(0, -1), { kind: "shipping", ...shipping }]);
  await report(service, importer, [{ kind: "accepting", at: time(10), subjects: [{ unit: carton }] }]);
  const corrects = { id: "shipped" };
  const correction: EventInput = { kind: "correcting", at: time(11), subjects: [], corrects };
  await expect(report(service, maker, [{ ...correction, reason: "incorrect_data" }])).rejects.toThrow(
    /not_holder/,
  );
});

it.each<[string, EventInput]>([
  ["an emptying of the pallet", { kind: "unpacking", at: time(6), subjects: [], from: pallet }],
  ["a sale of the carton alone", { kind: "selling", at: time(6), subjects: [{ unit: carton }] }],
])("%s that is reported late reaches what was put into the carton after it", async (_what, late) => {
  h = makeHarness();
  const { service, clock } = h;
  const maker = await addOrganisation(service, "ent_maker", "Maker");
  await issueBatch(service, maker, "B", 6);
  clock.nowMs += 60 * 60_000;
  await report(service, maker, HISTORY);
  await report(service, maker, [late]);
  const { breaks } = await auditLedger({
    store: service.store,
    key: logKey(service),
    platform: nodePlatform,
  });
  expect(breaks).toEqual([]);
});
