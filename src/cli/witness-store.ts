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
import { fileErrorReason } from "../node/file-error.ts";
import { CommandFailed, UsageError } from "./command.ts";

/** The name and key of the witness. */
export interface WitnessIdentity {
  key: VerifierKey;
  signer: Signer;
}

/**
 * The folder of a witness:
 *
 *     witness.key     its signing key, in the Go notation PRIVATE+KEY+…, made at the first start
 *     logs.jsonl      for each log its origin and the last checkpoint that it cosigned, verbatim
 *
 * The caller locks the folder: two processes could cosign two different histories.
 */
export class WitnessStore {
  readonly identity: WitnessIdentity;
  private readonly folder: string;
  private readonly logs: string;
  private readonly checkpoints: Map<string, string>;
  /** POSIX time of the latest cosignature: later ones are never earlier, even if the clock goes backwards. */
  private lastSeconds: number;

  /**
   * @param name the witness's name: needed at the first start, only compared later
   * @throws UsageError at the first start without a name
   * @throws CommandFailed where a file is damaged, or belongs to another witness
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
      throw new CommandFailed(`the witness folder ${folder} cannot be used: ${fileErrorReason(error)}`, {
        cause: error,
      });
    }
  }

  /** The last checkpoint that it cosigned of a log. */
  checkpoint(origin: string): string | undefined {
    return this.checkpoints.get(origin);
  }

  /** The time for a new cosignature, in seconds: never before the time of an earlier one. */
  timeAt(nowSeconds: number): number {
    this.lastSeconds = Math.max(this.lastSeconds, nowSeconds);
    return this.lastSeconds;
  }

  /** Stores a cosigned checkpoint. Durable when it returns: a new file is flushed and renamed, and the folder flushed. */
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
          ? "--name is missing: the first start makes the witness's key under that name"
          : "--name must have no space and no plus, such as witness.example.org",
      );
    const seed = crypto.getRandomValues(new Uint8Array(32));
    writeFileSync(`${file}.new`, `${formatSignerKey({ name, seed })}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const { name: kept, seed } = parseSignerKey(readFileSync(file, "utf8").trim());
  if (name !== undefined && name !== kept)
    throw new CommandFailed(
      `${file} is the key of ${kept}, not of ${name}: leave out --name, or use another --data`,
    );
  const signer = nodeSignerFromSeed(seed);
  return { signer, key: makeVerifierKey(kept, COSIGNATURE_V1, signer.publicKey) };
}

/** The cosigned checkpoints, by origin. Each must have the witness's own signature, even if its log changed its key. */
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
      throw new CommandFailed(`${file} is damaged: it has a checkpoint of ${found} under the name ${origin}`);
    kept.set(origin, { checkpoint, atSeconds: verified[0]?.timeSeconds ?? 0 });
  }
  return kept;
}
