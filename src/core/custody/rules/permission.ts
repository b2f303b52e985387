import { isKind, type Role, ruleOf } from "../vocabulary.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** Kinds of administration, and the roles that may make such a record. A kind that is not listed is the operator's. */
const ADMINISTRATION: Readonly<Record<string, readonly Role[]>> = {
  filing: ["enterprise"],
  registering: ["operator"],
  deciding: ["authority", "operator"],
  granting: ["authority", "operator"],
  keying: ["enterprise", "assessor", "authority"],
  issuing_key: ["enterprise", "assessor", "authority", "operator"],
  revoking_key: ["enterprise", "assessor", "authority", "operator"],
  suspending: ["authority", "operator"],
  reinstating: ["authority", "operator"],
  standing: ["operator"],
  ordering: ["enterprise"],
  cancelling: ["enterprise", "authority"],
  issuing: ["operator"],
  closing: ["enterprise", "authority", "operator"],
  erasing: ["enterprise", "assessor", "authority", "operator"],
  auditing: ["authority", "operator"],
};
const OPERATOR: readonly Role[] = ["operator"];

/** The roles that may make a record of a kind. */
export function rolesFor(kind: string): readonly Role[] {
  if (isKind(kind)) return ruleOf(kind).roles;
  return Object.hasOwn(ADMINISTRATION, kind) ? (ADMINISTRATION[kind] as readonly Role[]) : OPERATOR;
}

/** The step of permission: a role and a kind. @returns undefined where the role may report it */
export function refuseKind(role: Role, kind: string): Refusal | undefined {
  const roles = rolesFor(kind);
  if (roles.includes(role)) return undefined;
  return refusal("role_may_not_report", `${kind} by ${roles.join(" or ")}`, `${kind} by ${role}`);
}

/** An event that another record corrects. */
export interface CorrectionTarget {
  organisation: string;
  kind: string;
  /** Whether an earlier record corrects it already. */
  corrected: boolean;
}

const NOT_CORRECTED: ReadonlySet<string> = new Set(["correcting", "recalling", "lifting"]);

/**
 * The step of a correction: an event is corrected by its own reporter, or by an authority; recalls, liftings and
 * corrections never.
 * @param target undefined where nobody reported such an event before
 */
export function refuseCorrection(
  actor: { organisation: string; role: Role },
  target: CorrectionTarget | undefined,
): Refusal | undefined {
  if (target === undefined || !isKind(target.kind))
    return refusal("correction_of_nothing", "an event that was reported before", "none");
  const { organisation, kind, corrected } = target;
  if (organisation !== actor.organisation && actor.role !== "authority")
    return refusal("correction_of_another", `${organisation}, or an authority`, actor.organisation);
  if (NOT_CORRECTED.has(kind))
    return refusal("correction_of_recall", "an event that may be corrected", `a ${kind} event`);
  if (corrected) return refusal("corrected_twice", "an event that is not corrected yet", "one that is");
  return undefined;
}

/** The step of a recall: an enterprise recalls its own batches, an authority any. */
export function refuseRecall(
  actor: { organisation: string; role: Role },
  owners: Iterable<string>,
): Refusal | undefined {
  if (actor.role === "authority") return undefined;
  for (const owner of owners)
    if (owner !== actor.organisation)
      return refusal("recall_of_another", `${owner}, or an authority`, actor.organisation);
  return undefined;
}

/**
 * The step of an erasure: an organisation erases fields of its own records, an authority and the operator of any.
 * @param reporter undefined where it is not known
 */
export function refuseErasure(
  actor: { organisation: string; role: Role },
  reporter: string | undefined,
): Refusal | undefined {
  if (actor.role === "authority" || actor.role === "operator") return undefined;
  if (reporter === undefined || reporter === actor.organisation) return undefined;
  return refusal("erasure_of_another", `${reporter}, or an authority`, actor.organisation);
}
