import { type Refusal, refusal } from "./refusal.ts";
import type { Standing } from "./standing.ts";

/** Kinds that an organisation reports before it is approved: its own filing, and that of its goods. */
const BEFORE_APPROVAL: ReadonlySet<string> = new Set(["filing"]);

/**
 * The step of the actor: its standing just before a record of a kind. The operator has none.
 * @param standing as the records, or at the door the row of the organisation, give it; undefined where nothing registered it
 */
export function refuseActor(
  organisation: string,
  kind: string,
  standing: { status: string } | undefined,
): Refusal | undefined {
  if (organisation === "operator") return undefined;
  if (standing === undefined)
    return refusal("actor_not_registered", `a record that registers ${organisation}`, "none");
  switch (standing.status) {
    case "approved":
      return undefined;
    case "declined":
      return refusal("actor_declined", `${organisation} approved`, "declined");
    case "suspended":
      return refusal("actor_suspended", `${organisation} approved`, "suspended");
    default:
      if (BEFORE_APPROVAL.has(kind)) return undefined;
      return refusal("actor_not_approved", `${organisation} approved`, standing.status);
  }
}

/**
 * The step of a signature: the key in a record must be the actor's registered key at that index of the log.
 * @param signature undefined where the record has none
 */
export function refuseSignature(
  organisation: string,
  standing: Pick<Standing, "key" | "former"> | undefined,
  signature: { key: string; verifies: boolean } | undefined,
): Refusal | undefined {
  if (signature === undefined) return undefined;
  if (!signature.verifies)
    return refusal("signature_invalid", `a signature of ${organisation} over this statement`, "another");
  const { key } = signature;
  if (standing?.key === key) return undefined;
  const expected = `the signing key of ${organisation}, ${standing?.key ?? "which has registered none"}`;
  const former = standing?.former.findLast((one) => one.key === key);
  return refusal(former?.rule ?? "key_not_registered", expected, key);
}
