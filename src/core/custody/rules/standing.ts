import type { PublicFields, Statement } from "../../ledger/record.ts";
import { roleIn } from "../fact.ts";
import type { Role } from "../vocabulary.ts";
import { type Refusal, refusal } from "./refusal.ts";

type Status = "requested" | "approved" | "declined" | "suspended";

/** What the records of an organisation say about it at one index of the log. */
export interface Standing {
  organisation: string;
  status: Status;
  /** Log index of the record that registered it, and of the one that set the status. */
  registeredAt: number;
  statusAt: number;
  /** The signing key, base64, with the index of its record; null without one. */
  key: string | null;
  keyAt: number | null;
  /** Earlier keys, newest last: a signature with one of them says why it is refused. */
  former: readonly { key: string; rule: "key_revoked" | "key_replaced" }[];
  /** Log index of the `standing` record that this rests on: the operator's word for all that is earlier. */
  base?: number;
}

/** A record about an organisation's standing. */
export interface StandingFact {
  index: number;
  kind: string;
  /** The organisation that it is about. */
  organisation: string;
  /** The organisation that made it. */
  actor: string;
  public: PublicFields;
}

/** Earlier keys that a standing remembers; a signature with an older one is of a key that is not registered. */
const MOST_FORMER = 64;

const STANDING_KINDS: ReadonlySet<string> = new Set([
  "filing",
  "registering",
  "deciding",
  "granting",
  "keying",
  "issuing_key",
  "revoking_key",
  "suspending",
  "reinstating",
  "standing",
]);
/** Kinds that an organisation reports about itself alone. */
const OF_ITSELF: ReadonlySet<string> = new Set(["filing", "keying"]);
/** Kinds that an organisation may report about itself, and those below about others. */
const ALSO_OF_ITSELF: ReadonlySet<string> = new Set(["issuing_key", "revoking_key"]);
/** What an authority may do to another organisation of a role. The operator may do all of it to any. */
const BY_AUTHORITY: Readonly<Record<string, readonly Role[]>> = {
  deciding: ["enterprise"],
  granting: ["enterprise"],
  suspending: ["enterprise", "assessor"],
  reinstating: ["enterprise", "assessor"],
  issuing_key: ["enterprise"],
};

/** The standing content of a statement; undefined where it is not about an organisation's standing. */
export function standingFactOf(index: number, statement: Statement): StandingFact | undefined {
  if (!STANDING_KINDS.has(statement.kind)) return undefined;
  const [subject] = statement.subjects;
  const organisation = subject && organisationIn(subject);
  if (organisation === undefined) return undefined;
  const { kind, actor } = statement;
  return { index, kind, organisation, actor: actor.organisation, public: statement.public };
}

function organisationIn(subject: Statement["subjects"][number]): string | undefined {
  if ("enterprise" in subject) return subject.enterprise;
  if ("assessor" in subject) return subject.assessor;
  return "authority" in subject ? subject.authority : undefined;
}

/**
 * The step of standing: an organisation's standing before a record about it, and the record. Whether its actor may make
 * such a record at all is the step of the actor.
 * @param before undefined for an organisation that nothing registered yet
 * @param role the actor's
 */
export function standingAfter(
  before: Standing | undefined,
  fact: StandingFact,
  role: Role,
): Standing | Refusal {
  const { kind, organisation, actor, index } = fact;
  if (!mayChange(fact, role))
    return refusal("standing_of_another", `${kind} of ${organisation} by one who may`, `by ${actor}`);
  if (kind === "filing" || kind === "registering") return registered(before, fact);
  if (kind === "standing") return based(before, fact);
  if (before === undefined)
    return refusal("actor_not_registered", `a record that registers ${organisation}`, `${kind} first`);
  switch (kind) {
    case "deciding":
      return decided(before, fact);
    case "suspending":
      return changed(before, index, "approved", "suspended");
    case "reinstating":
      return changed(before, index, "suspended", "approved");
    case "keying":
      return keyed(before, fact);
    case "issuing_key":
      return before.status === "suspended"
        ? refusal("keyed_suspended", `${organisation} not suspended`, before.status)
        : before;
    default:
      return before;
  }
}

