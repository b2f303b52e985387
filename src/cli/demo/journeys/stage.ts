import type { Client } from "../../client.ts";
import type { Actors } from "../actors.ts";
import type { DemoBatch } from "../batch.ts";
import type { Custody, Subject } from "../custody.ts";
import type { Orders } from "../orders.ts";
import type { Packed, Ssccs } from "../packing.ts";

/** Everything that the journeys work with. */
export interface Stage {
  client: Client;
  custody: Custody;
  actors: Actors;
  ssccs: Ssccs;
  nowMs: number;
  orders: Orders;
}

/** Goods after their journey. */
export interface Travelled {
  batch: DemoBatch;
  packed: Packed;
  /** How many of the codes went onto goods, from position 0 on. */
  commissioned: number;
}

/** A place, as events name it. */
export interface Port {
  country: string;
  locode: string;
  name: string;
}

export const AUCKLAND: Port = { country: "NZ", locode: "NZAKL", name: "Auckland" };
export const INCHEON: Port = { country: "KR", locode: "KRINC", name: "Incheon" };
export const GUANGZHOU: Port = { country: "CN", locode: "CNCAN", name: "Guangzhou" };
export const HONG_KONG: Port = { country: "HK", locode: "HKHKG", name: "Hong Kong" };
export const BANGKOK: Port = { country: "TH", locode: "THBKK", name: "Bangkok" };
export const JEBEL_ALI: Port = { country: "AE", locode: "AEJEA", name: "Jebel Ali" };
export const NANSHA: Port = { country: "CN", locode: "CNNSA", name: "Nansha" };

/** Units as subjects of an event. */
export function each(units: string[]): Subject[] {
  return units.map((unit) => ({ unit }));
}
