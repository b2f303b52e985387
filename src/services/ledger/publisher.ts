import { consistencyProof } from "../../core/ledger/merkle.ts";
import { verifyCosignature } from "../../core/ledger/cosignature.ts";
import { parseInteger } from "../../core/ledger/checkpoint.ts";
import { appendSignatures, parseNote } from "../../core/ledger/note.ts";
import type { NoteSignature } from "../../core/ledger/note-signature.ts";
import { type Policy, quorumMet } from "../../core/ledger/policy.ts";
import { formatAddCheckpoint } from "../../core/ledger/witness.ts";
import type { StoredCheckpoint } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import type { Platform } from "../../platform.ts";
import { Problem } from "../problem.ts";
import type { Integrity } from "../integrity.ts";
import { checkedConsistencyProof } from "./checked-proof.ts";
import { subtreeHash } from "./log.ts";
import type { Writer } from "./writer.ts";

/** The witnesses of the log, and how publishing depends on them. */
export interface Witnessing {
  /** Witnesses with their addresses, groups and quorum. */
  policy: Policy;
  /** How long one witness has to answer. */
  timeoutMs: number;
  /** Least time between the starts of two rounds of submission. */
  everyMs: number;
  /**
   * Without a quorum: `go-on` publishes with the cosignatures received; `stop` publishes nothing newer, and after
   * `graceMs` refuses records too.
   */
  withoutQuorum: "go-on" | "stop";
  graceMs: number;
}

/** The state of a witness. */
export interface WitnessStanding {
  name: string;
  /** Size of the newest tree that it cosigned for this process; null before the first. */
  cosignedSize: number | null;
  /** Why its last answer was no cosignature; null after a cosignature. */
  problem: string | null;
}

type Witness = Policy["witnesses"][number];

interface Needs {
  store: Store;
  platform: Pick<Platform, "now" | "sha256">;
  writer: Pick<Writer, "submit">;
  integrity: Integrity;
  /** Reports once to the operator that a witness failed, or that it answers again. */
  notify: (message: string) => void;
}

/** Pauses before a round without a quorum is repeated. */
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000];
/** Further cosignatures are awaited this long once the quorum is reached. */
const STRAGGLERS_MS = 200;
const MAX_ANSWER_BYTES = 16_384;

/**
 * Publishes the log's checkpoints. Without witnesses each is published as it is committed. With them (C2SP
 * tlog-witness) the newest is submitted to all at once, at most one round at a time. Their cosignatures are verified and
 * stored with it before it is served.
 */
export class Publisher {
  private readonly needs: Needs;
  private readonly witnessing: Witnessing | undefined;
  private readonly standings = new Map<string, WitnessStanding>();
  /** The last known tree size of each witness: a consistency proof starts there. */
  private readonly sizes = new Map<string, number>();
  private readonly stopping = new AbortController();
  private waiting: { size: number; settle: () => void }[] = [];
  private round: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The newest checkpoint that is durable, in the database and outside it: nothing newer is published. */
  private newest: StoredCheckpoint;
  /** The newest checkpoint that witnesses cosigned, durable with their signatures; it may be older than `newest`. */
  private cosigned: StoredCheckpoint | undefined;
  /** Shown until the first round ends: a newer one would be taken back by the round's, which is of its start. */
  private readonly atStart: StoredCheckpoint;
  private roundStartedMs = -Infinity;
  private failures = 0;
  /** When the newest checkpoint first missed its quorum. */
  private unmetSinceMs: number | undefined;

  constructor(needs: Needs, witnessing: Witnessing | undefined) {
    this.needs = needs;
    this.witnessing = witnessing;
    for (const { name } of witnessing?.policy.witnesses ?? [])
      this.standings.set(name, { name, cosignedSize: null, problem: null });
    // A checkpoint published without witnesses may be newer than the last cosigned one, which must not be served again.
    const { ledger } = needs.store;
    const newest = ledger.checkpoint();
    if (newest === undefined) throw new RangeError("the log has no checkpoint");
    this.newest = newest;
    this.atStart = newest;
    this.cosigned = witnessing && ledger.published();
    if (witnessing === undefined && ledger.published() !== undefined)
      needs.store.transact(() => ledger.dropPublished());
  }

  /** The policy that outsiders verify with: witnesses, groups and quorum; undefined without witnesses. */
  get policy(): Policy | undefined {
    return this.witnessing?.policy;
  }

  /** Size of the newest durable checkpoint, published or not. */
  get newestSize(): number {
    return this.newest.size;
  }

