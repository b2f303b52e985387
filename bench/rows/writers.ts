import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../../src/services/service.ts";
import { recordEvents } from "../../src/services/custody/record-events.ts";
import { type Bench, withService } from "../bench.ts";
import { admitEnterprise, admitGoods, type Organisation } from "../seed/filing.ts";
import { orderCodes } from "../seed/ordering.ts";

export const WRITE_PATH = "/v1/events";
/** More events a second than any measurement here will see: bodies that are used up would end it early. */
const MOST_PER_SECOND = 30_000;
/** Each writer's codes lie together, as those of one warehouse's pallet do. */
const LEAST_OF_A_WRITER = 1024;

/** An enterprise with a batch of its own whose codes nothing but the benchmark touches. */
export interface Stand {
  enterprise: Organisation;
  batch: string;
  quantity: number;
}

/** Bodies of one-event calls, each of another code. */
export interface Writes {
  /** The writers' API key. */
  key: string;
  /** A file of bodies that were not taken before, enough for so many seconds. */
  take(seconds: number): string;
}

/** Far from the numbers that the filling gives out. */
const FIRST_STAND = 5_000_000;
let stands = 0;

/** Adds an enterprise, approved, and a batch for it, active. */
export async function makeStand({ seeded }: Bench, service: Service, quantity: number): Promise<Stand> {
  const authority = seeded.manifest.authority.caller;
  const n = FIRST_STAND + stands++;
  const enterprise = await admitEnterprise(service, authority, n);
  const goods = await admitGoods(service, authority, enterprise, 3 * n);
  const order = { goods, quantity, lot: `BENCH-${n}`, valueUsd: "1000.00" };
  const batch = await orderCodes(service, authority, order);
  await service.issuer.settled();
  const at = new Date(service.platform.now()).toISOString();
  await recordEvents(service, enterprise.caller, [{ kind: "commissioning", at, subjects: [{ batch }] }]);
  return { enterprise, batch, quantity };
}

/** Prepares calls by `writers` writers: in turn each reports the sale of the next code of its own stock. */
export async function prepareWriters(
  bench: Bench,
  folder: string,
  writers: number,
  seconds: number,
): Promise<Writes> {
  const each = Math.max(LEAST_OF_A_WRITER, Math.ceil((MOST_PER_SECOND * (seconds + 10)) / writers));
  const stand = await withService(folder, ({ service }) => makeStand(bench, service, each * writers));
  const at = new Date().toISOString();
  // In turn each writer takes the next code of its own.
  const place = (n: number): number => (n % writers) * each + Math.floor(n / writers);
  let taken = 0;
  return {
    key: stand.enterprise.secret,
    take(span) {
      const count = Math.ceil(MOST_PER_SECOND * span);
      const file = join(bench.work, `bodies-${taken}.txt`);
      writeFileSync(file, "");
      for (let from = taken; from < taken + count; from += 10_000) {
        const size = Math.min(10_000, taken + count - from);
        const bodies = Array.from({ length: size }, (_, i) => body(stand.batch, place(from + i), at));
        appendFileSync(file, bodies.join(""));
      }
      taken += count;
      if (taken > stand.quantity) throw new Error("more bodies were asked for than codes were set aside");
      return file;
    },
  };
}

function body(batch: string, position: number, at: string): string {
  const subjects = [{ batch, first: position, last: position }];
  return `${JSON.stringify({ events: [{ kind: "selling", at, subjects }] })}\n`;
}
