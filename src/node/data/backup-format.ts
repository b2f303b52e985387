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
 *     suyuan.db    the database, as it was between two commits
 *     checkpoint   the signed checkpoint of all its records
 *     keys.age     the secrets, encrypted with a passphrase; absent in a backup without the secrets
 *     MANIFEST     JSON, written last: the name of the log, and the digest of every other file
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
  /** Root of the tree of these records, hex. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  files: z.partialRecord(
    z.enum([DATABASE, CHECKPOINT, KEYS]),
    z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.int().min(0) }),
  ),
});

export type Manifest = z.infer<typeof Manifest>;

/** A backup whose files have the digests in its manifest. */
export interface ProvenBackup {
  manifest: Manifest;
  database: string;
  checkpoint: string;
  /** The encrypted secrets; undefined in a backup without them. */
  keys: Uint8Array | undefined;
}

/** The path of the database in a backup. */
export function databaseIn(folder: string): string {
  return join(folder, DATABASE);
}

/** Adds the files beside the database, the manifest last, and flushes all of them to disk. */
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
 * Reads a backup. Every file must have the digest in the manifest, and there must be no further file.
 * @throws StoreRefused
 */
export async function readBackup(folder: string): Promise<ProvenBackup> {
  const manifest = readManifest(folder);
  const named = new Set<string>([MANIFEST, ...Object.keys(manifest.files)]);
  const strange = readdirSync(folder).find((name) => !named.has(name));
  if (strange !== undefined)
    throw new StoreRefused(`${join(folder, strange)} is no part of the backup: move it elsewhere`);
  for (const name of [DATABASE, CHECKPOINT] as const)
    if (manifest.files[name] === undefined)
      throw new StoreRefused(`${folder}/${MANIFEST} does not name ${name}: the backup is not whole`);
  for (const [name, expected] of Object.entries(manifest.files)) {
    const file = join(folder, name);
    if (!existsSync(file)) throw new StoreRefused(`${file} is missing: the backup is not whole`);
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
      `${folder} is no backup: it has no ${MANIFEST}. A backup that was interrupted has none and can be deleted`,
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
