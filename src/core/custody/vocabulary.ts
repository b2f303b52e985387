/**
 * The custody vocabulary: our event kinds, each with its CBV 2.0 business step and disposition, who may report it,
 * and what it does to a code. CBV has no steps for declaring, document matching and customs release (CBV 2.0, 7.1),
 * so those carry URIs of our own.
 */

export type Role = "enterprise" | "assessor" | "authority" | "operator";

/** What an event does to the life of the codes that it names (or that are inside the units it names). */
export type Effect =
  | "apply"
  | "activate"
  | "sell"
  | "consume"
  | "export"
  | "void"
  | "destroy"
  | "sample"
  | "return";

interface KindRule {
  bizStep: string;
  disposition: string;
  /** Roles that may report it. An enterprise must also hold what it reports on, unless `open`. */
  roles: readonly Role[];
  effect?: Effect;
  /** A move into (`into`) or out of (`from`) a unit. */
  moves?: "in" | "out";
  /** True where reporting needs no holding: attaching evidence, or what only authority and operator do. */
  open?: boolean;
  /** The zh and en names that people read. */
  zh: string;
  en: string;
}

const SUYUAN = "https://suyuan.example/vocabulary/";
const HOLDERS: readonly Role[] = ["enterprise", "authority"];
const AUTHORITY: readonly Role[] = ["authority"];

function cbv(step: string): string {
  return `https://ref.gs1.org/cbv/BizStep-${step}`;
}

function disp(name: string): string {
  return `https://ref.gs1.org/cbv/Disp-${name}`;
}

const own = (step: string): string => SUYUAN + step;

