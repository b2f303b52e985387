import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../../node/package-root.ts";

const FOLDER = join(PACKAGE_ROOT, "fixtures/goods");
const DAY_MS = 24 * 60 * 60 * 1000;

export interface Filing {
  names: { zh: string; en: string };
  identity: { scheme: string; value: string };
  country: string;
  activities?: string[];
}

export interface ActorsFixture {
  authority: Filing;
  assessors: Record<string, Filing>;
  enterprises: Record<string, Filing>;
}

/** Goods of one GTIN that go through cartons and pallets. */
export interface PackedGoods {
  owner: string;
  product: Record<string, unknown> & { names: { en: string }; gtin: string };
  order: Record<string, unknown> & { quantity: number; tradeMode: string; lot: string };
  /** Codes in a carton, cartons on a pallet, and the containers over which the pallets are divided evenly. */
  packing: { carton: number; pallet: number; containers: string[] };
  /** How many of the codes go onto goods; all where absent. */
  commissioned?: number;
  certificateOfOrigin?: Record<string, string>;
}

export interface VehicleGoods {
  owner: string;
  product: Record<string, unknown>;
  order: Record<string, unknown> & { quantity: number };
  container: string;
}

export interface MixedContainer {
  owner: string;
  container: string;
  declared: { amount: string; currency: string };
  kinds: { product: Record<string, unknown>; order: Record<string, unknown> & { quantity: number } }[];
}

/** Reads a fixture of `fixtures/goods` and replaces days such as `day-70` and `day+660` by dates, counted from today. */
export function readFixture(name: string, nowMs: number): unknown {
  const text = readFileSync(join(FOLDER, `${name}.json`), "utf8");
  return JSON.parse(
    text.replace(/"day([+-]\d+)"/g, (_, days: string) =>
      JSON.stringify(new Date(nowMs + Number(days) * DAY_MS).toISOString().slice(0, 10)),
    ),
  );
}
