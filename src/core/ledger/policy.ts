import { type Checkpoint, parseCheckpoint, parseInteger } from "./checkpoint.ts";
import { NoteError, openNote } from "./note.ts";
import {
  COSIGNATURE_V1,
  ED25519,
  formatVerifierKey,
  parseVerifierKey,
  type SignatureType,
  type VerifierKey,
} from "./note-key.ts";

/** A log whose checkpoints are accepted. */
interface PolicyLog {
  /** Its name is the log's origin. */
  key: VerifierKey;
  /** The URL to read it from, such as `https://trace.example.org/log`; not needed offline. */
  url?: string;
}

/** A witness whose cosignature counts. */
export interface PolicyWitness {
  /** Its name in the policy; the key has a separate name. */
  name: string;
  key: VerifierKey;
  /** Its submission prefix (C2SP tlog-witness); not needed offline. */
  url?: string;
}

/** A group of witnesses, which counts as cosigned once `threshold` of its members have cosigned. */
interface PolicyGroup {
  name: string;
  /** From 1 to the number of members. */
  threshold: number;
  /** Names of witnesses and of groups that stand before this one. */
  members: string[];
}

/** A trust policy (C2SP tlog-policy): accept checkpoints signed by any of the logs and cosigned by a quorum. */
export interface Policy {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  groups: PolicyGroup[];
  /** The witness or group that must have cosigned; null if none must. */
  quorum: string | null;
}

/** The text or object is not a valid policy. */
export class PolicyError extends Error {
  /** The line, from 1; null if the error is in no line. */
  readonly line: number | null;

  constructor(line: number | null, message: string, options?: ErrorOptions) {
    super(line === null ? message : `line ${line}: ${message}`, options);
    this.name = "PolicyError";
    this.line = line;
  }
}

/** A checkpoint that one of the policy's logs has signed, with its cosignatures. */
export interface Cosigned {
  /** The signed text of the note. */
  text: string;
  checkpoint: Checkpoint;
  /** The log that signed it. */
  log: PolicyLog;
  /** The policy's witnesses whose cosignatures verify, in its order, with the POSIX time that each states. */
  cosigned: { name: string; atSeconds: number }[];
  /** Whether the quorum is met. */
  satisfied: boolean;
}

/** The quorum that requires no cosignature. No witness or group can have this name. */
const NOBODY = "none";
// C2SP tlog-policy, "Character set": tab and newline are the only control characters.
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f]/;
// eslint-disable-next-line no-control-regex
const TOKEN = /^[^\u0000-\u0020\u007f]+$/;

/**
 * Reads a trust policy (C2SP tlog-policy). Log keys are Ed25519 (type 1), witness keys cosignature/v1 (type 4). Other
 * types are refused, not skipped: without its witness a quorum would mean something else. The last line needs no
 * newline.
 * @throws PolicyError on any other text
 * @throws TypeError if `text` is not a string
 */
export function parsePolicy(text: string): Policy {
  if (typeof text !== "string") throw new TypeError(`a policy must be a string, got ${typeof text}`);
  const reader = new PolicyReader();
  text.split("\n").forEach((line, i) => {
    try {
      reader.readLine(line);
    } catch (error) {
      throw new PolicyError(i + 1, (error as Error).message, { cause: error });
    }
  });
  return reader.policy();
}

/**
 * Prints a policy canonically: logs, witnesses, groups, quorum, each line's items one space apart, no comments. The
 * exact inverse of `parsePolicy` on such text. @throws PolicyError if it is not a valid policy
 */
export function formatPolicy(policy: Policy): string {
  requireTokens(policy);
  const { logs, witnesses, groups, quorum } = policy;
  const lines = [
    ...logs.map(({ key, url }) => ["log", formatVerifierKey(key), url]),
    ...witnesses.map(({ name, key, url }) => ["witness", name, formatVerifierKey(key), url]),
    ...groups.map(({ name, threshold, members }) => [
      "group",
      name,
      spellThreshold(threshold, members),
      ...members,
    ]),
    ["quorum", quorum ?? NOBODY],
  ];
  const text = lines.map((items) => `${items.filter((item) => item !== undefined).join(" ")}\n`).join("");
  parsePolicy(text);
  return text;
}

/**
 * Whether the cosignatures of these witnesses meet the quorum.
 * @param cosignedNames the policy's names of the witnesses whose cosignatures verified; others are not counted
 */
