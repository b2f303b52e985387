import { bytesToHex } from "@noble/hashes/utils.js";
import { encodeBase64 } from "./base64.ts";
import { chainTag } from "./chain.ts";
import { decodeEntry, type LogEntry } from "./entry.ts";
import { nobleSha256, type Sha256 } from "./merkle.ts";
import { type Cosigned, openCosigned, type Policy, quorumShortfall } from "./policy.ts";
import { ProofError, verifyConsistency } from "./proof.ts";
import { TILE_WIDTH } from "./tile.ts";
import { type SignedTree, TileError, type TileFetcher, TileReader } from "./tile-reader.ts";

/** The last place of a chain, and the log index of the entry that has it. */
export interface ChainHead {
  n: number;
  index: number;
}

/** A monitor's verified state of a log. */
export interface Monitored {
  size: number;
  root: Uint8Array;
  /** The newest checkpoint, a signed note, verbatim. */
  checkpoint: string;
  /** By chain tag, hex. */
  heads: Map<string, ChainHead>;
}

/**
 * The fault of a log. `signature`: not signed by its key, or not a checkpoint of this log. `quorum`: without the
 * cosignatures that the policy requires. `fork`: another root for the same size. `rollback`: a smaller size.
 * `rewritten`: an earlier tree is not a prefix of the new one. `tile`, `entry`: the served data is not the signed
 * data. `chain`: a place is missing, doubled or out of order.
 */
export type Fault = "signature" | "quorum" | "fork" | "rollback" | "rewritten" | "tile" | "entry" | "chain";

export interface Finding {
  fault: Fault;
  at: string;
  expected: string;
  found: string;
}

/** The log failed the check. Discard the new state. */
export class MonitoringError extends Error {
  readonly findings: readonly Finding[];
  /** The refused checkpoint, verbatim: together with the kept one it is the evidence. */
  readonly checkpoint: string;

  constructor(findings: readonly Finding[], checkpoint: string, options?: ErrorOptions) {
    const [first] = findings;
    super(`${first?.fault} at ${first?.at}: expected ${first?.expected}, found ${first?.found}`, options);
    this.name = "MonitoringError";
    this.findings = findings;
    this.checkpoint = checkpoint;
  }
}

/** Most chain breaks that are listed. */
const MAX_BREAKS = 100;
/** Bundles fetched ahead of the one being read. */
const AHEAD = 8;

export interface MonitorRound {
  /** The trusted keys and quorum; all logs in it must be keys of one log. */
  policy: Policy;
  /** The result of the last round; absent in the first round, which reads the whole log. */
  kept?: Monitored | undefined;
  /** Another tree that the log must continue, such as that of a bundle's checkpoint. */
  shown?: SignedTree | undefined;
  /** The checkpoint as it was fetched. */
  checkpoint: string;
  fetch: TileFetcher;
  sha?: Sha256;
  /** Called with the number of entries read, and of entries to read. */
  progress?: (done: number, total: number) => void;
  /** Called for every chain place that is read, in log order: the chain's tag in hex, and its place. */
  watch?: (tag: string, place: ChainHead) => void;
}

/**
 * Checks a log once: the checkpoint is signed and continues the kept and the shown tree, every new entry is the
 * signed one, and the places of each chain run 0, 1, 2, … without gap, duplicate or disorder. Does not change `kept`.
 * @throws MonitoringError if the log fails
 */
export async function monitorRound(round: MonitorRound): Promise<Monitored> {
  const { policy, kept, shown, checkpoint, fetch, sha = nobleSha256 } = round;
  const earlier = [kept, shown].filter((tree) => tree !== undefined);
  try {
    const { size, root } = signedTree(checkpoint, policy);
    for (const tree of earlier) refuse(compareTrees(tree, { size, root }), checkpoint);
    const reader = new TileReader({ size, root }, fetch, sha);
    await reader.checkRoot();
    for (const tree of earlier) if (tree.size > 0) await proveGrowth(tree, reader, sha);
    const follower = new ChainFollower(kept?.heads, round.watch);
    await followEntries(reader, kept?.size ?? 0, follower, round.progress);
    refuse(follower.breaks, checkpoint);
    return { size, root, checkpoint, heads: follower.heads };
  } catch (error) {
    const finding = findingOf(error);
    if (finding === undefined) throw error;
    throw new MonitoringError([finding], checkpoint, { cause: error });
  }
}

/** The number of records of a chain; 0 if the log has no such chain. */
export function chainLength(
  { heads }: Pick<Monitored, "heads">,
  name: string,
  sha: Sha256 = nobleSha256,
): number {
  const head = heads.get(bytesToHex(chainTag(name, sha)));
  return head === undefined ? 0 : head.n + 1;
}

