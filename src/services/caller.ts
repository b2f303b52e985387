import type { Role } from "../core/custody/vocabulary.ts";

/** Who calls: the holder of an API key, or nobody in particular. */
export interface Caller {
  role: Role | "anonymous";
  /** The organisation's id; "operator" for the operator; "" for anonymous. */
  organisation: string;
  /** The API key's id: who in the organisation it is, for records. */
  key: string;
}

export const ANONYMOUS: Caller = { role: "anonymous", organisation: "", key: "" };

/** The decider of record where settings approve without the authority. */
export const AUTO_APPROVAL: Caller = { role: "operator", organisation: "operator", key: "auto-approval" };
