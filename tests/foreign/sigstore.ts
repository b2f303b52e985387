// Verifies the receipt of a record with Sigstore's own verifier, which knows nothing of Suyuan.
//
//	node tests/foreign/sigstore.ts SERVICE INDEX VKEY
//
// It fetches the receipt and the record's log entry, and lets @sigstore/verify check the checkpoint's signature under VKEY
// (one a line: a log that is changing its key has two) and the entry's inclusion in the tree that the checkpoint signs.
import { createPublicKey, type KeyObject } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
// Not part of the package's promised interface: its version is pinned.
const { verifyCheckpoint } = require("@sigstore/verify/dist/tlog/checkpoint") as {
  verifyCheckpoint: (entry: object, logs: object[]) => object;
};
const { verifyMerkleInclusion } = require("@sigstore/verify/dist/tlog/merkle") as {
  verifyMerkleInclusion: (entry: object, checkpoint: object) => void;
};

/** SubjectPublicKeyInfo of an Ed25519 key, up to the key itself (RFC 8410). */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");
const BUNDLE = 256;

async function get(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The entry at an index of a log of `size`, from its bundle: each after its length in two bytes. */
async function entryAt(service: string, index: number, size: number): Promise<Buffer> {
  const n = Math.floor(index / BUNDLE);
  const width = Math.min(BUNDLE, size - n * BUNDLE);
  const groups = String(n)
    .padStart(Math.ceil(String(n).length / 3) * 3, "0")
    .match(/\d{3}/g) as string[];
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  let bundle = await get(`${service}/log/tile/entries/${path}${width < BUNDLE ? `.p/${width}` : ""}`);
  for (let skipped = 0; skipped < index % BUNDLE; skipped++)
    bundle = bundle.subarray(2 + bundle.readUInt16BE());
  return bundle.subarray(2, 2 + bundle.readUInt16BE());
}

/** A log's key as Sigstore's trusted root has it. */
function trusted(vkey: string): { logID: Buffer; baseURL: string; publicKey: KeyObject } {
  const [, origin = "", keyId = "", key = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const der = Buffer.concat([ED25519_SPKI, Buffer.from(key, "base64").subarray(1)]);
  return {
    logID: Buffer.from(keyId, "hex"),
    baseURL: `https://${origin}`,
    publicKey: createPublicKey({ key: der, format: "der", type: "spki" }),
  };
}

async function verify(service: string, index: number, vkeys: string[]): Promise<string> {
  const receipt = (await get(`${service}/v1/records/${index}/receipt`)).toString();
  const blank = receipt.indexOf("\n\n");
  const [, place = "", ...hashes] = receipt.slice(0, blank).split("\n");
  const envelope = receipt.slice(blank + 2);
  const [origin, sizeText] = envelope.split("\n");
  const size = Number(sizeText);
  // Sigstore compares the key's name with the signature's alone.
  if (!vkeys.some((vkey) => vkey.startsWith(`${origin}+`))) throw new Error(`a checkpoint of ${origin}`);
  const entry = {
    canonicalizedBody: await entryAt(service, index, size),
    inclusionProof: {
      logIndex: place.replace(/^index /, ""),
      hashes: hashes.map((hash) => Buffer.from(hash, "base64")),
      checkpoint: { envelope },
    },
  };
  if (entry.inclusionProof.logIndex !== String(index)) throw new Error("a receipt of another record");
  verifyMerkleInclusion(entry, verifyCheckpoint(entry, vkeys.map(trusted)));
  return `OK record ${index} of ${origin}, at ${size} records`;
}

const [service = "", index = "", vkey = ""] = process.argv.slice(2);
try {
  console.log(await verify(service.replace(/\/$/, ""), Number(index), vkey.trim().split(/\s+/)));
} catch (error) {
  console.log(`FAIL: ${(error as Error).message}`);
  process.exitCode = 1;
}
