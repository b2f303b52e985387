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
import { nodeSignerFromSeed } from "../ledger/ed25519.node.ts";
import type { Signer } from "../ledger/ed25519.ts";
import { openCheckpoint } from "../ledger/monitoring.ts";
import {
  COSIGNATURE_V1,
  formatSignerKey,
  makeVerifierKey,
  parseSignerKey,
  type VerifierKey,
} from "../ledger/note-key.ts";
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
 * One process a folder: two would each cosign what the other has not seen.
 */
export class WitnessStore {
  readonly identity: WitnessIdentity;
  private readonly folder: string;
  private readonly logs: string;
  private readonly checkpoints: Map<string, string>;

  /**
   * @param name the witness's name; needed at the first start, and later only compared
   * @throws UsageError where there is neither a key nor a name for one
   * @throws CommandFailed where what is kept is damaged, or of another witness or log
   */
  constructor(folder: string, name: string | undefined, watched: ReadonlyMap<string, VerifierKey>) {
    this.folder = folder;
    this.logs = join(folder, "logs.jsonl");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.identity = identityIn(join(folder, "witness.key"), name);
      this.checkpoints = readCheckpoints(this.logs, watched);
    } catch (error) {
      if (error instanceof UsageError || error instanceof CommandFailed) throw error;
      throw new CommandFailed(`${folder} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  checkpoint(origin: string): string | undefined {
    return this.checkpoints.get(origin);
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
    if (name === undefined)
      throw new UsageError("--name is missing: the first start makes the witness's key");
    const seed = crypto.getRandomValues(new Uint8Array(32));
    writeFileSync(file, `${formatSignerKey({ name, seed })}\n`, { mode: 0o600, flag: "wx", flush: true });
  }
  const { name: kept, seed } = parseSignerKey(readFileSync(file, "utf8").trim());
  if (name !== undefined && name !== kept)
    throw new CommandFailed(`${file} is the key of ${kept}, not ${name}`);
  const signer = nodeSignerFromSeed(seed);
  return { signer, key: makeVerifierKey(kept, COSIGNATURE_V1, signer.publicKey) };
}

function readCheckpoints(file: string, watched: ReadonlyMap<string, VerifierKey>): Map<string, string> {
  const checkpoints = new Map<string, string>();
  if (!existsSync(file)) return checkpoints;
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    const { origin, checkpoint } = JSON.parse(line) as { origin: string; checkpoint: string };
    const key = watched.get(origin);
    // A log that is no longer watched is kept: were it watched again, its past must still bind it.
    if (key !== undefined) openCheckpoint(checkpoint, key);
    checkpoints.set(origin, checkpoint);
  }
  return checkpoints;
}
