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
 * The files beside the database: secrets that it must never hold, and the last checkpoint, which tells when an old
 * copy of the database was put back.
 *
 *     keys/epoch-000.key   32-byte secret of code epoch 0, hex
 *     keys/log.key         the log's signing key, in the Go notation PRIVATE+KEY+…; while it is being changed, two
 *                          lines, the newest last
 *     keys/operator.key    the operator's API key, as made at the first start
 *     checkpoint           the last signed checkpoint
 *     first-start          there while the first start makes the keys and the database
 *     restoring/           there while a restore is under way: a data folder of its own, brought here when it is proven
 */
export class DataFolder {
  readonly path: string;
  private readonly keys: string;
  private readonly beginningFile: string;

  constructor(path: string) {
    this.path = path;
    this.keys = join(path, "keys");
    this.beginningFile = join(path, "first-start");
    mkdirSync(this.keys, { recursive: true, mode: 0o700 });
  }

  epochSecret(epoch: number): string | undefined {
    return this.read(this.keyFile(`epoch-${String(epoch).padStart(3, "0")}.key`));
  }

  /** Numbers of the epochs whose secrets are there, in order. */
  epochs(): number[] {
    return Object.keys(this.secrets()).flatMap(
      (name) => /^epoch-(\d{3})/.exec(name)?.slice(1).map(Number) ?? [],
    );
  }

  addEpochSecret(epoch: number, hex: string): void {
    this.addKey(`epoch-${String(epoch).padStart(3, "0")}.key`, hex);
  }

  /** Newest last; none where the key is not there. */
  logKeys(): string[] {
    return this.read(this.keyFile("log.key"))?.split("\n") ?? [];
  }

  addLogKey(skey: string): void {
    this.addKey("log.key", skey);
  }

  /** The log goes on with these keys, newest last: whoever takes one away must be sure that nothing needs it. */
  replaceLogKeys(skeys: readonly string[]): void {
    this.writeKey("log.key", skeys.join("\n"));
  }

  /** Every secret there is, by its file's name. */
  secrets(): Record<string, string> {
    const names = readdirSync(this.keys).filter((name) => isKeyFileName(name));
    return Object.fromEntries(names.sort().map((name) => [name, readFileSync(this.keyFile(name), "utf8")]));
  }

  /** Puts secrets back, as `secrets` gave them. */
  addSecrets(secrets: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(secrets)) this.addKey(name, text.trimEnd());
  }

  addOperatorKey(key: string): void {
    // A first start that was cut off has shown its key to nobody.
    if (this.beginning) rmSync(this.keyFile("operator.key"), { force: true });
    this.addKey("operator.key", key);
  }

  /** True from `begin` to `begun`, also where a first start was cut off between them. */
  get beginning(): boolean {
    return existsSync(this.beginningFile);
  }

  /** Notes that the first start makes its secrets now: keys without a database are then no database lost. */
  begin(): void {
    writeFileSync(this.beginningFile, "", { flush: true });
  }

  begun(): void {
    rmSync(this.beginningFile, { force: true });
  }

  /** True where a first start was completed here, whatever became of its database. */
  get used(): boolean {
    return !this.beginning && (existsSync(this.keyFile("operator.key")) || this.checkpoint() !== undefined);
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

  /** Written aside and renamed, so that a crash leaves the old one or the new one; on the disk when it resolves. */
  async writeCheckpoint(note: string): Promise<void> {
    const file = join(this.path, "checkpoint");
    // A rename can reach the disk before what it renames: after a power cut the file would be empty.
    await writeFile(`${file}.new`, note, { flush: true });
    await rename(`${file}.new`, file);
    const folder = await open(this.path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** The same at a start, where nothing else is to be done meanwhile. @throws StoreRefused where it cannot be written */
  putCheckpoint(note: string): void {
    const file = join(this.path, "checkpoint");
    if (this.checkpoint() === note) return;
    try {
      writeFileSync(`${file}.new`, note, { flush: true });
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

const KEY_FILE = /^(?:epoch-[0-9]{3}|log|operator)\.key$/;

/** Whether a name is that of a file of the folder `keys/`. */
export function isKeyFileName(name: string): boolean {
  return KEY_FILE.test(name);
}

/** A rename is on disk only once its folder is. */
export function flushFolder(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** Where a restore makes a data folder ready, inside the one that it is for: the same disk, also where that is a mount. */
export function restoringFolder(path: string): string {
  return join(path, "restoring");
}