export const KINDS = {
  applying: {
    bizStep: cbv("encoding"),
    disposition: disp("encoded"),
    roles: HOLDERS,
    effect: "apply",
    zh: "贴码",
    en: "Labels applied",
  },
  commissioning: {
    bizStep: cbv("commissioning"),
    disposition: disp("active"),
    roles: HOLDERS,
    effect: "activate",
    zh: "激活",
    en: "Activated",
  },
  voiding: {
    bizStep: cbv("decommissioning"),
    disposition: disp("inactive"),
    roles: HOLDERS,
    effect: "void",
    zh: "作废",
    en: "Code voided",
  },
  packing: {
    bizStep: cbv("packing"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "in",
    zh: "装箱",
    en: "Packed",
  },
  unpacking: {
    bizStep: cbv("unpacking"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "out",
    zh: "拆箱",
    en: "Unpacked",
  },
  loading: {
    bizStep: cbv("loading"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "in",
    zh: "装柜",
    en: "Loaded",
  },
  sealing: {
    bizStep: cbv("loading"),
    disposition: disp("container_closed"),
    roles: HOLDERS,
    zh: "施封",
    en: "Sealed",
  },
  unloading: {
    bizStep: cbv("unloading"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "out",
    zh: "卸货",
    en: "Unloaded",
  },
  delegating: {
    bizStep: cbv("consigning"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    zh: "委托",
    en: "Delegated",
  },
  purchasing: {
    bizStep: cbv("accepting"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    zh: "采购",
    en: "Purchased",
  },
  shipping: {
    bizStep: cbv("shipping"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
    zh: "发运",
    en: "Shipped",
  },
  departing: {
    bizStep: cbv("departing"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
    zh: "离港",
    en: "Departed",
  },
  transporting: {
    bizStep: cbv("transporting"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
    zh: "运输",
    en: "In transit",
  },
  arriving: {
    bizStep: cbv("arriving"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    zh: "到港",
    en: "Arrived",
  },
  accepting: {
    bizStep: cbv("accepting"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    zh: "接收",
    en: "Accepted",
  },
  declaring: {
    bizStep: own("customs_declaring"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    zh: "申报",
    en: "Declared to customs",
  },
  matching: {
    bizStep: own("document_matching"),
    disposition: disp("in_progress"),
    roles: AUTHORITY,
    open: true,
    zh: "单证对碰",
    en: "Documents matched",
  },
  inspecting: {
    bizStep: cbv("inspecting"),
    disposition: disp("conformant"),
    roles: ["enterprise", "assessor", "authority"],
    zh: "查验",
    en: "Inspected",
  },
  reporting: {
    bizStep: cbv("inspecting"),
    disposition: disp("conformant"),
    roles: ["enterprise", "assessor", "authority"],
    zh: "检验报告",
    en: "Test report attached",
  },
  sampling: {
    bizStep: cbv("sampling"),
    disposition: disp("non_sellable_other"),
    roles: ["enterprise", "assessor", "authority"],
    effect: "sample",
    zh: "抽样",
    en: "Sampled",
  },
  holding: {
    bizStep: cbv("holding"),
    disposition: disp("unavailable"),
    roles: HOLDERS,
    zh: "扣留",
    en: "Held",
  },
  releasing: {
    bizStep: own("customs_releasing"),
    disposition: disp("sellable_not_accessible"),
    roles: HOLDERS,
    zh: "放行",
    en: "Released",
  },
  storing: {
    bizStep: cbv("storing"),
    disposition: disp("sellable_not_accessible"),
    roles: HOLDERS,
    zh: "入库",
    en: "Stored",
  },
  dispatching: {
    bizStep: cbv("picking"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    zh: "出库",
    en: "Dispatched",
  },
  selling: {
    bizStep: cbv("retail_selling"),
    disposition: disp("retail_sold"),
    roles: HOLDERS,
    effect: "sell",
    zh: "销售",
    en: "Sold",
  },
  consuming: {
    bizStep: cbv("dispensing"),
    disposition: disp("dispensed"),
    roles: HOLDERS,
    effect: "consume",
    zh: "使用",
    en: "Consumed",
  },
  exporting: {
    bizStep: own("customs_exporting"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
    effect: "export",
    zh: "出口",
    en: "Exported",
  },
  returning: {
    bizStep: cbv("receiving"),
    disposition: disp("returned"),
    roles: HOLDERS,
    effect: "return",
    zh: "退货",
    en: "Returned",
  },
  repairing: {
    bizStep: cbv("repairing"),
    disposition: disp("conformant"),
    roles: HOLDERS,
    zh: "整改",
    en: "Repaired",
  },
  destroying: {
    bizStep: cbv("destroying"),
    disposition: disp("destroyed"),
    roles: HOLDERS,
    effect: "destroy",
    zh: "销毁",
    en: "Destroyed",
  },
  sensing: {
    bizStep: cbv("sensor_reporting"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
    zh: "传感记录",
    en: "Sensor reading",
  },
  transforming: {
    bizStep: cbv("commissioning"),
    disposition: disp("active"),
    roles: HOLDERS,
    zh: "分装加工",
    en: "Transformed",
  },
  correcting: {
    bizStep: cbv("other"),
    disposition: disp("unknown"),
    roles: ["enterprise", "assessor", "authority"],
    open: true,
    zh: "更正",
    en: "Corrected",
  },
  recalling: {
    bizStep: cbv("holding"),
    disposition: disp("recalled"),
    roles: HOLDERS,
    open: true,
    zh: "召回",
    en: "Recalled",
  },
  lifting: {
    bizStep: own("recall_lifting"),
    disposition: disp("active"),
    roles: AUTHORITY,
    open: true,
    zh: "解除召回",
    en: "Recall lifted",
  },
} as const satisfies Record<string, KindRule>;

export type Kind = keyof typeof KINDS;

/** Kinds that come through the events call; recalls and corrections of administration have calls of their own. */
export const REPORTABLE = (Object.keys(KINDS) as Kind[]).filter(
  (kind) => kind !== "recalling" && kind !== "lifting",
);

export function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

/** The rule of a kind, as the table has it. */
export function ruleOf(kind: Kind): KindRule {
  return KINDS[kind];
}

/** CBV 2.0 error declaration reasons (CBV 2.0, 7.6). */
export const CORRECTION_REASONS = ["did_not_occur", "incorrect_data"] as const;
export type CorrectionReason = (typeof CORRECTION_REASONS)[number];
