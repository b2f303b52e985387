import type { Role } from "../core/custody/vocabulary.ts";

/** The caller of a verb: the holder of an API key, or anonymous. */
export interface Caller {
  role: Role | "anonymous";
  /** The organisation's id; "operator" for the operator; "" for anonymous. */
  organisation: string;
  /** The id of the API key, which records name as the acting person or system. */
  key: string;
}

export const ANONYMOUS: Caller = { role: "anonymous", organisation: "", key: "" };

/** The decider in records where settings approve without the authority. */
export const AUTO_APPROVAL: Caller = { role: "operator", organisation: "operator", key: "auto-approval" };
