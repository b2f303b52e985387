import { customAlphabet } from "nanoid";

/** 16 letters and digits, 79 bits, without those that are misread. */
const random = customAlphabet("23456789abcdefghjkmnpqrstuvwxyz", 16);

export type IdPrefix = "ent" | "lab" | "aut" | "prd" | "bat" | "key" | "rec" | "aud" | "evt";

/** A new opaque id with a prefix for its kind: `ent_…` an enterprise, `bat_…` a batch. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${random()}`;
}