/** Follows chains through a log's entries, given in order. */
export class ChainFollower {
  readonly heads: Map<string, ChainHead>;
  /** At most 100 are listed. */
  readonly breaks: Finding[] = [];
  readonly #watch: MonitorRound["watch"];

  /** Copies the given heads. */
  constructor(heads: ReadonlyMap<string, ChainHead> = new Map(), watch?: MonitorRound["watch"]) {
    this.heads = new Map(heads);
    this.#watch = watch;
  }

  follow(index: number, entry: LogEntry): void {
    for (const { tag, n } of entry.chains) {
      const chain = bytesToHex(tag);
      this.#watch?.(chain, { n, index });
      const head = this.heads.get(chain);
      const expected = head === undefined ? 0 : head.n + 1;
      if (n !== expected && this.breaks.length < MAX_BREAKS)
        this.breaks.push({
          fault: "chain",
          at: `entry ${index}, chain ${chain}`,
          expected: `place ${expected}${head === undefined ? "" : `, after place ${head.n} in entry ${head.index}`}`,
          found: `place ${n}`,
        });
      // A gap moves the head forward; a duplicate place does not move it back.
      if (n >= expected) this.heads.set(chain, { n, index });
    }
  }
}

async function followEntries(
  reader: TileReader,
  from: number,
  follower: ChainFollower,
  progress: MonitorRound["progress"],
): Promise<void> {
  const { size } = reader.tree;
  const bundles = Math.ceil(size / TILE_WIDTH);
  const ahead: Promise<Uint8Array[]>[] = [];
  let next = Math.floor(from / TILE_WIDTH);
  for (let index = from; index < size;) {
    while (ahead.length < AHEAD && next < bundles) {
      const bundle = reader.entries(next++);
      // The loop awaits it later; until then this handles a rejection.
      bundle.catch(() => undefined);
      ahead.push(bundle);
    }
    const entries = (await ahead.shift())!;
    for (const entry of entries.slice(index % TILE_WIDTH)) {
      follower.follow(index, decoded(entry, index));
      index += 1;
    }
    progress?.(index - from, size - from);
  }
}

function signedTree(checkpoint: string, policy: Policy): SignedTree {
  let opened: Cosigned;
  try {
    opened = openCosigned(policy, checkpoint);
  } catch (error) {
    const found = (error as Error).message;
    const keys = policy.logs.map(({ key }) => `${key.name}+${key.keyId}`);
    const finding = { at: "checkpoint", expected: `a checkpoint signed by ${keys.join(" or ")}`, found };
    throw new MonitoringError([{ fault: "signature", ...finding }], checkpoint, { cause: error });
  }
  if (!opened.satisfied) refuse([shortOfQuorum(policy, opened)], checkpoint);
  return opened.checkpoint;
}

function shortOfQuorum(policy: Policy, { cosigned }: Cosigned): Finding {
  const names = cosigned.map(({ name }) => name);
  return {
    fault: "quorum",
    at: "checkpoint",
    expected: `cosigned by ${policy.quorum}: ${quorumShortfall(policy, new Set(names)).join("; ")}`,
    found: `cosigned by ${names.join(", ") || "none of its witnesses"}`,
  };
}

function decoded(entry: Uint8Array, index: number): LogEntry {
  try {
    return decodeEntry(entry);
  } catch (error) {
    throw new TileError("entry", `entry ${index}`, "a log entry of Suyuan", (error as Error).message);
  }
}

function compareTrees(kept: SignedTree, found: SignedTree): Finding[] {
  const expected = `${kept.size} records, root ${encodeBase64(kept.root)}`;
  const seen = `${found.size} records, root ${encodeBase64(found.root)}`;
  if (found.size < kept.size)
    return [{ fault: "rollback", at: "checkpoint", expected: `at least ${expected}`, found: seen }];
  if (found.size === kept.size && encodeBase64(found.root) !== encodeBase64(kept.root))
    return [{ fault: "fork", at: "checkpoint", expected, found: seen }];
  return [];
}

async function proveGrowth(kept: SignedTree, reader: TileReader, sha: Sha256): Promise<void> {
  const { size, root } = reader.tree;
  const proof = await reader.consistencyProof(kept.size);
  verifyConsistency({ oldSize: kept.size, oldRoot: kept.root, newSize: size, newRoot: root, proof }, sha);
}

function refuse(findings: readonly Finding[], checkpoint: string): void {
  if (findings.length > 0) throw new MonitoringError(findings, checkpoint);
}

/**
 * The finding behind an error; undefined for an error that does not concern the log's content, such as a failed
 * fetch.
 */
function findingOf(error: unknown): Finding | undefined {
  if (error instanceof TileError) {
    const { fault, at, expected, found } = error;
    return { fault, at, expected, found };
  }
  if (!(error instanceof ProofError)) return undefined;
  return {
    fault: "rewritten",
    at: "checkpoint",
    expected: "a tree that continues the previous one",
    found: error.message,
  };
}
