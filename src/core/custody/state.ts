import { rfc3339 } from "../goods/date.ts";
import { type Fact, type Moment, momentOf, roleOf, type UnitKey } from "./fact.ts";
import { type Journey, leavesUnit, type Stay, type Step } from "./journey.ts";
import { type Kind, ruleOf } from "./vocabulary.ts";

/** The status of a code. Recalls and holds are separate. */
export type Status =
  | "issued"
  | "applied"
  | "active"
  | "sold"
  | "consumed"
  | "exported"
  | "sampled"
  | "destroyed"
  | "void";

/** A broken rule of custody: a contradiction is refused when reported, a finding is kept and shown. */
export interface Breach {
  rule: string;
  /** The log index of the record that breaks it. */
  index: number;
  kind: Kind;
  message: string;
  /** For a contradiction of one record: the log index of that record. */
  against?: number;
}

export interface State {
  status: Status;
  /** The holder, who may report on the thing; null for a unit before its first event. */
  holder: string | null;
  /** The next holder, named by a shipping that is not yet accepted. */
  pending: string | null;
  /** Active recalls. */
  recalls: Set<string>;
  /** Organisations with a hold on the goods. */
  holds: Set<string>;
  /** The unit that the thing is in now. */
  unit: UnitKey | null;
  /** The fact that took it into use: its activation, or a sale, use or export without one. Null while it is unused. */
  firstUse: Fact | null;
  contradictions: Breach[];
  findings: Breach[];
  /** Samplings by an assessor that nobody engaged: contradictions, but for records older than the rule. */
  unasked: Unasked[];
}

/** A sampling by an assessor that neither the holder, the owner nor an authority engaged. */
export interface Unasked extends Breach {
  organisation: string;
}

interface Folding extends State {
  delegates: Set<string>;
  /** Assessors that may sample, each with the organisation that engaged it. */
  engaged: Map<string, string>;
  /** The holder at the start: the enterprise that ordered the batch, null for a unit. */
  owner: string | null;
  carriers: Set<string>;
  /** Log index of the newest record of each recall. */
  recalledAt: Map<string, number>;
  /** Log index of each organisation's newest hold. */
  heldAt: Map<string, number>;
  /** Log index of the record that set the status, and of the one that set the holder. */
  statusAt?: number;
  holderAt?: number;
  declared: boolean;
  departed: boolean;
  stays: Stay[];
  vacant: Vacancy;
}

/** Whether nothing is in a unit just before a moment. */
export type Vacancy = (moment: Moment) => boolean;

const UNUSED: ReadonlySet<Status> = new Set<Status>(["issued", "applied"]);
const IN_USE: ReadonlySet<Status> = new Set<Status>(["active", "sold", "consumed", "exported"]);
const CLOSED: Partial<Record<Status, string>> = { destroyed: "after_destruction", void: "after_voiding" };
/** Kinds that only the holder may report: a carrier moves the goods between holders. */
const NOT_FOR_CARRIERS: ReadonlySet<Kind> = new Set<Kind>([
  "applying",
  "commissioning",
  "voiding",
  "delegating",
  "purchasing",
  "shipping",
  "selling",
  "consuming",
  "destroying",
  "transforming",
]);
const STILL_ALLOWED: ReadonlySet<Kind> = new Set<Kind>(["correcting", "recalling", "lifting", "reporting"]);

/**
 * Folds a journey into the thing's state, with every contradiction (refused in a report) and every finding (something
 * missing or odd, kept and shown).
 * @param holder the holder at the start: a batch's enterprise, null for a unit
 * @param vacant for a unit; called only where an enterprise fills or empties a unit that it does not hold
 */
export function stateOf(journey: Journey, holder: string | null, vacant: Vacancy = () => false): State {
  const state: Folding = {
    status: "issued",
    holder,
    pending: null,
    recalls: new Set(),
    holds: new Set(),
    unit: null,
    firstUse: null,
    contradictions: [],
    findings: [],
    unasked: [],
    engaged: new Map(),
    owner: holder,
    delegates: new Set(),
    carriers: new Set(),
    recalledAt: new Map(),
    heldAt: new Map(),
    declared: false,
    departed: false,
    stays: journey.stays,
    vacant,
  };
  for (const step of journey.steps)
    if (step.fact.correctedBy === undefined && step.upstream === undefined) fold(state, step);
  const own = journey.stays.filter(({ via }) => via.length === 0);
  state.unit = own.findLast((stay) => stay.ended === undefined)?.unit ?? null;
  checkOverlaps(state, own);
  const { status, pending, recalls, holds, unit, firstUse } = state;
  const { contradictions, findings, unasked } = state;
  const custody = { status, holder: state.holder, pending, recalls, holds, unit, firstUse };
  return { ...custody, contradictions, findings, unasked };
}

