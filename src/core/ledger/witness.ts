import { bytesToHex } from "@noble/hashes/utils.js";
import {
  type Checkpoint,
  formatInteger,
  formatHash,
  parseCheckpoint,
  parseInteger,
  parseHash,
} from "./checkpoint.ts";
import { EMPTY_ROOT, nobleSha256, type Sha256 } from "./merkle.ts";
import { NoteError, openNote, type OpenedNote, parseNote } from "./note.ts";
import type { VerifierKey } from "./note-key.ts";
import { ProofError, verifyConsistency } from "./proof.ts";

/** Most hashes in a request (C2SP tlog-witness). */
const MAX_PROOF_HASHES = 63;
/** Longest request that a witness reads: a full proof has under 3 kB, a checkpoint little more. */
export const MAX_ADD_CHECKPOINT_BYTES = 65_536;

/** A log's request for a cosignature: POST add-checkpoint (C2SP tlog-witness). */
export interface AddCheckpoint {
  /** Size of the tree that the proof starts from: the last one that the witness cosigned. */
  oldSize: number;
  /** Consistency proof; empty from size 0. */
  proof: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
}

/** @throws RangeError on an invalid size, a hash that is not 32 bytes, or more than 63 hashes */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  requireProofLength(proof);
  const hashes = proof.map((hash) => `${formatHash(hash, "proof")}\n`).join("");
  return `old ${formatInteger(oldSize, "old size")}\n${hashes}\n${checkpoint}`;
}

/** The exact inverse of `formatAddCheckpoint`. Does not read the checkpoint. @throws RangeError on any other text */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const end = body.indexOf("\n\n");
  const [old = "", ...hashes] = body.slice(0, Math.max(end, 0)).split("\n");
  if (end < 0 || !old.startsWith("old "))
    throw new RangeError("add-checkpoint must be an old line, hashes, an empty line and a checkpoint");
  requireProofLength(hashes);
  return {
    oldSize: parseInteger(old.slice("old ".length), "old size"),
    proof: hashes.map((hash) => parseHash(hash, "proof")),
    checkpoint: body.slice(end + 2),
  };
}

/** A log that a witness watches: its keys, and the last checkpoint that was cosigned. */
export interface WatchedLog {
  keys: readonly VerifierKey[];
  /** A signed note, verbatim; absent before the first. */
  checkpoint?: string | undefined;
}

/**
 * A witness's decision on a request: cosign `text` and store `checkpoint` (the note with only its log's signatures),
 * or answer with a status.
 */
export type WitnessDecision = { status: 200; origin: string; text: string; checkpoint: string } | Refusal;

interface Refusal {
  status: 400 | 403 | 404 | 409 | 422;
  body: string;
  mediaType: "text/plain; charset=utf-8" | "text/x.tlog.size";
  /**
   * A checkpoint that the log signed and that is not shown to continue the cosigned one. Of the same size (409) it
   * proves a fork. Of another size (422) the history was rewritten, or the request had a wrong proof.
   */
  conflict?: { origin: string; checkpoint: string };
}

/**
 * Decides on an add-checkpoint request (C2SP tlog-witness). With status 200 the checkpoint must be durable before the
 * cosignature leaves, and nothing else of the same log may be decided in between.
 * @param watched the log of an origin, if the witness watches it
 */
export function decideAddCheckpoint(
  body: string,
  watched: (origin: string) => WatchedLog | undefined,
): WitnessDecision {
  try {
    const request = parseAddCheckpoint(body);
    const origin = originOf(request.checkpoint);
    const log = watched(origin);
    if (log === undefined) return refusal(404, "unknown log");
    return decideGrowth(request, openNote(request.checkpoint, log.keys), log);
  } catch (error) {
    // An unreadable signature line counts as one that does not verify.
    if (error instanceof NoteError) return refusal(403, error.message);
    if (error instanceof RangeError) return refusal(400, error.message);
    throw error;
  }
}

/** The name of a log at a witness's monitoring prefix: hex of its origin's SHA-256 (C2SP tlog-witness). */
export function originHash(origin: string, sha: Sha256 = nobleSha256): string {
  return bytesToHex(sha(new TextEncoder().encode(origin)));
}

function decideGrowth(
  { oldSize, proof }: AddCheckpoint,
  { text, verified }: OpenedNote,
  log: WatchedLog,
): WitnessDecision {
  const { origin, size, root } = parseCheckpoint(text);
  if (oldSize > size) return refusal(400, `old size ${oldSize} is above the checkpoint's ${size}`);
  const known = knownTree(log);
  if (oldSize !== known.size) return { status: 409, body: `${known.size}\n`, mediaType: "text/x.tlog.size" };
  // Drops lines of other keys: a sender could otherwise make the stored note too long to read.
  const checkpoint = `${text}\n${verified.map(({ line }) => `${line}\n`).join("")}`;
  const conflict = { origin, checkpoint };
  // Another root for the cosigned size is not a stale request: a retry cannot succeed.
  if (size === known.size && !sameBytes(root, known.root))
    return { ...refusal(409, `another root was cosigned for size ${size}`), conflict };
  try {
    if (oldSize > 0) verifyConsistency({ oldSize, oldRoot: known.root, newSize: size, newRoot: root, proof });
    else if (proof.length > 0) throw new ProofError("the proof from size 0 must be empty");
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return { ...refusal(422, `bad consistency proof: ${error.message}`), conflict };
  }
  return { status: 200, origin, text, checkpoint };
}

/** Before the first checkpoint a witness knows the empty tree. */
function knownTree({ checkpoint }: WatchedLog): Pick<Checkpoint, "size" | "root"> {
  if (checkpoint === undefined) return { size: 0, root: EMPTY_ROOT };
  return parseCheckpoint(parseNote(checkpoint).text);
}

/** Reads the log's name before verifying anything: the name selects the key. */
function originOf(checkpoint: string): string {
  const end = checkpoint.indexOf("\n");
  if (end < 0) throw new RangeError("a checkpoint must start with its origin");
  return checkpoint.slice(0, end);
}

function refusal(status: 400 | 403 | 404 | 409 | 422, message: string): Refusal {
  return { status, body: `${message}\n`, mediaType: "text/plain; charset=utf-8" };
}

function requireProofLength({ length }: { length: number }): void {
  if (length > MAX_PROOF_HASHES)
    throw new RangeError(`a proof must have at most ${MAX_PROOF_HASHES} hashes, got ${length}`);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
