import type { Actor } from "./example.ts";

/** Placeholder ids. A running service gives others; the examples use these from the first call to the last. */
export const ID = {
  officer: "aut_6h3jx8q5w2mtb7kd",
  laboratory: "lab_4r9ce7ym2vks8tpg",
  exporter: "ent_8m2kq4x7w9zrt3hd",
  importer: "ent_5t7bn3gw8vxk2qjm",
  carrier: "ent_3y8dz6pc4rhm9wsf",
  trader: "ent_7g2vu5ke9nqa4xbt",
  formula: "prd_9w4tq6hm3kzc7xvb",
  vehicle: "prd_2p8hs5rn7dyj4gmk",
  batch: "bat_7k3mx9tq5wgd2hrc",
  secondBatch: "bat_4v6rn8yb3jsp9ekw",
  vehicleBatch: "bat_8c5gz2xh7tma4qnd",
  spareBatch: "bat_6n9tk3wv8rby5jpm",
  key: "key_2d7vw9mk4hxq6nct",
  recall: "rec_5j8xb3tn6vwk9qhg",
  audit: "aud_3w7qy5hz8kcn2mrd",
} as const;

/** Placeholder API keys, by the shell variable that the commands use. */
export const KEY_VARIABLES: Readonly<Record<Exclude<Actor, "anybody">, string>> = {
  operator: "OPERATOR",
  officer: "OFFICER",
  laboratory: "LABORATORY",
  exporter: "EXPORTER",
  importer: "IMPORTER",
  carrier: "CARRIER",
  trader: "TRADER",
};

/** Placeholder secrets of the keys that the story makes. */
export const SECRET = {
  officer: "sy_Qm8vT2kYx5Rw9LcB3nHj7ZfD4sGp6AeU",
  laboratory: "sy_Xc4nR7pWz2Kb9VtM5hQy8JgF3dLs6TaE",
  exporter: "sy_Hk7wB3xNv9Qe5TzR2mYc8LpJ6gDf4SaU",
  importer: "sy_Zt5gN8bVq3Xm7WkC2rHy9PdL4jFs6EaT",
  carrier: "sy_Wp9mK4zTc7Vx2BnQ5hRy8GjL3dFs6AeU",
  trader: "sy_Fd3sL8hJy6Ng4KpR9wQc2ZvT5xBm7EaU",
  importerSpare: "sy_Lm2bQ7xJt9Vw4NcR5hKy8ZgP3dFs6TaE",
  packingLine: "sy_Rb6xV9nMz4Tk8WqH3cPy7JgL2dFs5AeU",
} as const;

/** Codes of the first batch, positions 0 to 7: genuine under the published secret of `fixtures/codes`. */
export const CODES = [
  { code: "45VF-V6GS-11R1-9J3B", pin: "989384" },
  { code: "9RQD-ZJHY-JSQB-4E77", pin: "393832" },
  { code: "F9P3-1HRZ-TK51-KJXP", pin: "494894" },
  { code: "BMD4-MAYA-VEVW-PFVS", pin: "219736" },
  { code: "JVXW-248X-5YK8-55VS", pin: "879915" },
  { code: "XDRE-5T11-X9MJ-FQMG", pin: "874383" },
  { code: "M7TY-SWDK-W0MB-E0A1", pin: "006557" },
  { code: "XD31-JEYW-7XPZ-P6D2", pin: "359765" },
] as const;

/** The code at a position of the first batch. @throws RangeError beyond the 8 that the story fetches */
export function codeAt(position: number): string {
  const printed = CODES[position];
  if (printed === undefined) throw new RangeError(`the examples have codes 0 to 7, not ${position}`);
  return printed.code;
}

/** Logistic units: two cartons, their pallet, a spare carton, and a container. */
export const UNIT = {
  carton: "sscc:395200010000000011",
  secondCarton: "sscc:395200010000000028",
  pallet: "sscc:395200010000000035",
  spareCarton: "sscc:395200010000000042",
  container: "container:CSQU3054383",
  cage: "lpn:CAGE-17",
} as const;

/** Ed25519 public key of the exporter's example, from a seed of 32 bytes 0x07. Never use it. */
export const SIGNING_KEY = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";

/** Placeholder of the signature over the statement that the story signs. */
export const SIGNATURE =
  "q2VtN8yRk4Zc7WxH3bTgP9sLmD5fJv6QeA1uXoKi0YhEwSrCzGnBpUjMdFt2l8aOqIyVkW3xT5gHc7N9RbZm4Q==";
