import type { Role } from "../../core/custody/vocabulary.ts";
import type { Caller } from "../caller.ts";
import { newId } from "../id.ts";
import type { StoredAnswer, WriteRequest } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import { apiKeyHash, deriveSecret, newApiKey, type NewApiKey } from "./api-key.ts";
import type { NewKeyView } from "./view.ts";

/** A repeated request gets the secret again for this long, and only until the secret is first used. */
const REPEATED_FOR_MS = 24 * 3_600_000;
/** 22 characters of base64url hold 128 bits; a UUID is longer. */
const MIN_RANDOM_CHARACTERS = 22;
/** Fewer different characters are a counter or a word, not random bits. */
const MIN_DIFFERENT_CHARACTERS = 8;

/** A new key, whose secret a repetition of the same request gets again where nobody else could repeat the request. */
export function newRepeatableKey(
  service: Service,
  caller: Caller,
  { role, organisation, label }: { role: Role; organisation: string; label: string },
  once: WriteRequest | undefined,
): NewApiKey {
  const id = newId("key");
  const key = once?.idempotent?.key;
  if (key === undefined || !isRepeatable(caller, key))
    return newApiKey(service.platform, role, organisation, id, label);
  const secret = deriveSecret(service.apiKeySecret, id, key);
  return newApiKey(service.platform, role, organisation, id, label, { secret, forMs: REPEATED_FOR_MS });
}

/** The secret for an answer: of the new key, or of the key that a replayed answer names; null where it is not repeated. */
export function secretFor(
  service: Service,
  made: NewApiKey,
  { replayed }: Pick<StoredAnswer<unknown>, "replayed">,
  answered: NewKeyView,
  once: WriteRequest | undefined,
): string | null {
  if (!replayed) return made.secret;
  const row = service.store.filing.key(answered.id);
  const key = once?.idempotent?.key;
  if (key === undefined || row === undefined || row.revokedAt !== null || row.repeatableUntil === null)
    return null;
  if (service.platform.now() >= row.repeatableUntil) return null;
  const secret = deriveSecret(service.apiKeySecret, row.id, key);
  // After a restore without `keys/api-keys.key` the service derives others.
  return apiKeyHash(service.platform, secret) === row.hash ? secret : null;
}

/** A filing's body is public: without an API key, only an Idempotency-Key that nobody can guess shows who repeats it. */
function isRepeatable(caller: Caller, idempotencyKey: string): boolean {
  if (caller.role !== "anonymous") return true;
  return (
    idempotencyKey.length >= MIN_RANDOM_CHARACTERS && new Set(idempotencyKey).size >= MIN_DIFFERENT_CHARACTERS
  );
}
