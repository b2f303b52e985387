import { formatBundle } from "../../../src/core/ledger/bundle.ts";
import type { Bundle } from "../../../src/core/ledger/bundle.ts";
import type { IssuedBatch } from "../../../src/scan/batch-register.ts";
import { makeBundle } from "../../../src/services/audit/bundle.ts";
import type { Caller } from "../../../src/services/caller.ts";
import type { Harness } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";

export const BOX = "container:CSQU3054383";

/** A maker's batch B of 300 codes, of which 24 went to an importer in a container that others used afterwards. */
export interface BundledTrade {
  maker: Caller;
  importer: Caller;
  batch: IssuedBatch;
  bundleFor(position: number, reader: Caller): Promise<Bundle>;
}

export async function bundledTrade({
  service,
  clock,
}: Pick<Harness, "service" | "clock">): Promise<BundledTrade> {
  // The codes are ordered before anything happens to the goods.
  const nowMs = clock.nowMs;
  clock.nowMs = Date.parse("2026-02-01T00:00:00Z");
  const maker = await addOrganisation(service, "ent_maker", "Maker");
  const importer = await addOrganisation(service, "ent_importer", "Importer");
  const other = await addOrganisation(service, "ent_other", "Somebody else");
  const batch = await issueBatch(service, maker, "B", 300);
  await issueBatch(service, other, "X", 50);
  clock.nowMs = nowMs;
  await report(service, maker, [
    { kind: "commissioning", at: at(0), subjects: [{ batch: "B" }] },
    { kind: "packing", at: at(1), subjects: [{ batch: "B", first: 0, last: 23 }], into: sscc(1) },
    { kind: "loading", at: at(2), subjects: [{ unit: sscc(1) }], into: BOX },
    {
      kind: "shipping",
      at: at(3),
      subjects: [{ unit: BOX }],
      to: "ent_importer",
      documents: [{ type: "bol", number: "BL-7781" }],
      sealed: { owner: { price: "12.50" } },
    },
  ]);
  await report(service, importer, [
    { kind: "accepting", at: at(4), subjects: [{ unit: BOX }] },
    { kind: "unloading", at: at(5), subjects: [], from: BOX },
  ]);
  // Afterwards the container carries somebody else's goods.
  await report(service, other, [
    { kind: "loading", at: at(10), subjects: [{ batch: "X" }], into: BOX, place: { name: "A secret yard" } },
    { kind: "departing", at: at(11), subjects: [{ unit: BOX }], place: { name: "A secret port" } },
  ]);
  const bundleFor = (position: number, reader: Caller): Promise<Bundle> =>
    makeBundle(service, { batch, position, key: batch.start + position }, reader);
  return { maker, importer, batch, bundleFor };
}

export const bytesOf = (bundle: Bundle): Uint8Array => new TextEncoder().encode(`${formatBundle(bundle)}\n`);

/**
 * Whose bundles are damaged, and the text from which on. The public's bundle has the owner's bytes up to its units, which
 * lack their numbers.
 */
export const DAMAGED = [
  { whose: "its owner's", owner: true, from: "{" },
  { whose: "the public's, from its units on", owner: false, from: '"units":' },
] as const;

/** Changes one byte in every `step`, each in a copy. @returns the places where `verify` accepted the change */
export function acceptedChanges(
  bytes: Uint8Array,
  from: string,
  step: number,
  verify: (bytes: Uint8Array) => unknown,
): number[] {
  const first = Buffer.from(bytes).indexOf(from);
  if (first < 0) throw new Error(`the bundle has no ${from}`);
  const accepted: number[] = [];
  // The newline at the end is optional.
  for (let i = first; i < bytes.length - 1; i += step) {
    const changed = Uint8Array.from(bytes);
    changed[i] = (changed[i] as number) ^ (1 << (i % 7));
    if (isAccepted(changed, verify)) accepted.push(i);
  }
  return accepted;
}

function isAccepted(bytes: Uint8Array, verify: (bytes: Uint8Array) => unknown): boolean {
  try {
    verify(bytes);
    return true;
  } catch {
    return false;
  }
}

function at(minute: number): string {
  return new Date(Date.parse("2026-03-01T00:00:00Z") + minute * 60_000).toISOString();
}