/**
 * The contradictions of a state, with the unasked samplings that the rule binds.
 * @param boundFrom the log index after which an organisation's records are bound by it: that of its `standing` record,
 * -1 without one
 */
export function contradictionsOf(
  { contradictions, unasked }: Pick<State, "contradictions" | "unasked">,
  boundFrom: (organisation: string) => number,
): Breach[] {
  const bound = unasked.filter(({ organisation, index }) => index > boundFrom(organisation));
  return [...contradictions, ...bound];
}

function fold(state: Folding, step: Step): void {
  const { fact } = step;
  const direct = step.via.length === 0;
  if (direct) checkDirect(state, fact);
  if (fact.part === "parent") return foldParent(state, fact, direct);
  checkLife(state, fact);
  const unused = UNUSED.has(state.status);
  applyEffect(state, fact);
  if (unused && IN_USE.has(state.status)) state.firstUse ??= fact;
  applyCustody(state, fact);
  noteMissing(state, fact);
}

/**
 * An enterprise that fills an empty unit becomes its holder, until it hands the unit over. The authority becomes
 * holder only of a unit without one: an enterprise's carton that an officer repacks stays with the enterprise, and a
 * carton that an officer packs first stays with the authority until it is empty.
 */
function foldParent(state: Folding, fact: Fact, direct: boolean): void {
  if (!direct || ruleOf(fact.kind).moves !== "in") return;
  const { holder } = state;
  const { organisation } = fact;
  const foreign = holder !== organisation && roleOf(organisation) === "enterprise";
  if (holder === null || (foreign && state.vacant(momentOf(fact)))) take(state, fact);
}

/** Makes the reporter the holder. The former holder's pending transfer, delegates, carriers and engagements end. */
function take(state: Folding, { organisation, index }: Fact): void {
  state.holder = organisation;
  state.holderAt = index;
  state.pending = null;
  state.delegates.clear();
  state.carriers.clear();
  for (const [assessor, by] of state.engaged)
    if (by !== state.owner && roleOf(by) !== "authority") state.engaged.delete(assessor);
}

function checkDirect(state: Folding, fact: Fact): void {
  const { status, statusAt, holderAt } = state;
  const closed = CLOSED[status];
  if (closed && !STILL_ALLOWED.has(fact.kind))
    contradict(
      state,
      fact,
      closed,
      `${fact.kind} after the goods were ${status === "void" ? "voided" : status}`,
      statusAt,
    );
  if (!mayReport(state, fact))
    contradict(
      state,
      fact,
      "not_holder",
      `${fact.organisation} does not hold this at ${rfc3339(fact.atMs)}`,
      holderAt,
    );
  checkEngaged(state, fact);
}

/** An assessor's sampling takes goods off the market, so it needs an engagement. */
function checkEngaged(state: Folding, fact: Fact): void {
  const { organisation, index, kind } = fact;
  if (ruleOf(kind).effect !== "sample" || roleOf(organisation) !== "assessor") return;
  if (state.engaged.has(organisation)) return;
  const message = `neither the holder, the owner nor an authority engaged ${organisation}: report delegating to it first`;
  state.unasked.push({ rule: "not_engaged", index, kind, message, organisation });
}

function mayReport(state: Folding, fact: Fact): boolean {
  const rule = ruleOf(fact.kind);
  if (rule.open || roleOf(fact.organisation) !== "enterprise") return true;
  if (state.holder === null) take(state, fact);
  if (state.holder === fact.organisation) return true;
  // A former holder may still end its own hold.
  if (fact.kind === "releasing" && state.holds.has(fact.organisation)) return true;
  if (fact.part === "parent" && state.vacant(momentOf(fact))) return true;
  if (fact.kind === "accepting") return state.pending === fact.organisation;
  if (engages(fact)) return fact.organisation === state.owner;
  // A delegate may not delegate further.
  if (state.delegates.has(fact.organisation)) return fact.kind !== "delegating";
  return state.carriers.has(fact.organisation) && !NOT_FOR_CARRIERS.has(fact.kind);
}

/** A delegating to an assessor engages it. The owner may do so after it handed the goods on. */
function engages({ kind, to }: Fact): boolean {
  return kind === "delegating" && to !== undefined && roleOf(to) === "assessor";
}

function checkLife(state: Folding, fact: Fact): void {
  const { effect } = ruleOf(fact.kind);
  // Making goods into other goods must not bypass a rule that forbids their sale.
  if (effect !== "sell" && effect !== "consume" && fact.part !== "input") return;
  if (state.recalls.size > 0) {
    // The seller could not know of a recall recorded after the sale, even if the recall's own time is earlier.
    const recalledAt = Math.min(
      ...[...state.recalls].map((recall) => state.recalledAt.get(recall) as number),
    );
    const known = recalledAt < fact.index;
    const message = "goods under recall may not be sold or used up";
    if (known) contradict(state, fact, "sold_while_recalled", message, recalledAt);
    else find(state, fact, "sold_while_recalled", message);
  }
  const [holding] = state.holds;
  if (holding !== undefined)
    contradict(
      state,
      fact,
      "sold_while_held",
      `goods held by ${[...state.holds].join(", ")} may not be sold or used up`,
      state.heldAt.get(holding),
    );
  if (state.status === "sampled")
    contradict(
      state,
      fact,
      "sold_after_sampling",
      "sampled goods may not be sold or used up",
      state.statusAt,
    );
  if (state.status === "sold" || state.status === "consumed")
    find(state, fact, "sold_again", "sold or used up before, without a return between");
  if (UNUSED.has(state.status))
    find(state, fact, "sold_before_activation", "sold or used up before it was activated");
}

