import type { Statement } from "../../ledger/record.ts";
import type { Role } from "../vocabulary.ts";
import { type Refusal, refusal } from "./refusal.ts";

type Status = "requested" | "approved" | "declined" | "issued" | "closed" | "active" | "lifted";

/** What the records of goods, of an order with its codes, or of a recall say about it at one index of the log. */
export interface Filed {
  /** Who filed, ordered or recalled it. */
  owner: string;
  status: Status;
  /** Log index of the record that set the status, who made that, and for a recall which part of it that was. */
  since: number;
  by: string;
  part: number;
}

/** A record that files goods, orders, decides, issues, closes, recalls or lifts. */
export interface FiledFact {
  index: number;
  kind: string;
  /** The goods, order or recall: `product:…`, `batch:…` or `recall:…`. */
  thing: string;
  actor: string;
  /** The field `decision`: approved or declined. */
  decision: unknown;
  /** The field `enterprise` of a filing or order: its owner. */
  enterprise: unknown;
  /** A recall of many goods is several records: 0 for the first. */
  part: number;
}

const ON_SUBJECT: ReadonlySet<string> = new Set(["filing", "ordering", "deciding", "issuing", "closing"]);

/** The filed content of a statement; undefined where it is about nothing that is filed, or about an organisation. */
export function filedFactOf(index: number, statement: Statement): FiledFact | undefined {
  const thing = thingOf(statement);
  if (thing === undefined) return undefined;
  const { kind, id, actor, public: said } = statement;
  const { decision, enterprise } = said;
  const part = Number(/\/([1-9][0-9]{0,5})$/.exec(id)?.[1] ?? 0);
  return { index, kind, thing, actor: actor.organisation, decision, enterprise, part };
}

function thingOf({ kind, subjects: [subject], public: { recall } }: Statement): string | undefined {
  if (kind === "recalling" || kind === "lifting")
    return typeof recall === "string" ? `recall:${recall}` : undefined;
  if (subject === undefined || !ON_SUBJECT.has(kind)) return undefined;
  if ("product" in subject) return `product:${subject.product}`;
  return "batch" in subject ? `batch:${subject.batch}` : undefined;
}

/**
 * The step of what is filed: its state before a record about it, and the record. Whether the actor's role may make such a
 * record at all is the step of permission.
 * @param before undefined for what no record filed yet
 * @param role the actor's
 */
export function filedAfter(before: Filed | undefined, fact: FiledFact, role: Role): Filed | Refusal {
  switch (fact.kind) {
    case "filing":
    case "ordering":
      return filed(before, fact);
    case "deciding":
      if (fact.decision !== "approved" && fact.decision !== "declined")
        return refusal(
          "decided_already",
          "a decision that is approved or declined",
          JSON.stringify(fact.decision),
        );
      return changed(before, fact, ["decided_already", "requested"], fact.decision);
    case "issuing":
      return changed(before, fact, ["issued_unapproved", "approved"], "issued");
    case "closing":
      return closed(before, fact, role);
    case "recalling":
      return recalled(before, fact);
    default:
      return lifted(before, fact);
  }
}

function filed(
  before: Filed | undefined,
  { thing, index, kind, actor, enterprise }: FiledFact,
): Filed | Refusal {
  if (before !== undefined) return refusal("filed_twice", `one ${kind} record of ${thing}`, "a second one");
  if (enterprise !== actor)
    return refusal("filed_for_another", `${kind} of ${actor}'s own`, JSON.stringify(enterprise));
  return { owner: actor, status: "requested", since: index, by: actor, part: 0 };
}

function changed(
  before: Filed | undefined,
  { thing, index, actor }: FiledFact,
  [rule, from]: [Refusal["rule"], Status],
  status: Status,
): Filed | Refusal {
  if (before?.status !== from)
    return refusal(rule, `${thing} ${from}`, before?.status ?? "a thing that nobody filed");
  return { ...before, status, since: index, by: actor, part: 0 };
}

function closed(before: Filed | undefined, fact: FiledFact, role: Role): Filed | Refusal {
  const { actor } = fact;
  if (before !== undefined && role === "enterprise" && before.owner !== actor)
    return refusal("closed_by_another", `${before.owner}, or an authority`, actor);
  return changed(before, fact, ["closed_unissued", "issued"], "closed");
}

function recalled(before: Filed | undefined, fact: FiledFact): Filed | Refusal {
  const { index, thing, actor, part } = fact;
  if (before !== undefined && !continues(before, fact, "active"))
    return refusal("recalled_twice", `one confirmation of ${thing}`, "a second one");
  return { owner: before?.owner ?? actor, status: "active", since: index, by: actor, part };
}

function lifted(before: Filed | undefined, fact: FiledFact): Filed | Refusal {
  if (before !== undefined && continues(before, fact, "lifted"))
    return { ...before, since: fact.index, part: fact.part };
  return changed(before, fact, ["lifted_inactive", "active"], "lifted");
}

/** The records of one recall, or of its lifting, follow one another. */
function continues(before: Filed, { index, actor, part }: FiledFact, expected: "active" | "lifted"): boolean {
  const { status, since, by } = before;
  return status === expected && since === index - 1 && by === actor && part === before.part + 1;
}
