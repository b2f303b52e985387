import { digestOf, makeDisclosure, SALT_BYTES } from "../../core/ledger/disclosure.ts";
import type { PublicFields, Statement, Subject } from "../../core/ledger/record.ts";
import type { Tier } from "../../store/log.ts";
import type { Platform } from "../../platform.ts";
import type { Caller } from "../caller.ts";
import { newId } from "../id.ts";
import type { ChainPart, RecordDraft } from "./transaction.ts";

/** Fields to seal, by the tier that may see them (分级展示). */
export type SealedFields = Partial<Record<Tier, Record<string, unknown>>>;

export interface Sealed {
  /** For the statement: sorted digests. */
  digests: string[];
  /** For the store: the disclosure and tier of each field. */
  disclosures: { digest: string; tier: Tier; text: string }[];
}

/** Seals each field with its own salt (RFC 9901): the statement gets the digests, the store the disclosures. */
export function sealFields(fields: SealedFields, platform: Platform): Sealed {
  const disclosures = Object.entries(fields).flatMap(([tier, named]) =>
    Object.entries(named).map(([name, value]) => {
      const text = makeDisclosure(platform.random(SALT_BYTES), name, value);
      return { digest: digestOf(text), tier: tier as Tier, text };
    }),
  );
  return { digests: disclosures.map((one) => one.digest).sort(), disclosures };
}

interface Administration {
  kind: string;
  caller: Caller;
  /** When it was decided, milliseconds. */
  atMs: number;
  subject: Subject;
  /** The chains of the subject and of other things that it concerns. */
  chains: string[];
  public: PublicFields;
  sealed?: SealedFields;
}

/** The draft of a record of administration: filing, deciding, issuing, auditing. */
export function administrationDraft(input: Administration, platform: Platform): RecordDraft {
  const sealed = sealFields(input.sealed ?? {}, platform);
  const statement: Statement = {
    kind: input.kind,
    id: newId("evt"),
    at: new Date(input.atMs).toISOString(),
    actor: { organisation: input.caller.organisation, by: input.caller.key },
    subjects: [input.subject],
    public: input.public,
    sealed: sealed.digests,
  };
  const chains: ChainPart[] = input.chains.map((of) => ({ of, part: "subject" }));
  return { statement, chains, disclosures: sealed.disclosures };
}