export function quorumMet(policy: Policy, cosignedNames: ReadonlySet<string>): boolean {
  return policy.quorum === null || namesMet(policy, cosignedNames).has(policy.quorum);
}

/**
 * The shortfall of a quorum: a line for each group that falls short and each witness missing from it, the quorum's
 * own first. Empty if the quorum is met.
 */
export function quorumShortfall(policy: Policy, cosignedNames: ReadonlySet<string>): string[] {
  const groups = new Map(policy.groups.map((group) => [group.name, group]));
  const met = namesMet(policy, cosignedNames);
  const lines: string[] = [];
  const pending = policy.quorum === null ? [] : [policy.quorum];
  for (const name of pending) {
    const group = groups.get(name);
    if (met.has(name)) continue;
    lines.push(group === undefined ? `witness ${name} has not cosigned` : groupShortfall(group, met));
    pending.push(...(group?.members ?? []));
  }
  return lines;
}

function groupShortfall({ name, threshold, members }: PolicyGroup, met: ReadonlySet<string>): string {
  const found = members.filter((member) => met.has(member)).join(", ");
  return `group ${name} needs ${threshold} of ${members.join(", ")}, and has ${found || "none"}`;
}

/** Names of the witnesses that have cosigned, and of the groups that count as cosigned. */
function namesMet({ witnesses, groups }: Policy, cosignedNames: ReadonlySet<string>): Set<string> {
  const met = new Set(witnesses.map(({ name }) => name).filter((name) => cosignedNames.has(name)));
  // Members precede their group, so one pass is enough at any depth of nesting.
  for (const { name, threshold, members } of groups)
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name);
  return met;
}

/**
 * Opens a checkpoint under a policy: one of its logs must have signed it, and it must be of that log. Verifies the
 * cosignatures of its witnesses; `satisfied` states whether they meet the quorum.
 * @throws NoteError as `openNote` does, also for a wrong cosignature of a witness; with fault `unverified` if no log
 *   of the policy has signed @throws RangeError if the text is not a checkpoint, or is of a log that has not signed
 *   it
 */
export function openCosigned(policy: Policy, note: Uint8Array | string): Cosigned {
  const { logs, witnesses } = policy;
  const { text, verified } = openNote(
    note,
    [...logs, ...witnesses].map(({ key }) => key),
  );
  const lineOf = (key: VerifierKey) =>
    verified.find((line) => line.name === key.name && line.keyId === key.keyId);
  const signers = logs.filter(({ key }) => lineOf(key) !== undefined);
  if (signers.length === 0)
    throw new NoteError("unverified", "no log of the policy has signed the checkpoint");
  const checkpoint = parseCheckpoint(text);
  const log = signers.find(({ key }) => key.name === checkpoint.origin);
  if (log === undefined)
    throw new RangeError(
      `origin must be ${signers[0]!.key.name}, the signing key's, got ${checkpoint.origin}`,
    );
  const cosigned = witnesses.flatMap(({ name, key }) => {
    const atSeconds = lineOf(key)?.timeSeconds;
    return atSeconds === undefined ? [] : [{ name, atSeconds }];
  });
  const satisfied = quorumMet(policy, new Set(cosigned.map(({ name }) => name)));
  return { text, checkpoint, log, cosigned, satisfied };
}

/** A policy that trusts the given log keys and requires no witness. */
export function policyOfKeys(keys: readonly VerifierKey[]): Policy {
  return { logs: keys.map((key) => ({ key })), witnesses: [], groups: [], quorum: null };
}

/** The checkpoint does not have the cosignatures that the policy requires. */
class QuorumError extends Error {
  override readonly name = "QuorumError";
}

/**
 * Opens a checkpoint that satisfies a policy. @throws QuorumError with the witnesses that cosigned and those missing
 * @throws NoteError, RangeError as `openCosigned` does
 */
export function requireCosigned(policy: Policy, note: Uint8Array | string): Cosigned {
  const opened = openCosigned(policy, note);
  if (opened.satisfied) return opened;
  const names = opened.cosigned.map(({ name }) => name);
  const missing = quorumShortfall(policy, new Set(names));
  const found = `the checkpoint is cosigned by ${names.join(", ") || "none of the policy's witnesses"}`;
  throw new QuorumError(`${found}, which is not the quorum ${policy.quorum}: ${missing.join("; ")}`);
}

/** Reads a policy line by line. Its errors have no line numbers. */
class PolicyReader {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  #quorum: string | null | undefined;
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  readonly #keys = new Set<string>();