function applyEffect(state: Folding, fact: Fact): void {
  const status = statusAfter(state, fact);
  if (status === state.status) return;
  state.status = status;
  state.statusAt = fact.index;
}

function statusAfter(state: Folding, fact: Fact): Status {
  const { status } = state;
  if (fact.part === "input") return "consumed";
  if (fact.part === "output" && status === "active") return status;
  if (fact.part === "output") return activated(state, fact);
  switch (ruleOf(fact.kind).effect) {
    case "apply":
      return status === "issued" ? "applied" : status;
    case "activate":
      return activated(state, fact);
    case "sell":
      return "sold";
    case "consume":
      return "consumed";
    case "export":
      return "exported";
    case "void":
      return "void";
    case "destroy":
      return "destroyed";
    case "sample":
      return "sampled";
    case "return":
      return status === "sold" || status === "exported" || status === "consumed" ? "active" : status;
    default:
      return status;
  }
}

function activated(state: Folding, fact: Fact): Status {
  const { status } = state;
  if (UNUSED.has(status)) return "active";
  find(state, fact, "activated_again", `activated when it was already ${status}`);
  return status;
}

function applyCustody(state: Folding, fact: Fact): void {
  switch (fact.kind) {
    case "shipping":
      state.pending = fact.to ?? null;
      if (fact.carrier !== undefined) state.carriers.add(fact.carrier);
      break;
    case "delegating":
      if (engages(fact)) state.engaged.set(fact.to as string, fact.organisation);
      else if (fact.to !== undefined) state.delegates.add(fact.to);
      break;
    case "accepting":
      if (roleOf(fact.organisation) === "enterprise") take(state, fact);
      break;
    case "holding":
      state.holds.add(fact.organisation);
      state.heldAt.set(fact.organisation, fact.index);
      break;
    case "releasing":
      release(state, fact);
      break;
    case "recalling":
      if (fact.recall === undefined) break;
      state.recalls.add(fact.recall);
      state.recalledAt.set(fact.recall, fact.index);
      break;
    case "lifting":
      if (fact.recall !== undefined) state.recalls.delete(fact.recall);
      break;
    default:
  }
}

/** An enterprise ends its own hold; the authority's release ends every hold. */
function release(state: Folding, fact: Fact): void {
  if (roleOf(fact.organisation) === "authority") state.holds.clear();
  else state.holds.delete(fact.organisation);
}

/** A missing predecessor is a finding, not a refusal: reports may arrive late. */
function noteMissing(state: Folding, fact: Fact): void {
  if (fact.kind === "declaring") state.declared = true;
  if (fact.kind === "departing") state.departed = true;
  if (fact.kind === "releasing" && roleOf(fact.organisation) === "authority" && !state.declared)
    find(state, fact, "released_without_declaration", "released, but no declaration was reported");
  if (fact.kind === "arriving" && !state.departed)
    find(state, fact, "arrived_without_departure", "arrived, but no departure was reported");
  // Whether the event ends a stay: of the thing, or of a unit around it.
  const inside = state.stays.some((stay) => stay.ended?.index === fact.index);
  if (ruleOf(fact.kind).moves === "out" && fact.unit !== undefined && fact.part === "subject" && !inside)
    find(state, fact, "not_in_unit", "taken out of a unit that it was not in");
  if (inside && leavesUnit(fact))
    find(
      state,
      fact,
      "taken_out_while_packed",
      `${fact.kind} while still packed: taken out without an unpacking`,
    );
}

/** Two stays of one thing may not overlap: a packing during another stay contradicts it. */
function checkOverlaps(state: Folding, own: Stay[]): void {
  for (const { opened, ended } of own)
    if (ended && ruleOf(ended.kind).moves === "in")
      contradict(state, ended, "packed_twice", "packed while it was still in a unit", opened.index);
}

function contradict(state: Folding, fact: Fact, rule: string, message: string, against?: number): void {
  const breach: Breach = { rule, index: fact.index, kind: fact.kind, message };
  state.contradictions.push(against === undefined ? breach : { ...breach, against });
}

function find(state: Folding, fact: Fact, rule: string, message: string): void {
  state.findings.push({ rule, index: fact.index, kind: fact.kind, message });
}
