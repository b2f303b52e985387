import { decodeBase64 } from "../../core/ledger/base64.ts";
import { isPublicKey } from "../../core/ledger/ed25519.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { organisationOf, organisationSubject, standingChains } from "./standing.ts";
import { organisationView, type OrganisationView } from "./view.ts";

/**
 * Registers the Ed25519 key for an organisation's signed statements, in place of an earlier one. Statements signed with the
 * earlier key stay valid: records say in which span of the log each key was registered.
 * @param publicKey base64 of 32 bytes
 * @throws Problem invalid_request, not_found for another organisation
 */
export async function registerSigningKey(
  service: Service,
  caller: Caller,
  id: string,
  publicKey: string,
  once?: WriteRequest,
): Promise<OrganisationView> {
  requireKey(publicKey);
  return keySet(service, caller, id, publicKey, once);
}

/**
 * Revokes an organisation's signing key: statements signed with it are refused from now on.
 * @throws Problem not_found for another organisation, conflict where no key is registered
 */
export async function revokeSigningKey(
  service: Service,
  caller: Caller,
  id: string,
  once?: WriteRequest,
): Promise<OrganisationView> {
  return keySet(service, caller, id, null, once);
}

async function keySet(
  service: Service,
  caller: Caller,
  id: string,
  key: string | null,
  once: WriteRequest | undefined,
): Promise<OrganisationView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    if (caller.organisation !== id) throw notFound("organisation", id);
    const row = organisationOf(tx.store, id);
    if (key === null && row.signingKey === null)
      throw new Problem("conflict", "no signing key is registered");
    tx.store.filing.setSigningKey(id, key);
    tx.append(
      administrationDraft(
        {
          kind: "keying",
          caller,
          atMs: tx.nowMs,
          subject: organisationSubject(row),
          chains: standingChains(row),
          public: { signingKey: key, before: row.signingKey },
        },
        service.platform,
      ),
    );
    return organisationView(service, organisationOf(tx.store, id));
  });
  return answer.value;
}

function requireKey(publicKey: string): void {
  let bytes = new Uint8Array(0);
  try {
    bytes = Uint8Array.from(decodeBase64(publicKey));
  } catch {
    // Falls through to the refusal.
  }
  if (!isPublicKey(bytes))
    throw invalid("publicKey", "is not an Ed25519 public key", "base64 of the 32 bytes of RFC 8032");
}
