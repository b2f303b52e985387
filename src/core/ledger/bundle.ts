import { decodeBase64 } from "./base64.ts";
import { parseCanonical, canonicalText } from "./canonical.ts";

/** The name and version of the format; a change of either is a new number. */
export const BUNDLE_FORMAT = "suyuan/bundle@1";

/** Largest bundle that is read, in bytes. */
const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/** A record in full, with its disclosed sealed fields. */
interface BundleRecord {
  index: number;
  /** The record's canonical JSON, byte for byte. */
  record: string;
  disclosures: string[];
}

/** A record of a shared chain outside this code's journey: only its log entry (base64), which proves that it exists. */
interface BundleEntry {
  index: number;
  entry: string;
}

/** A chain that may concern the code, and its length as the service states it. */
interface BundleChain {
  of: string;
  length: number;
}

/** A unit that the code was in; number and salt only for readers that took part. */
export interface BundleUnit {
  /** Its chain: `unit:<hex>`. */
  of: string;
  id?: string;
  /** Hex; with the id it gives the chain's name. */
  salt?: string;
}

/** All data for verifying one code's journey offline: see docs/bundle.md. */
export interface Bundle {
  format: typeof BUNDLE_FORMAT;
  origin: string;
  /** 16 characters. */
  code: string;
  batch: {
    id: string;
    position: number;
    /** Hex of the leaf's 16-byte blind. */
    blind: string;
    /** The batch's inclusion proof, base64, leaf's sibling first. */
    path: string[];
  };
  chains: BundleChain[];
  units: BundleUnit[];
  records: BundleRecord[];
  entries: BundleEntry[];
  /** One inclusion proof (base64) of all records and entries together: the subtrees without any, left to right. */
  proof: string[];
  /** The checkpoint, a signed note, verbatim. */
  checkpoint: string;
}

/** The data is not a bundle. */
class BundleError extends Error {
  override readonly name = "BundleError";
}

/** The text of a bundle: canonical JSON (RFC 8785), so that the same bundle has one spelling. */
export function formatBundle(bundle: Bundle): string {
  checkBundle(bundle);
  return canonicalText(bundle, { integersOnly: true });
}

/**
 * Reads a bundle strictly: canonical JSON, exactly the fields of the format, a trailing newline allowed.
 * @throws BundleError
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > MAX_BUNDLE_BYTES)
    throw new BundleError(`a bundle must have at most ${MAX_BUNDLE_BYTES} bytes, got ${bytes.length}`);
  const body = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  let value: unknown;
  try {
    value = parseCanonical(body, { integersOnly: true });
  } catch (error) {
    throw new BundleError(`not a bundle: ${(error as Error).message}`);
  }
  checkBundle(value);
  return value;
}

type Check = (value: unknown, path: string) => void;

const text: Check = (value, path) => {
  if (typeof value !== "string" || value === "") throw new BundleError(`${path} must be a non-empty string`);
};
const count: Check = (value, path) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new BundleError(`${path} must be a non-negative integer`);
};
const base64: Check = (value, path) => {
  text(value, path);
  try {
    decodeBase64(value as string);
  } catch {
    throw new BundleError(`${path} must be base64`);
  }
};
const hex =
  (bytes: number): Check =>
  (value, path) => {
    if (typeof value !== "string" || !new RegExp(`^[0-9a-f]{${bytes * 2}}$`).test(value))
      throw new BundleError(`${path} must be ${bytes} bytes in lower-case hex`);
  };
const list =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) throw new BundleError(`${path} must be a list`);
    value.forEach((one, i) => item(one, `${path}.${i}`));
  };
const object =
  (required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new BundleError(`${path} must be an object`);
    const fields = value as Record<string, unknown>;
    for (const [name, check] of Object.entries(required)) check(fields[name], `${path}.${name}`);
    for (const name of Object.keys(fields)) {
      if (Object.hasOwn(required, name)) continue;
      const check = Object.hasOwn(optional, name) ? optional[name] : undefined;
      if (check === undefined) throw new BundleError(`${path} has an unknown field ${name}`);
      check(fields[name], `${path}.${name}`);
    }
  };

const SHAPE = object({
  format: (value) => {
    if (value !== BUNDLE_FORMAT)
      throw new BundleError(`format must be ${BUNDLE_FORMAT}, got ${String(value)}`);
  },
  origin: text,
  code: text,
  batch: object({ id: text, position: count, blind: hex(16), path: list(base64) }),
  chains: list(object({ of: text, length: count })),
  units: list(object({ of: text }, { id: text, salt: hex(16) })),
  records: list(object({ index: count, record: text, disclosures: list(text) })),
  entries: list(object({ index: count, entry: base64 })),
  proof: list(base64),
  checkpoint: text,
});

function checkBundle(value: unknown): asserts value is Bundle {
  SHAPE(value, "bundle");
}
