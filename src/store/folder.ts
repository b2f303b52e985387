import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreRefused } from "./binding.ts";

/**
 * The files beside the database: secrets that it must never hold, and the last checkpoint, which tells when an old
 * copy of the database was put back.
 *
 *     keys/epoch-000.key   32-byte secret of code epoch 0, hex
 *     keys/log.key         the log's signing key, in the Go notation PRIVATE+KEY+…
 *     keys/operator.key    the operator's API key, as made at the first start
 *     checkpoint           the last signed checkpoint
 */
export class DataFolder {
  readonly path: string;
  private readonly keys: string;

  constructor(path: string) {
    this.path = path;
    this.keys = join(path, "keys");
    mkdirSync(this.keys, { recursive: true, mode: 0o700 });
  }

  epochSecret(epoch: number): string | undefined {
    return this.read(this.keyFile(`epoch-${String(epoch).padStart(3, "0")}.key`));
  }

  addEpochSecret(epoch: number, hex: string): void {
    this.addKey(`epoch-${String(epoch).padStart(3, "0")}.key`, hex);
  }

  logKey(): string | undefined {
    return this.read(this.keyFile("log.key"));
  }

  addLogKey(skey: string): void {
    this.addKey("log.key", skey);
  }

  addOperatorKey(key: string): void {
    this.addKey("operator.key", key);
  }

  keyFile(name: string): string {
    return join(this.keys, name);
  }

  checkpoint(): string | undefined {
    const file = join(this.path, "checkpoint");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  /** Written aside and renamed, so that a crash leaves the old one or the new one. */
  writeCheckpoint(note: string): void {
    const file = join(this.path, "checkpoint");
    writeFileSync(`${file}.new`, note);
    renameSync(`${file}.new`, file);
  }

  private addKey(name: string, text: string): void {
    const file = this.keyFile(name);
    if (existsSync(file)) throw new StoreRefused(`${file} exists already; it is never overwritten`);
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
    chmodSync(file, 0o600);
  }

  private read(file: string): string | undefined {
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }
}
