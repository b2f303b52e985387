/**
 * The custody vocabulary: our event kinds, each with its CBV 2.0 business step and disposition, the roles that may
 * report it and its effect on a code. CBV has no steps for declaring, document matching and customs release (CBV 2.0,
 * 7.1), so those have our own URIs.
 */

export type Role = "enterprise" | "assessor" | "authority" | "operator";

/** The effect of an event on the codes that it names, or that are inside the units it names. */
type Effect = "apply" | "activate" | "sell" | "consume" | "export" | "void" | "destroy" | "sample" | "return";

interface KindRule {
  /** A URI of CBV 2.0, or the name of our own step below the vocabulary's base (vocabulary-base.ts). */
  bizStep: string;
  disposition: string;
  /** Roles that may report it. An enterprise must also hold what it reports on, unless `open`. */
  roles: readonly Role[];
  effect?: Effect;
  /** A move into (`into`) or out of (`from`) a unit. */
  moves?: "in" | "out";
  /** True where the reporter need not hold the goods: corrections, recalls and acts of the authority alone. */
  open?: boolean;
}

const HOLDERS: readonly Role[] = ["enterprise", "authority"];
const AUTHORITY: readonly Role[] = ["authority"];

function cbv(step: string): string {
  return `https://ref.gs1.org/cbv/BizStep-${step}`;
}

function disp(name: string): string {
  return `https://ref.gs1.org/cbv/Disp-${name}`;
}

export const KINDS = {
  applying: {
    bizStep: cbv("encoding"),
    disposition: disp("encoded"),
    roles: HOLDERS,
    effect: "apply",
  },
  commissioning: {
    bizStep: cbv("commissioning"),
    disposition: disp("active"),
    roles: HOLDERS,
    effect: "activate",
  },
  voiding: {
    bizStep: cbv("decommissioning"),
    disposition: disp("inactive"),
    roles: HOLDERS,
    effect: "void",
  },
  packing: {
    bizStep: cbv("packing"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "in",
  },
  unpacking: {
    bizStep: cbv("unpacking"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "out",
  },
  loading: {
    bizStep: cbv("loading"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "in",
  },
  sealing: {
    bizStep: cbv("loading"),
    disposition: disp("container_closed"),
    roles: HOLDERS,
  },
  unloading: {
    bizStep: cbv("unloading"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
    moves: "out",
  },
  delegating: {
    bizStep: cbv("consigning"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
  },
  purchasing: {
    bizStep: cbv("accepting"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
  },
  shipping: {
    bizStep: cbv("shipping"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
  },
  departing: {
    bizStep: cbv("departing"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
  },
  transporting: {
    bizStep: cbv("transporting"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
  },
  arriving: {
    bizStep: cbv("arriving"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
  },
  accepting: {
    bizStep: cbv("accepting"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
  },
  declaring: {
    bizStep: "customs_declaring",
    disposition: disp("in_progress"),
    roles: HOLDERS,
  },
  matching: {
    bizStep: "document_matching",
    disposition: disp("in_progress"),
    roles: AUTHORITY,
    open: true,
  },
  inspecting: {
    bizStep: cbv("inspecting"),
    disposition: disp("conformant"),
    roles: ["enterprise", "assessor", "authority"],
  },
  reporting: {
    bizStep: cbv("inspecting"),
    disposition: disp("conformant"),
    roles: ["enterprise", "assessor", "authority"],
  },
  sampling: {
    bizStep: cbv("sampling"),
    disposition: disp("non_sellable_other"),
    roles: ["enterprise", "assessor", "authority"],
    effect: "sample",
  },
  holding: {
    bizStep: cbv("holding"),
    disposition: disp("unavailable"),
    roles: HOLDERS,
  },
  releasing: {
    bizStep: "customs_releasing",
    disposition: disp("sellable_not_accessible"),
    roles: HOLDERS,
  },
  storing: {
    bizStep: cbv("storing"),
    disposition: disp("sellable_not_accessible"),
    roles: HOLDERS,
  },
  dispatching: {
    bizStep: cbv("picking"),
    disposition: disp("in_progress"),
    roles: HOLDERS,
  },
  selling: {
    bizStep: cbv("retail_selling"),
    disposition: disp("retail_sold"),
    roles: HOLDERS,
    effect: "sell",
  },
  consuming: {
    bizStep: cbv("dispensing"),
    disposition: disp("dispensed"),
    roles: HOLDERS,
    effect: "consume",
  },
  exporting: {
    bizStep: "customs_exporting",
    disposition: disp("in_transit"),
    roles: HOLDERS,
    effect: "export",
  },
  returning: {
    bizStep: cbv("receiving"),
    disposition: disp("returned"),
    roles: HOLDERS,
    effect: "return",
  },
  repairing: {
    bizStep: cbv("repairing"),
    disposition: disp("conformant"),
    roles: HOLDERS,
  },
  destroying: {
    bizStep: cbv("destroying"),
    disposition: disp("destroyed"),
    roles: HOLDERS,
    effect: "destroy",
  },
  sensing: {
    bizStep: cbv("sensor_reporting"),
    disposition: disp("in_transit"),
    roles: HOLDERS,
  },
  transforming: {
    bizStep: cbv("commissioning"),
    disposition: disp("active"),
    roles: HOLDERS,
  },
  correcting: {
    bizStep: cbv("other"),
    disposition: disp("unknown"),
    roles: ["enterprise", "assessor", "authority"],
    open: true,
  },
  recalling: {
    bizStep: cbv("holding"),
    disposition: disp("recalled"),
    roles: HOLDERS,
    open: true,
  },
  lifting: {
    bizStep: "recall_lifting",
    disposition: disp("active"),
    roles: AUTHORITY,
    open: true,
  },
} as const satisfies Record<string, KindRule>;

export type Kind = keyof typeof KINDS;

/** Kinds that the events call accepts; recalling and lifting have separate calls. */
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