  get witnesses(): WitnessStanding[] {
    return [...this.standings.values()];
  }

  /**
   * The newest published checkpoint.
   * @throws Problem unavailable where witnesses are required and none was cosigned yet
   */
  published(): StoredCheckpoint {
    if (this.witnessing === undefined) return this.newest;
    if (this.cosigned) return this.cosigned;
    if (this.witnessing.withoutQuorum === "stop") throw notWitnessed("no checkpoint was cosigned yet");
    return this.atStart;
  }

  /**
   * A published checkpoint of at least `size` records: waits for the witnesses where there is none yet.
   * @throws Problem unavailable where they do not cosign it in time
   */
  async covering(size: number): Promise<StoredCheckpoint> {
    // Rows that are not acknowledged yet are durable once the next group is.
    if (this.newest.size < size) await this.needs.writer.submit(() => undefined);
    if (this.witnessing === undefined) return this.published();
    // A round in progress may have a smaller tree: the next one covers the size.
    for (let rounds = 0; rounds < 2 && (this.cosigned?.size ?? 0) < size; rounds++) {
      await new Promise<void>((settle) => {
        this.waiting.push({ size, settle });
        this.schedule();
      });
    }
    const published = this.published();
    if (published.size < size) throw notWitnessed(`the checkpoint of ${size} records has no quorum yet`);
    return published;
  }

  /** Submits the newest checkpoint: the last process may have stopped before it did. */
  start(): void {
    if (this.witnessing !== undefined) this.schedule();
  }

  /** Call after every commit: publishes the new checkpoint. */
  committed(checkpoint: StoredCheckpoint): void {
    this.newest = checkpoint;
    if (this.witnessing !== undefined) this.schedule();
  }

  /** @throws Problem unavailable where records are refused because too few witnesses cosign */
  requireWitnessed(): void {
    const refusal = this.refusal();
    if (refusal !== undefined) throw notWitnessed(refusal);
  }

  /** Why records are refused now; undefined where they are taken. */
  refusal(): string | undefined {
    if (this.witnessing?.withoutQuorum !== "stop" || this.unmetSinceMs === undefined) return undefined;
    const unmetMs = this.needs.platform.now() - this.unmetSinceMs;
    if (unmetMs <= this.witnessing.graceMs) return undefined;
    return `no quorum of witnesses for ${Math.round(unmetMs / 1000)} seconds: records wait`;
  }

  /** Stops; the next start submits what is not cosigned yet. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.round;
    this.settle();
  }

  /** Starts a round as soon as the last one is over and `everyMs` has passed. */
  private schedule(delayMs = 0): void {
    if (this.witnessing === undefined || this.stopping.signal.aborted) return this.settle();
    if (this.round !== undefined) return;
    const pauseMs = Math.max(delayMs, this.roundStartedMs + this.witnessing.everyMs - performance.now());
    clearTimeout(this.timer);
    const run = (): void => void (this.round = this.runRound().then((size) => this.roundOver(size)));
    this.timer = setTimeout(run, Math.max(0, pauseMs));
  }

  /** Resolves with the size of the submitted checkpoint. */
  private async runRound(): Promise<number> {
    this.roundStartedMs = performance.now();
    const { newest } = this;
    try {
      const met = await this.publish(newest);
      this.failures = met ? 0 : this.failures + 1;
      this.unmetSinceMs = met ? undefined : (this.unmetSinceMs ?? this.needs.platform.now());
    } catch (error) {
      this.failures += 1;
      this.needs.notify(`a checkpoint could not be published: ${(error as Error).message}`);
    }
    return newest.size;
  }

