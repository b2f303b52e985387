import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Role } from "../../core/custody/vocabulary.ts";
import { encodeBase64Url } from "../../core/ledger/base64.ts";
import type { ApiKeyRow } from "../../store/filing.ts";
import type { Platform } from "../../platform.ts";
import { newId } from "../id.ts";

/** A new API key: the secret, and the row with its hash. */
export interface NewApiKey {
  id: string;
  secret: string;
  row(nowMs: number): Omit<ApiKeyRow, "revokedAt">;
}

/** A secret that a repeated request may get again, and how long. */
export interface RepeatableSecret {
  secret: string;
  forMs: number;
}

const SECRET_BYTES = 24;

/**
 * Makes a key for an organisation (`operator` for the operator).
 * @param repeatable of a derived secret; without it the secret is random, and only the first answer has it
 */
export function newApiKey(
  platform: Platform,
  role: Role,
  organisation: string,
  id: string | undefined,
  label: string,
  repeatable?: RepeatableSecret,
): NewApiKey {
  const secret = repeatable?.secret ?? secretOf(platform.random(SECRET_BYTES));
  const keyId = id ?? newId("key");
  const hash = apiKeyHash(platform, secret);
  return {
    id: keyId,
    secret,
    row: (createdAt) => ({
      id: keyId,
      hash,
      role,
      organisation,
      label,
      createdAt,
      repeatableUntil: repeatable === undefined ? null : createdAt + repeatable.forMs,
    }),
  };
}

/** The hash under which a secret is stored, hex. */
export function apiKeyHash({ sha256: digest }: Pick<Platform, "sha256">, secret: string): string {
  return bytesToHex(digest(utf8ToBytes(secret)));
}

/**
 * The secret of a key, derived with HKDF-SHA-256 (RFC 5869) from the service's own secret, salted with the request's
 * Idempotency-Key. A repeated request gets it again although it is not stored.
 * @param serviceSecret the 32 bytes of `keys/api-keys.key`
 */
export function deriveSecret(serviceSecret: Uint8Array, keyId: string, idempotencyKey: string): string {
  const info = utf8ToBytes(`suyuan/v1/api-key ${keyId}`);
  return secretOf(hkdf(sha256, serviceSecret, utf8ToBytes(idempotencyKey), info, SECRET_BYTES));
}

function secretOf(bytes: Uint8Array): string {
  return `sy_${encodeBase64Url(bytes)}`;
}
