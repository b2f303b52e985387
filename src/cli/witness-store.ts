import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { nodeSignerFromSeed } from "../node/ed25519.ts";
import type { Signer } from "../core/ledger/ed25519.ts";
import { parseCheckpoint } from "../core/ledger/checkpoint.ts";
import { openNote } from "../core/ledger/note.ts";
import {
  COSIGNATURE_V1,
  formatSignerKey,
  isKeyName,
  makeVerifierKey,
  parseSignerKey,
  type VerifierKey,
} from "../core/ledger/note-key.ts";
import { CommandFailed, UsageError } from "./command.ts";

/** Who the witness is. */
export interface WitnessIdentity {
  key: VerifierKey;
  signer: Signer;
}

/**
 * What a witness keeps, in a folder of its own:
 *
 *     witness.key     its signing key, in the Go notation PRIVATE+KEY+…, made at the first start
 *     logs.jsonl      for each log its origin and the last checkpoint that was cosigned, verbatim
 *
 * One process a folder: two would each cosign what the other has not seen. Whoever starts it locks the folder.
 */
export class WitnessStore {
  readonly identity: WitnessIdentity;
  private readonly folder: string;
  private readonly logs: string;
  private readonly checkpoints: Map<string, string>;
  /** POSIX time of the latest cosignature: a clock that went backwards does not take the next one with it. */
  private lastSeconds: number;

  /**
   * @param name the witness's name; needed at the first start, and later only compared
   * @throws UsageError where there is neither a key nor a name for one
   * @throws CommandFailed where what is kept is damaged, or of another witness
   */
  constructor(folder: string, name: string | undefined) {
    this.folder = folder;
    this.logs = join(folder, "logs.jsonl");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.identity = identityIn(join(folder, "witness.key"), name);
      const kept = [...readCheckpoints(this.logs, this.identity.key)];
      this.checkpoints = new Map(kept.map(([origin, { checkpoint }]) => [origin, checkpoint]));
      this.lastSeconds = Math.max(0, ...kept.map(([, { atSeconds }]) => atSeconds));
    } catch (error) {
      if (error instanceof UsageError || error instanceof CommandFailed) throw error;
      throw new CommandFailed(`${folder} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  checkpoint(origin: string): string | undefined {
    return this.checkpoints.get(origin);
  }

  /** The time of a cosignature that is made now, in seconds: never before an earlier one's. */
  timeAt(nowSeconds: number): number {
    this.lastSeconds = Math.max(this.lastSeconds, nowSeconds);
    return this.lastSeconds;
  }

  /** Durable when it returns: written aside, brought to disk, renamed, and the rename brought to disk. */
  keep(origin: string, checkpoint: string): void {
    const next = new Map(this.checkpoints).set(origin, checkpoint);
    const lines = [...next].map((log) => `${JSON.stringify({ origin: log[0], checkpoint: log[1] })}\n`);
    writeFileSync(`${this.logs}.new`, lines.join(""), { mode: 0o600, flush: true });
    renameSync(`${this.logs}.new`, this.logs);
    const handle = openSync(this.folder, "r");
    fsyncSync(handle);
    closeSync(handle);
    this.checkpoints.set(origin, checkpoint);
  }
}

function identityIn(file: string, name: string | undefined): WitnessIdentity {
  if (!existsSync(file)) {
    if (name === undefined || !isKeyName(name))
      throw new UsageError(
        name === undefined
          ? "--name is missing: the first start makes the witness's key"
          : "--name must be without spaces and plus, such as witness.example.org",
      );
    const seed = crypto.getRandomValues(new Uint8Array(32));
    writeFileSync(`${file}.new`, `${formatSignerKey({ name, seed })}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const { name: kept, seed } = parseSignerKey(readFileSync(file, "utf8").trim());
  if (name !== undefined && name !== kept)
    throw new CommandFailed(`${file} is the key of ${kept}, not ${name}`);
  const signer = nodeSignerFromSeed(seed);
  return { signer, key: makeVerifierKey(kept, COSIGNATURE_V1, signer.publicKey) };
}

/** What was cosigned, by origin. The witness's own line on each vouches for it, whatever keys its log has by now. */
function readCheckpoints(
  file: string,
  key: VerifierKey,
): Map<string, { checkpoint: string; atSeconds: number }> {
  const kept = new Map<string, { checkpoint: string; atSeconds: number }>();
  if (!existsSync(file)) return kept;
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    const { origin, checkpoint } = JSON.parse(line) as { origin: string; checkpoint: string };
    const { text, verified } = openNote(checkpoint, [key]);
    const found = parseCheckpoint(text).origin;
    if (found !== origin)
      throw new CommandFailed(`${file}: a checkpoint of ${found} is kept as one of ${origin}`);
    kept.set(origin, { checkpoint, atSeconds: verified[0]?.timeSeconds ?? 0 });
  }
  return kept;
}