  readLine(line: string): void {
    if (FORBIDDEN.test(line) || !line.isWellFormed())
      throw new RangeError("a policy must have no control characters other than tab and newline");
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== "");
    if (keyword === undefined || keyword.startsWith("#")) return;
    if (keyword === "log") this.#readLog(items);
    else if (keyword === "witness") this.#readWitness(items);
    else if (keyword === "group") this.#readGroup(items);
    else if (keyword === "quorum") this.#readQuorum(items);
    else throw new RangeError(`a line must start with log, witness, group or quorum, got ${quote(keyword)}`);
  }

  policy(): Policy {
    if (this.#quorum === undefined)
      throw new PolicyError(null, "a policy must have one quorum line, and has none");
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #readLog([vkey, url, ...more]: string[]): void {
    if (vkey === undefined || more.length > 0) throw new RangeError("must be: log <vkey> [<url>]");
    const key = this.#readKey("log", vkey, ED25519);
    this.#logs.push({ key, ...(url === undefined ? {} : { url }) });
  }

  #readWitness([name, vkey, url, ...more]: string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0)
      throw new RangeError("must be: witness <name> <vkey> [<url>]");
    const key = this.#readKey("witness", vkey, COSIGNATURE_V1);
    this.#define(name);
    this.#witnesses.push({ name, key, ...(url === undefined ? {} : { url }) });
  }

  #readGroup([name, threshold, ...members]: string[]): void {
    if (name === undefined || threshold === undefined || members.length === 0)
      throw new RangeError("must be: group <name> all|any|<k> <name>...");
    for (const member of members) {
      if (!this.#names.has(member))
        throw new RangeError(`${quote(member)} must be a witness or group of an earlier line`);
      // Each witness counts only once (C2SP tlog-policy, "Defining a witness group").
      if (this.#members.has(member)) throw new RangeError(`${quote(member)} is already a member of a group`);
      this.#members.add(member);
    }
    this.#define(name);
    this.#groups.push({ name, threshold: readThreshold(threshold, members.length), members });
  }

  #readQuorum([name, ...more]: string[]): void {
    if (name === undefined || more.length > 0) throw new RangeError("must be: quorum <name>|none");
    if (this.#quorum !== undefined)
      throw new RangeError("a policy must have one quorum line, and this is a second");
    if (name !== NOBODY && !this.#names.has(name))
      throw new RangeError(`${quote(name)} must be a witness or group of an earlier line`);
    this.#quorum = name === NOBODY ? null : name;
  }

  #readKey(what: "log" | "witness", vkey: string, type: SignatureType): VerifierKey {
    const key = parseVerifierKey(vkey);
    if (key.type !== type) throw new RangeError(`a ${what}'s key must be of type ${type}, got ${key.type}`);
    // Two names for one key would let it count twice.
    const identity = `${what} ${key.publicKey.join(" ")}`;
    if (this.#keys.has(identity))
      throw new RangeError(`a ${what} with the key of ${key.name} is already listed`);
    this.#keys.add(identity);
    return key;
  }

  #define(name: string): void {
    if (name === NOBODY) throw new RangeError(`${NOBODY} must not be the name of a witness or group`);
    if (this.#names.has(name)) throw new RangeError(`the name ${quote(name)} is already used`);
    this.#names.add(name);
  }
}

function readThreshold(text: string, members: number): number {
  if (text === "all") return members;
  if (text === "any") return 1;
  const threshold = parseInteger(text, "a group's threshold");
  if (threshold < 1 || threshold > members)
    throw new RangeError(`a group's threshold must be all, any or 1 to ${members}, got ${text}`);
  return threshold;
}

function spellThreshold(threshold: number, members: readonly string[]): string {
  if (threshold === members.length) return "all";
  return threshold === 1 ? "any" : String(threshold);
}

/** A space or newline in a name would change the policy. */
function requireTokens({ logs, witnesses, groups, quorum }: Policy): void {
  if (quorum === NOBODY) throw new PolicyError(null, `${NOBODY} must not be the name of a witness or group`);
  const items = [
    ...[...logs, ...witnesses].map(({ url }) => url),
    ...[...witnesses, ...groups].map(({ name }) => name),
    ...groups.flatMap(({ members }) => members),
  ];
  for (const item of items)
    if (item !== undefined && !(TOKEN.test(item) && item.isWellFormed()))
      throw new PolicyError(
        null,
        `names and URLs must have no space or control character, got ${quote(item)}`,
      );
}

function quote(text: string): string {
  return JSON.stringify(text);
}
