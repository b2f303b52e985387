import type { Random } from "../random.ts";

/** The original's three years, as it reports them; batches, goods and journeys are what this benchmark adds. */
const ORIGINAL = {
  enterprises: 1336,
  goods: 340_000,
  batches: 20_000,
  codes: 51_680_000,
  ownEvents: 500_000,
  scans: 5_233_200,
  /** US dollars of declared value a code: 52.857 billion over 51.68 million. */
  usdPerCode: 1022.78,
};

/** The three families of trade that the original serves, with how goods of each are ordered here. */
export const FAMILIES = [
  { family: "general trade", tradeMode: "0110", category: "food", hsCode: "1905310000" },
  { family: "cross-border e-commerce", tradeMode: "9610", category: "consumer_goods", hsCode: "3304990039" },
  { family: "market procurement", tradeMode: "1039", category: "consumer_goods", hsCode: "9503008900" },
] as const;

export type Family = (typeof FAMILIES)[number];

/** What is to become of a batch. */
export type Fate = "active" | "inactive" | "recalled";

export interface PlannedBatch {
  place: number;
  quantity: number;
  fate: Fate;
  /** Codes to a carton, and how many cartons are packed; the rest of a large lot is still at the factory. */
  carton: number;
  cartons: number;
  /** Codes from its beginning that are sold one by one: an event each. */
  sold: number;
  /** Codes at its end whose labels were spoiled. */
  spoiled: number;
}

export interface Plan {
  scale: number;
  enterprises: number;
  goods: number;
  codes: number;
  scans: number;
  usdPerCode: number;
  batches: PlannedBatch[];
}

const MEDIAN_QUANTITY = 400;
/** Of the logarithm. With this median it makes the mean 2,584, and the largest of 20,000 about a million. */
const DEVIATION = 1.93;
const LEAST_QUANTITY = 24;
const CARTONS = [12, 24, 48] as const;
const MOST_CARTONS = 48;

/** Works out what a store of some scale holds. Small ones keep a few of everything. */
export function makePlan(scale: number, random: Random): Plan {
  const scaled = (count: number, least: number): number => Math.max(least, Math.round(count * scale));
  const codes = scaled(ORIGINAL.codes, 10_000);
  const batches = quantities(scaled(ORIGINAL.batches, 12), codes, random).map((quantity, place) =>
    planBatch(place, quantity, random),
  );
  sell(batches, scaled(ORIGINAL.ownEvents, 100));
  return {
    scale,
    enterprises: scaled(ORIGINAL.enterprises, 9),
    goods: scaled(ORIGINAL.goods, 30),
    codes,
    scans: scaled(ORIGINAL.scans, 1000),
    usdPerCode: ORIGINAL.usdPerCode,
    batches,
  };
}

/** Quantities with a heavy tail (log-normal) that add up to `codes`. */
function quantities(count: number, codes: number, random: Random): number[] {
  const drawn = Array.from({ length: count }, () => MEDIAN_QUANTITY * Math.exp(DEVIATION * random.normal()));
  const sum = drawn.reduce((total, quantity) => total + quantity, 0);
  const whole = drawn.map((quantity) => Math.max(LEAST_QUANTITY, Math.round((quantity * codes) / sum)));
  const over = whole.reduce((total, quantity) => total + quantity, 0) - codes;
  // One by one: at ten times the scale there are more of them than a call takes arguments.
  const largest = whole.indexOf(whole.reduce((most, quantity) => Math.max(most, quantity)));
  whole[largest] = (whole[largest] as number) - over;
  return whole;
}

function planBatch(place: number, quantity: number, random: Random): PlannedBatch {
  const carton = random.pick(CARTONS);
  const fate: Fate = place % 100 === 7 ? "inactive" : place % 1000 === 3 ? "recalled" : "active";
  const spoiled = place % 50 === 1 ? Math.floor(quantity / 20) : 0;
  const cartons = fate === "inactive" ? 0 : Math.min(MOST_CARTONS, Math.floor((quantity - spoiled) / carton));
  return { place, quantity, fate, carton, cartons, sold: 0, spoiled };
}

/** Spreads the codes that are sold one by one over what is packed, whole cartons where there are enough. */
function sell(batches: PlannedBatch[], events: number): void {
  const active = batches.filter(({ fate, cartons }) => fate === "active" && cartons > 0);
  const packed = active.reduce((total, { carton, cartons }) => total + carton * cartons, 0);
  let due = 0;
  let sold = 0;
  for (const batch of active) {
    due += (batch.carton * batch.cartons * events) / packed;
    batch.sold = Math.min(batch.carton * batch.cartons, Math.max(0, Math.round(due - sold)));
    sold += batch.sold;
  }
}
