import { parseCountry } from "../../core/goods/country.ts";
import { compareDates, parseDate } from "../../core/goods/date.ts";
import { convertMoney, type Money, parseMoney, parseRate } from "../../core/goods/money.ts";
import { checkRequirements } from "../../core/goods/requirements.ts";
import { parseTradeMode } from "../../core/goods/trade-mode.ts";
import { parseVin } from "../../core/goods/vin.ts";
import type { ProductRow } from "../../store/filing.ts";
import { FieldReader } from "../field-reader.ts";
import { productFiling } from "../filing/view.ts";
import type { DeclaredValue, OrderTerms } from "./terms.ts";

/**
 * The most codes of one batch, 2^30. Its commitment is folded in memory at 32 bytes per 256 codes, 128 MiB at this size. A
 * larger lot takes a second order.
 */
export const MAX_QUANTITY = 2 ** 30;
/** The most vehicles of one batch: each VIN is a sealed field of the batch's record. */
export const MAX_VEHICLES = 10_000;

interface DeclaredValueInput {
  amount: string;
  currency: string;
  usdRate?: { rate: string; date: string } | undefined;
}

/** An order in a request. The rules of the trade mode check its blocks field by field. */
export interface OrderInput {
  product: string;
  quantity: number;
  lot: string;
  tradeMode: string;
  productionDate?: string | undefined;
  expiryDate?: string | undefined;
  declaredValue: DeclaredValueInput;
  originCountry?: string | undefined;
  destinationCountry?: string | undefined;
  withPin?: boolean | undefined;
  vins?: string[] | undefined;
  customsOffice?: string | undefined;
  preference?: string | undefined;
  bonded?: Record<string, string | undefined> | undefined;
  market?: Record<string, string | undefined> | undefined;
  transport?: Record<string, string | undefined> | undefined;
  certificateOfOrigin?: Record<string, string | undefined> | undefined;
}

/** A complete and valid order. */
export interface SoundOrder {
  mode: string;
  terms: OrderTerms;
  valueUsdCents: number;
}

/**
 * Reads an order for goods.
 * @param nowMs the day after which no rate may be dated
 * @throws Problem invalid_request that names every wrong field
 */
export function readOrder(input: OrderInput, product: ProductRow, nowMs: number): SoundOrder {
  const reader = new FieldReader();
  const mode = reader.read("tradeMode", () => parseTradeMode(input.tradeMode).code);
  const value = readValue(input.declaredValue, reader, nowMs);
  const dates = {
    productionDate: reader.readOptional("productionDate", input.productionDate, parseDate),
    expiryDate: reader.readOptional("expiryDate", input.expiryDate, parseDate),
  };
  const destination = reader.readOptional("destinationCountry", input.destinationCountry, parseCountry);
  const filed = productFiling(product).originCountry;
  const origin = reader.readOptional("originCountry", input.originCountry, parseCountry) ?? filed;
  const warnings = mode === undefined ? [] : reader.take(requirementProblems(input, product, mode, origin));
  checkVehicles(input, product, reader);
  reader.assertSound();
  return {
    mode: mode as string,
    valueUsdCents: (value as ReadValue).usdCents,
    terms: {
      ...given(dates),
      originCountry: origin,
      ...given({ destinationCountry: destination }),
      declaredValue: (value as ReadValue).declared,
      vins: (input.vins ?? []).map((vin) => parseVin(vin).value),
      mode: modeFields(input),
      warnings,
    },
  };
}

/** A rate may be dated tomorrow (UTC): that day has started in some zones. */
const DAY_MS = 24 * 60 * 60 * 1000;

interface ReadValue {
  declared: DeclaredValue;
  usdCents: number;
}

function readValue(input: DeclaredValueInput, reader: FieldReader, nowMs: number): ReadValue | undefined {
  const money = reader.read("declaredValue.amount", () => parseMoney(input.amount, input.currency));
  const { usdRate } = input;
  if (usdRate !== undefined) checkRate(usdRate, reader, nowMs);
  if (money === undefined) return undefined;
  if (money.currency === "USD") {
    if (usdRate !== undefined)
      reader.refuse("declaredValue.usdRate", "not_eligible", "no rate: the value is in US dollars");
    return { declared: { ...money, usd: money.amount }, usdCents: centsOf(money, reader) };
  }
  if (usdRate === undefined) {
    const expected = `a rate and its date: US dollars for one ${money.currency}, such as {"rate":"0.14","date":"2026-10-30"}`;
    reader.refuse("declaredValue.usdRate", "missing", expected);
    return undefined;
  }
  const usd = reader.read("declaredValue.usdRate.rate", () => convertMoney(money, usdRate.rate, "USD"));
  if (usd === undefined) return undefined;
  return { declared: { ...money, usdRate, usd: usd.amount }, usdCents: centsOf(usd, reader) };
}

function checkRate(usdRate: { rate: string; date: string }, reader: FieldReader, nowMs: number): void {
  reader.read("declaredValue.usdRate.rate", () => parseRate(usdRate.rate));
  const date = reader.read("declaredValue.usdRate.date", () => parseDate(usdRate.date));
  const latest = new Date(nowMs + DAY_MS).toISOString().slice(0, 10);
  if (date !== undefined && compareDates(date, latest) > 0)
    reader.refuse("declaredValue.usdRate.date", "not_in_force", "today or an earlier day");
}

function centsOf(usd: Money, reader: FieldReader): number {
  const cents = Number(usd.amount.replace(".", ""));
  if (!Number.isSafeInteger(cents))
    reader.refuse("declaredValue.amount", "over_limit", "a value below 90 trillion US dollars");
  return cents;
}

function requirementProblems(input: OrderInput, product: ProductRow, mode: string, originCountry: string) {
  const combination = { mode, category: product.category };
  const known = {
    ...input,
    originCountry,
    gtin: product.gtin ?? undefined,
    hsCode: productFiling(product).hsCode,
  };
  // Goods are filed without a mode, so the requirements of filing are checked here too.
  const asked = (["filing", "ordering"] as const).flatMap((stage) =>
    checkRequirements(stage, combination, known),
  );
  return asked.filter(
    (one, index) =>
      asked.findIndex((other) => other.field === one.field && other.problem === one.problem) === index,
  );
}

function checkVehicles(input: OrderInput, product: ProductRow, reader: FieldReader): void {
  if (product.category !== "vehicles") {
    if (input.vins !== undefined)
      reader.refuse("vins", "not_eligible", "no VIN: these goods are no vehicles");
    return;
  }
  if (input.quantity > MAX_VEHICLES)
    reader.refuse("quantity", "over_limit", `at most ${MAX_VEHICLES} vehicles in one order`);
}

function modeFields({
  customsOffice,
  preference,
  bonded,
  market,
  transport,
  certificateOfOrigin,
}: OrderInput) {
  const fields = { customsOffice, preference, bonded, market, transport, certificateOfOrigin };
  // Through JSON, which drops undefined members.
  return JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
}

function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
