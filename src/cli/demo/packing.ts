import { mod10CheckDigit } from "../../core/goods/mod10.ts";
import type { Custody, DemoEvent } from "./custody.ts";
import type { DemoBatch } from "./batch.ts";

/** Units that a lot was packed into, in order. */
export interface Packed {
  cartons: string[];
  pallets: string[];
}

/** Extension digit and the GS1 company prefix of the examples. */
const PREFIX = "39520001";

/** Assigns SSCCs one after another. */
export class Ssccs {
  private next = 1;

  take(): string {
    const body = PREFIX + String(this.next++).padStart(17 - PREFIX.length, "0");
    return `sscc:${body}${mod10CheckDigit(body)}`;
  }
}

/**
 * The events that pack positions 0 to `count` - 1 of a batch into cartons, and the cartons onto pallets. With one carton
 * a pallet, the carton is the pallet.
 */
export function packingEvents(
  custody: Custody,
  ssccs: Ssccs,
  batch: DemoBatch,
  { count, carton, pallet, daysAgo }: { count: number; carton: number; pallet: number; daysAgo: number },
): { events: DemoEvent[]; packed: Packed } {
  const events: DemoEvent[] = [];
  const packed: Packed = { cartons: [], pallets: [] };
  for (let first = 0; first < count; first += carton) {
    const into = ssccs.take();
    const last = Math.min(first + carton, count) - 1;
    const at = custody.at(daysAgo, 9);
    events.push({ kind: "packing", at, subjects: [{ batch: batch.id, first, last }], into });
    packed.cartons.push(into);
  }
  if (pallet === 1) return { events, packed: { ...packed, pallets: packed.cartons } };
  for (let first = 0; first < packed.cartons.length; first += pallet) {
    const into = ssccs.take();
    const subjects = packed.cartons.slice(first, first + pallet).map((unit) => ({ unit }));
    events.push({ kind: "packing", at: custody.at(daysAgo, 15), subjects, into });
    packed.pallets.push(into);
  }
  return { events, packed };
}

/** Divides units evenly over containers, in order. */
export function share(units: string[], containers: string[]): Map<string, string[]> {
  const each = Math.ceil(units.length / containers.length);
  return new Map(containers.map((container, i) => [container, units.slice(i * each, (i + 1) * each)]));
}
