import { formatCheckpoint } from "../../core/ledger/checkpoint.ts";
import { signNote } from "../../core/ledger/note.ts";
import { ED25519, makeVerifierKey, type VerifierKey } from "../../core/ledger/note-key.ts";
import type { LogIdentity } from "../../platform.ts";

/** The public keys of the log, newest last: two while a key is being changed. */
export function logKeys({ origin, signers }: LogIdentity): VerifierKey[] {
  return signers.map(({ publicKey }) => makeVerifierKey(origin, ED25519, publicKey));
}

/** The newest key, which signs every checkpoint. */
export function logKey({ identity }: { identity: LogIdentity }): VerifierKey {
  return logKeys(identity).at(-1) as VerifierKey;
}

/** The checkpoint of a tree, signed with each of the log's keys. */
export function signCheckpoint({ origin, signers }: LogIdentity, size: number, root: Uint8Array): string {
  const text = formatCheckpoint({ origin, size, root });
  return signNote(
    text,
    signers.map((signer) => ({ name: origin, signer })),
  );
}
