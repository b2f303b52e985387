import { IdentifierError } from "./identifier.ts";
import { requireString } from "./reading.ts";
import type { Stage } from "./stage.ts";

export interface TradeMode {
  /** Four digits: the supervision mode of Chinese customs (监管方式). */
  readonly code: string;
  readonly family: "general_trade" | "cross_border_ecommerce" | "market_procurement";
  /** Seen from China. */
  readonly direction: "import" | "export" | "both";
  readonly name: { readonly zh: string; readonly en: string };
  /** Fields that the mode requires of all goods, by stage, as dotted paths. */
  readonly requires: Readonly<Record<Stage, readonly string[]>>;
}

const NOTHING = { filing: [], ordering: [], declaring: [] } as const;

/** The warehouse or area account of bonded goods. Basis: from memory, by analogy with 1210. */
const BONDED_ACCOUNT = { filing: [], ordering: ["bonded.accountBookNo"], declaring: [] } as const;

/**
 * Retail goods in a special supervision area. The customs message specification requires of an inventory under 1210:
 * emsNo (here `accountBookNo`), areaCode, areaName, and itemRecordNo of every line. The same for 1239 is from memory.
 */
const BONDED_RETAIL = {
  filing: [],
  ordering: [
    "bonded.accountBookNo",
    "bonded.areaCode",
    "bonded.areaName",
    "bonded.itemRecordNo",
    "customsOffice",
  ],
  declaring: [],
} as const;

/** The customs message specification requires trafNo (here `vehicleNo`), voyageNo and billNo under 9610. */
const DIRECT_RETAIL = {
  filing: [],
  ordering: [],
  declaring: ["transport.vehicleNo", "transport.voyageNo", "transport.billNo"],
} as const;

/** Every line of a market procurement declaration has its shop and purchase slip; `market.marketName` is optional. */
const MARKET_PURCHASE = {
  filing: [],
  ordering: ["market.shopUscc", "market.purchaseSlipNo"],
  declaring: ["totalValue.amount", "totalValue.currency"],
} as const;

/**
 * The supervision modes that this service accepts. Names of 1210, 1239, 9610, 9710 and 9810 are as published; those
 * of 0110, 1233, 1234 and 5034, and the directions of the last three, are from memory. 1210 is for exports, and for
 * imports in approved pilot cities only.
 */
export const TRADE_MODES: readonly TradeMode[] = [
  {
    code: "0110",
    family: "general_trade",
    direction: "both",
    name: { zh: "一般贸易", en: "General trade" },
    requires: NOTHING,
  },
  {
    code: "1039",
    family: "market_procurement",
    direction: "export",
    name: { zh: "市场采购", en: "Market procurement" },
    requires: MARKET_PURCHASE,
  },
  {
    code: "1210",
    family: "cross_border_ecommerce",
    direction: "both",
    name: { zh: "保税跨境贸易电子商务", en: "Bonded cross-border e-commerce" },
    requires: BONDED_RETAIL,
  },
  {
    code: "1233",
    family: "general_trade",
    direction: "both",
    name: { zh: "保税仓库货物", en: "Goods of a bonded warehouse" },
    requires: BONDED_ACCOUNT,
  },
  {
    code: "1234",
    family: "general_trade",
    direction: "both",
    name: { zh: "保税区仓储转口", en: "Storage and transit in a bonded area" },
    requires: BONDED_ACCOUNT,
  },
  {
    code: "1239",
    family: "cross_border_ecommerce",
    direction: "import",
    name: { zh: "保税跨境贸易电子商务A", en: "Bonded cross-border e-commerce A" },
    requires: BONDED_RETAIL,
  },
  {
    code: "5034",
    family: "general_trade",
    direction: "both",
    name: { zh: "区内物流货物", en: "Logistics goods of a special supervision area" },
    requires: BONDED_ACCOUNT,
  },
  {
    code: "9610",
    family: "cross_border_ecommerce",
    direction: "both",
    name: { zh: "跨境贸易电子商务", en: "Cross-border e-commerce" },
    requires: DIRECT_RETAIL,
  },
  {
    code: "9710",
    family: "cross_border_ecommerce",
    direction: "export",
    name: { zh: "跨境电子商务企业对企业直接出口", en: "Cross-border e-commerce B2B direct export" },
    requires: NOTHING,
  },
  {
    code: "9810",
    family: "cross_border_ecommerce",
    direction: "export",
    name: { zh: "跨境电子商务出口海外仓", en: "Cross-border e-commerce export to an overseas warehouse" },
    requires: NOTHING,
  },
];

/**
 * The trade mode of a code.
 *
 * @param text four digits
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `unknown`
 */
export function parseTradeMode(text: string): TradeMode {
  const code = requireString("trade_mode", text);
  const mode = TRADE_MODES.find((candidate) => candidate.code === code);
  if (mode === undefined) {
    const codes = TRADE_MODES.map((known) => known.code).join(", ");
    throw new IdentifierError("trade_mode", "unknown", `must be one of ${codes}`);
  }
  return mode;
}
