import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreRefused } from "../../store/binding.ts";

/**
 * The files beside the database: the secrets, which the database must never contain, and the last checkpoint, which
 * reveals an old copy of the database.
 *
 *     keys/epoch-000.key   32-byte secret of code epoch 0, hex
 *     keys/log.key         the log's signing key, in the Go notation PRIVATE+KEY+…; during a change of the key two
 *                          lines, the newest last
 *     keys/operator.key    the operator's API key, as the first start made it
 *     keys/api-keys.key    32-byte secret from which secrets of API keys are derived, hex
 *     checkpoint           the last signed checkpoint
 *     first-start          present while the first start makes the keys and the database
 *     restoring/           present during a restore: a whole data folder, moved up once it is verified
 */
export class DataFolder {
  readonly path: string;
  private readonly keys: string;
  private readonly firstStartFile: string;

  constructor(path: string) {
    this.path = path;
    this.keys = join(path, "keys");
    this.firstStartFile = join(path, "first-start");
    mkdirSync(this.keys, { recursive: true, mode: 0o700 });
  }

  epochSecret(epoch: number): string | undefined {
    return this.read(this.keyFile(`epoch-${String(epoch).padStart(3, "0")}.key`));
  }

  /** Numbers of the epochs that have a secret here, in order. */
  epochs(): number[] {
    return Object.keys(this.secrets()).flatMap(
      (name) => /^epoch-(\d{3})/.exec(name)?.slice(1).map(Number) ?? [],
    );
  }

  addEpochSecret(epoch: number, hex: string): void {
    this.addKey(`epoch-${String(epoch).padStart(3, "0")}.key`, hex);
  }

  /** Newest last; empty where the file is missing. */
  logKeys(): string[] {
    return this.read(this.keyFile("log.key"))?.split("\n") ?? [];
  }

  addLogKey(skey: string): void {
    this.addKey("log.key", skey);
  }

  /** Replaces the log's keys, newest last. The caller makes sure that nothing needs a key that is removed. */
  replaceLogKeys(skeys: readonly string[]): void {
    this.writeKey("log.key", skeys.join("\n"));
  }

  apiKeySecret(): string | undefined {
    return this.read(this.keyFile("api-keys.key"));
  }

  addApiKeySecret(hex: string): void {
    this.addKey("api-keys.key", hex);
  }

  /** Every secret, by file name. */
  secrets(): Record<string, string> {
    const names = readdirSync(this.keys).filter((name) => isKeyFileName(name));
    return Object.fromEntries(names.sort().map((name) => [name, readFileSync(this.keyFile(name), "utf8")]));
  }

  /** Adds secrets in the form that `secrets` returns. */
  addSecrets(secrets: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(secrets)) this.addKey(name, text.trimEnd());
  }

  addOperatorKey(key: string): void {
    // An interrupted first start showed its key to nobody.
    if (this.inFirstStart) rmSync(this.keyFile("operator.key"), { force: true });
    this.addKey("operator.key", key);
  }

  /** True from `startFirst` to `firstStarted`, also after an interrupted first start. */
  get inFirstStart(): boolean {
    return existsSync(this.firstStartFile);
  }

  /** Marks the first start, which makes the secrets before the database. Keys without a database are then no loss. */
  startFirst(): void {
    writeFileSync(this.firstStartFile, "", { mode: 0o600, flush: true });
  }

  /** Marks the end of the first start. */
  firstStarted(): void {
    rmSync(this.firstStartFile, { force: true });
  }

  /** True where a first start was completed here, even if the database is missing now. */
  get used(): boolean {
    return (
      !this.inFirstStart && (existsSync(this.keyFile("operator.key")) || this.checkpoint() !== undefined)
    );
  }

  keyFile(name: string): string {
    return join(this.keys, name);
  }

  checkpoint(): string | undefined {
    const file = join(this.path, "checkpoint");
    if (!existsSync(file)) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw new StoreRefused(`the last checkpoint, ${file}, cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Writes a new file and renames it, so a crash leaves the old one or the new one. Durable when it resolves. */
  async writeCheckpoint(note: string): Promise<void> {
    const file = join(this.path, "checkpoint");
    // A rename can reach the disk before the file itself: after a power cut the file would be empty.
    await writeFile(`${file}.new`, note, { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
    const folder = await open(this.path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** The same, synchronously, for a start. @throws StoreRefused where it cannot be written */
  putCheckpoint(note: string): void {
    const file = join(this.path, "checkpoint");
    if (this.checkpoint() === note) return;
    try {
      writeFileSync(`${file}.new`, note, { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      flushFolder(this.path);
    } catch (error) {
      throw new StoreRefused(`the last checkpoint, ${file}, cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  private addKey(name: string, text: string): void {
    const file = this.keyFile(name);
    if (existsSync(file)) throw new StoreRefused(`${file} exists already; it is never overwritten`);
    this.writeKey(name, text);
  }

  private writeKey(name: string, text: string): void {
    const file = this.keyFile(name);
    writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
    chmodSync(`${file}.new`, 0o600);
    renameSync(`${file}.new`, file);
    flushFolder(this.keys);
  }

  private read(file: string): string | undefined {
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }
}

const KEY_FILE = /^(?:epoch-[0-9]{3}|log|operator|api-keys)\.key$/;

/** Whether a name is one of the files of `keys/`. */
export function isKeyFileName(name: string): boolean {
  return KEY_FILE.test(name);
}

/** Flushes a folder to disk: a rename is durable only after that. */
export function flushFolder(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** The folder in which a restore prepares a data folder. It lies inside that folder, so both are on one disk. */
export function restoringFolder(path: string): string {
  return join(path, "restoring");
}
