import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Role } from "../../core/custody/vocabulary.ts";
import { encodeBase64Url } from "../../core/ledger/base64.ts";
import type { ApiKeyRow } from "../../store/filing.ts";
import type { Platform } from "../../platform.ts";
import { newId } from "../id.ts";

/** A new API key: the secret, shown once, and the row with its hash. */
export interface NewApiKey {
  id: string;
  secret: string;
  row(nowMs: number): Omit<ApiKeyRow, "revokedAt">;
}

const SECRET_BYTES = 24;

/** Makes a key for an organisation (`operator` for the operator). */
export function newApiKey(
  platform: Platform,
  role: Role,
  organisation: string,
  id: string | undefined,
  label: string,
): NewApiKey {
  const secret = `sy_${encodeBase64Url(platform.random(SECRET_BYTES))}`;
  const keyId = id ?? newId("key");
  const hash = bytesToHex(platform.sha256(utf8ToBytes(secret)));
  return {
    id: keyId,
    secret,
    row: (createdAt) => ({ id: keyId, hash, role, organisation, label, createdAt }),
  };
}
