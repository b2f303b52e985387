import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { StoreRefused } from "../../store/binding.ts";
import { flushFolder } from "./folder.ts";

/**
 * A backup is a folder:
 *
 *     suyuan.db    the store, as it was between two commits
 *     checkpoint   the signed checkpoint of all its records
 *     keys.age     the secrets, encrypted with a passphrase; absent where they are kept apart
 *     MANIFEST     JSON, written last: what log it is of, and the digest of every other file
 */
const DATABASE = "suyuan.db";
const CHECKPOINT = "checkpoint";
const KEYS = "keys.age";
const MANIFEST = "MANIFEST";
const FORMAT = "suyuan/backup@1";

const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  origin: z.string().min(1),
  /** Records in the copy. */
  size: z.int().min(0),
  /** Of the tree of them, hex. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  files: z.partialRecord(
    z.enum([DATABASE, CHECKPOINT, KEYS]),
    z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.int().min(0) }),
  ),
});

export type Manifest = z.infer<typeof Manifest>;

/** A backup whose files are those of its manifest. */
export interface ProvenBackup {
  manifest: Manifest;
  database: string;
  checkpoint: string;
  /** The encrypted secrets; undefined where they are kept apart. */
  keys: Uint8Array | undefined;
}

/** Where a backup that is being made has its database. */
export function databaseIn(folder: string): string {
  return join(folder, DATABASE);
}

/** Adds what stands beside the database, the manifest last, and brings all of it to disk. */
export async function completeBackup(
  folder: string,
  facts: { origin: string; size: number; root: string; at: string; checkpoint: string },
  keys: Uint8Array | undefined,
): Promise<Manifest> {
  const { checkpoint, ...about } = facts;
  write(join(folder, CHECKPOINT), checkpoint);
  if (keys !== undefined) write(join(folder, KEYS), keys);
  const files: Manifest["files"] = {
    [DATABASE]: await digestOf(join(folder, DATABASE)),
    [CHECKPOINT]: await digestOf(join(folder, CHECKPOINT)),
    ...(keys === undefined ? {} : { [KEYS]: await digestOf(join(folder, KEYS)) }),
  };
  const manifest: Manifest = { format: FORMAT, ...about, files };
  write(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  flushFolder(folder);
  return manifest;
}

/**
 * Reads a backup, and proves that each file of it is the one that its manifest names, and that there is no other.
 * @throws StoreRefused
 */
export async function readBackup(folder: string): Promise<ProvenBackup> {
  const manifest = readManifest(folder);
  const named = new Set<string>([MANIFEST, ...Object.keys(manifest.files)]);
  const strange = readdirSync(folder).find((name) => !named.has(name));
  if (strange !== undefined) throw new StoreRefused(`${join(folder, strange)} is no part of the backup`);
  for (const name of [DATABASE, CHECKPOINT] as const)
    if (manifest.files[name] === undefined) throw new StoreRefused(`${folder}/${MANIFEST} names no ${name}`);
  for (const [name, expected] of Object.entries(manifest.files)) {
    const file = join(folder, name);
    if (!existsSync(file)) throw new StoreRefused(`${file} is missing`);
    const found = await digestOf(file);
    if (found.sha256 !== expected?.sha256)
      throw new StoreRefused(
        `${file} is not what was backed up: its SHA-256 is ${found.sha256} (${found.sizeBytes} bytes), ` +
          `the manifest says ${expected?.sha256} (${expected?.sizeBytes} bytes)`,
      );
  }
  return {
    manifest,
    database: join(folder, DATABASE),
    checkpoint: readFileSync(join(folder, CHECKPOINT), "utf8"),
    keys: manifest.files[KEYS] && new Uint8Array(readFileSync(join(folder, KEYS))),
  };
}

function readManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(file))
    throw new StoreRefused(
      `${folder} is no backup: it has no ${MANIFEST}, which is written last. One that was cut off may be deleted`,
    );
  try {
    return Manifest.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new StoreRefused(`${file} is no manifest of ${FORMAT}: ${reason}`, { cause: error });
  }
}

async function digestOf(file: string): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { sha256: hash.digest("hex"), sizeBytes: statSync(file).size };
}

function write(file: string, content: string | Uint8Array): void {
  const handle = openSync(file, "wx", 0o600);
  writeFileSync(handle, content);
  fsyncSync(handle);
  closeSync(handle);
}