/** Whether the actor may make a record of the kind about this organisation. */
function mayChange({ kind, organisation, actor }: StandingFact, role: Role): boolean {
  if (OF_ITSELF.has(kind)) return actor === organisation;
  if (role === "operator") return true;
  if (actor === organisation && ALSO_OF_ITSELF.has(kind)) return true;
  const about = roleIn(organisation);
  return role === "authority" && about !== undefined && (BY_AUTHORITY[kind] ?? []).includes(about);
}

function registered(before: Standing | undefined, { organisation, index }: StandingFact): Standing | Refusal {
  if (before !== undefined)
    return refusal(
      "registered_twice",
      `one record that registers ${organisation}`,
      `records ${before.registeredAt} and ${index}`,
    );
  return {
    organisation,
    status: "requested",
    registeredAt: index,
    statusAt: index,
    key: null,
    keyAt: null,
    former: [],
  };
}

function decided(before: Standing, { index, public: said }: StandingFact): Standing | Refusal {
  const status = said["decision"];
  if (status !== "approved" && status !== "declined")
    return refusal("decided_already", "a decision that is approved or declined", String(status));
  return changed(before, index, "requested", status);
}

function changed(before: Standing, index: number, from: Status, status: Status): Standing | Refusal {
  if (before.status !== from)
    return refusal("decided_already", `${before.organisation} ${from}`, before.status);
  return { ...before, status, statusAt: index };
}

function keyed(before: Standing, { index, organisation, public: said }: StandingFact): Standing | Refusal {
  const key = typeof said["signingKey"] === "string" ? said["signingKey"] : null;
  if (key === null && before.key === null)
    return refusal("revoked_nothing", `a signing key of ${organisation}`, "none");
  const rule = key === null ? "key_revoked" : "key_replaced";
  const former = before.key === null ? before.former : [...before.former, { key: before.key, rule } as const];
  return { ...before, key, keyAt: key === null ? null : index, former: former.slice(-MOST_FORMER) };
}

/** The content of a `standing` record: what the operator says of an organisation of before standing chains. */
export interface StandingBase extends PublicFields {
  status: Status;
  signingKey: string | null;
  /** Log indices of the records that registered it, set the status and registered the key. */
  since: { registered: number; status: number; signingKey: number | null };
}

/** The content of a `standing` record for a standing that earlier records gave. */
export function baseOf({ status, key, keyAt, registeredAt, statusAt }: Standing): StandingBase {
  return {
    status,
    signingKey: key,
    since: { registered: registeredAt, status: statusAt, signingKey: keyAt },
  };
}

/** The standing that a `standing` record states; undefined where its fields are not those of one. */
export function standingOfBase({ organisation, index, public: said }: StandingFact): Standing | undefined {
  const { status, signingKey, since } = said as Partial<StandingBase>;
  const known = status === "requested" || status === "approved" || status === "declined";
  if (!(known || status === "suspended") || typeof since !== "object" || since === null) return undefined;
  const { registered: registeredAt, status: statusAt, signingKey: keyAt } = since;
  const places = [registeredAt, statusAt, ...(keyAt === null ? [] : [keyAt])];
  if (places.some((place) => !Number.isSafeInteger(place) || place < 0 || place >= index)) return undefined;
  if ((typeof signingKey === "string") !== (keyAt !== null)) return undefined;
  const key = signingKey ?? null;
  const standing = { organisation, status, registeredAt, statusAt, key, keyAt };
  return { ...standing, former: [], base: index };
}

/**
 * What a `standing` record says of an index before it.
 * @returns undefined before the organisation was registered
 */
export function standingAsOf(base: Standing, index: number): Standing | undefined {
  if (index <= base.registeredAt) return undefined;
  const key = base.keyAt !== null && index > base.keyAt ? base.key : null;
  const status = index > base.statusAt ? base.status : "requested";
  return { ...base, key, status };
}

/** A `standing` record continues what is known before it; where nothing is known, it is the operator's word. */
function based(before: Standing | undefined, fact: StandingFact): Standing | Refusal {
  const stated = standingOfBase(fact);
  if (stated === undefined)
    return refusal(
      "standing_differs",
      "status, signingKey and since, as records before it give them",
      "others",
    );
  if (before === undefined) return stated;
  if (before.base !== undefined && before.base !== fact.index)
    return refusal("standing_record_late", "one standing record of an organisation", "a second one");
  const expected = JSON.stringify(baseOf(before));
  const found = JSON.stringify(baseOf(stated));
  if (expected !== found) return refusal("standing_differs", expected, found);
  return { ...before, base: fact.index };
}