  private roundOver(size: number): void {
    this.round = undefined;
    this.settle();
    if (this.failures > 0) this.schedule(RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]);
    else if (!this.stopping.signal.aborted && this.newest.size !== size) this.schedule();
  }

  private settle(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { settle } of waiting) settle();
  }

  /** Runs one round; true where it reached the quorum. */
  private async publish(newest: StoredCheckpoint): Promise<boolean> {
    const { policy, withoutQuorum } = this.witnessing as Witnessing;
    const lines = await this.collect(newest);
    const met = quorumMet(policy, new Set(lines.keys()));
    if (this.stopping.signal.aborted || (!met && withoutQuorum === "stop")) return met;
    const note = appendSignatures(newest.note, [...lines.values()]);
    // A round with fewer cosignatures than the one before changes nothing.
    const before = this.cosigned;
    if (before?.size === newest.size && !met && cosignatures(before.note) >= cosignatures(note)) return met;
    await this.needs.writer.submit((tx) => tx.store.ledger.putPublished(newest.size, note));
    this.cosigned = { size: newest.size, note };
    return met;
  }

  /** The cosignature lines received, by witness. */
  private async collect(newest: StoredCheckpoint): Promise<Map<string, string>> {
    const { policy } = this.witnessing as Witnessing;
    const lines = new Map<string, string>();
    const enough = Promise.withResolvers<void>();
    const asked = policy.witnesses.map(async (witness) => {
      const line = await this.ask(witness, newest);
      if (line !== undefined) lines.set(witness.name, line);
      if (quorumMet(policy, new Set(lines.keys()))) setTimeout(enough.resolve, STRAGGLERS_MS);
    });
    await Promise.race([Promise.all(asked), enough.promise]);
    return new Map(lines);
  }

  private async ask(witness: Witness, newest: StoredCheckpoint): Promise<string | undefined> {
    const standing = this.standings.get(witness.name) as WitnessStanding;
    try {
      const line = await this.cosignedBy(witness, newest);
      if (standing.problem !== null) this.needs.notify(`witness ${witness.name} cosigns again`);
      standing.problem = null;
      standing.cosignedSize = newest.size;
      return line;
    } catch (error) {
      const problem = reasonOf(error);
      if (problem !== standing.problem && !this.stopping.signal.aborted)
        this.needs.notify(`witness ${witness.name}: ${problem}`);
      standing.problem = problem;
      return undefined;
    }
  }

  /** Submits once, and again from the size that the witness reports. */
  private async cosignedBy(witness: Witness, { size, note }: StoredCheckpoint): Promise<string> {
    const first = await this.submit(witness, size, note);
    const answer = first.status === 409 ? await this.again(witness, size, note, first) : first;
    if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${firstLine(answer.body)}`);
    const line = cosignatureIn(answer.body, note, witness);
    this.sizes.set(witness.name, size);
    return line;
  }

  private again(witness: Witness, size: number, note: string, { mediaType, body }: Answer): Promise<Answer> {
    if (!mediaType.startsWith("text/x.tlog.size")) throw new Error(`answered 409: ${firstLine(body)}`);
    const cosignedSize = parseInteger(body.replace(/\n$/, ""), "the witness's size");
    if (cosignedSize > size)
      throw new Error(
        `it cosigned ${cosignedSize} records of this log, which has ${size}: this store is an old copy, or two are served`,
      );
    this.sizes.set(witness.name, cosignedSize);
    return this.submit(witness, size, note);
  }

  private async submit(witness: Witness, size: number, checkpoint: string): Promise<Answer> {
    const { store, platform } = this.needs;
    const oldSize = this.sizes.get(witness.name) ?? 0;
    const reader = (level: number, index: number): Uint8Array =>
      subtreeHash(store, level, index, platform.sha256);
    const prove = (): Uint8Array[] => consistencyProof(oldSize, size, reader, platform.sha256);
    const proof = oldSize === 0 ? [] : checkedConsistencyProof(this.needs, oldSize, size, checkpoint, prove);
    const response = await fetch(`${(witness.url as string).replace(/\/$/, "")}/add-checkpoint`, {
      method: "POST",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: formatAddCheckpoint({ oldSize, proof, checkpoint }),
      redirect: "error",
      signal: AbortSignal.any([
        this.stopping.signal,
        AbortSignal.timeout((this.witnessing as Witnessing).timeoutMs),
      ]),
    });
    return {
      status: response.status,
      mediaType: response.headers.get("Content-Type") ?? "",
      body: await boundedText(response),
    };
  }
}

interface Answer {
  status: number;
  mediaType: string;
  body: string;
}

/** The line of an answer that is signed by this witness and verifies; other lines are dropped. */
function cosignatureIn(body: string, note: string, { key }: Witness): string {
  const { text, signatures } = parseNote(appendSignatures(note, body.split("\n").slice(0, -1)));
  const own = ({ name, keyId }: NoteSignature): boolean => name === key.name && keyId === key.keyId;
  const found = signatures.find(
    (one) => own(one) && verifyCosignature(key.publicKey, text, one.signature) !== null,
  );
  if (found === undefined) throw new Error("its cosignature does not verify under its key");
  return found.line;
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
}

function cosignatures(note: string): number {
  return parseNote(note).signatures.length;
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return "did not answer in time";
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function notWitnessed(why: string): Problem {
  return new Problem("unavailable", `the log waits for its witnesses: ${why}`);
}
