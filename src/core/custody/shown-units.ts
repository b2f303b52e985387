import type { Bundle } from "../ledger/bundle.ts";
import { chainTag } from "../ledger/chain.ts";
import { decodeBase64 } from "../ledger/base64.ts";
import { decodeEntry } from "../ledger/entry.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { BundleReader } from "./bundle-reader.ts";
import { journeyOf } from "./journey.ts";
import { type Breach, contradictionsOf, stateOf } from "./state.ts";

/** What the chains of a bundle's units show of the rules of custody. */
export interface ShownUnits {
  contradictions: Breach[];
  /** What is missing for a full check, as sentences. */
  notShown: string[];
}

/**
 * Judges the units of a bundle by the rules of custody, each by its whole chain. A unit is "not shown" where a rule asks
 * what is not in the bundle: whether it was empty when another enterprise filled it, or another unit around it.
 * @throws PackedInCircle
 */
export function judgeUnits(
  reader: BundleReader,
  { chains, entries }: Pick<Bundle, "chains" | "entries">,
  boundFrom: (organisation: string) => number,
): ShownUnits {
  const units = chains.map(({ of }) => of).filter((of) => of.startsWith("unit:"));
  const hidden = tagsOf(entries);
  const found: ShownUnits = { contradictions: [], notShown: [] };
  let unknown = 0;
  for (const unit of units) {
    // Where entries stand for its records, the bundle is not fully shown anyway.
    if (hidden.has(bytesToHex(chainTag(unit)))) continue;
    let asked = false;
    const journey = journeyOf(reader, { unit });
    const outside = journey.stays.some((stay) => !units.includes(stay.unit as string));
    const state = stateOf(journey, null, () => (asked = true));
    if (asked || outside) unknown += 1;
    else found.contradictions.push(...contradictionsOf(state, boundFrom));
  }
  if (unknown > 0)
    found.notShown.push(
      `Who held ${unknown} of the units is not shown: another enterprise filled them, or they were in units whose ` +
        "records are not in this file.",
    );
  return found;
}

function tagsOf(entries: Bundle["entries"]): Set<string> {
  const tags = entries.flatMap(({ entry }) => decodeEntry(decodeBase64(entry)).chains);
  return new Set(tags.map(({ tag }) => bytesToHex(tag)));
}
