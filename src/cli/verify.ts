import { readFileSync } from "node:fs";
import { groupCode } from "../code/alphabet.ts";
import { type Verified, verifyBundle } from "../custody/verification.ts";
import { KINDS } from "../custody/vocabulary.ts";
import { parseBundle } from "../ledger/bundle.ts";
import { parseVerifierKey, type VerifierKey } from "../ledger/note-key.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  FAILED,
  type Invocation,
  onlyWord,
  required,
  UsageError,
} from "./command.ts";
import { formatCount } from "./output.ts";
import { nameOf } from "./scan.ts";

export const verify: Command = {
  name: "verify",
  summary: "Check a bundle offline, with nothing but the ledger's public key",
  words: "FILE",
  about:
    "The key is the log's verifier key, such as example.org/log+1a2b3c4d+AQ…, or @FILE that holds it. The service tells\n" +
    "it at GET /v1/log; take it once, from a source that you trust, and keep it.",
  options: {
    key: { type: "string", value: "VKEY", help: "the ledger's public key, or @FILE" },
  },
  run(call) {
    const file = onlyWord(call, "FILE");
    const key = verifierKey(required(call, "key"));
    const bytes = read(file);
    let verified: Verified;
    try {
      verified = verifyBundle(parseBundle(bytes), key);
    } catch (error) {
      return Promise.resolve(refuse(call, file, error as Error));
    }
    call.out.document(viewVerified(verified));
    for (const line of verifiedLines(verified)) call.out.line(line);
    return Promise.resolve(DONE);
  },
};

/** @throws UsageError where it is no key */
export function verifierKey(text: string): VerifierKey {
  const vkey = text.startsWith("@") ? new TextDecoder().decode(read(text.slice(1))).trim() : text;
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    throw new UsageError(`--key is no verifier key: ${(error as Error).message}`, { cause: error });
  }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
}

function refuse({ out }: Invocation, file: string, { name, message }: Error): number {
  out.document({ verified: false, error: name, reason: message });
  out.line(`REFUSED: ${file} does not prove what it says.`);
  out.line(`  ${message}`);
  return FAILED;
}

/** What was proven, as JSON. */
function viewVerified(verified: Verified): Record<string, unknown> {
  const { code, origin, size, batch, journey, state, signed, limits } = verified;
  return {
    verified: true,
    code: groupCode(code),
    log: { origin, size },
    batch,
    status: state.status,
    recalls: [...state.recalls],
    steps: journey.steps.map(({ fact, via }) => {
      const statement = verified.records.get(fact.index)?.statement;
      return {
        index: fact.index,
        kind: fact.kind,
        at: statement?.at,
        organisation: fact.organisation,
        names: verified.names.get(fact.organisation) ?? null,
        public: statement?.public,
        sealed: verified.disclosed.get(fact.index) ?? [],
        units: via.length,
        signed: signed.includes(fact.index),
        ...(fact.correctedBy === undefined ? {} : { correctedBy: fact.correctedBy }),
      };
    }),
    findings: state.findings,
    limits,
  };
}

function verifiedLines(verified: Verified): string[] {
  const { code, origin, size, batch, journey, state, signed, limits, records } = verified;
  const issued = batch.issued as { product?: string; enterprise?: string; lot?: string; tradeMode?: string };
  const goods = called(verified, issued.product);
  return [
    `VERIFIED against the log of ${origin}, at ${formatCount(size)} records.`,
    "",
    `  code     ${groupCode(code)}`,
    `  goods    ${goods}, lot ${issued.lot ?? "?"}, trade mode ${issued.tradeMode ?? "?"}`,
    `  of       ${called(verified, issued.enterprise)}`,
    `  batch    ${batch.id}: number ${formatCount(batch.position + 1)} of the ${formatCount(batch.count)} codes it committed to`,
    `  status   ${state.status}${state.recalls.size > 0 ? ", UNDER RECALL" : ""}${state.holds.size > 0 ? ", held" : ""}`,
    "",
    `  Its journey, ${journey.steps.length} steps worked out from ${records.size} records:`,
    ...journey.steps.map(({ fact }) => stepLine(verified, fact)),
    ...state.findings.map(
      ({ rule, index, message }) => `    finding at record ${index}: ${rule}, ${message}`,
    ),
    "",
    `  Signed by their own reporters: ${signed.length === 0 ? "none" : `records ${signed.join(", ")}`}.`,
    "",
    "  What this file cannot tell:",
    ...limits.map((limit) => `  - ${limit}`),
  ];
}

function stepLine(verified: Verified, fact: Verified["journey"]["steps"][number]["fact"]): string {
  const statement = verified.records.get(fact.index)?.statement;
  const when = (statement?.at ?? "").slice(0, 16).replace("T", " ");
  const gone = fact.correctedBy === undefined ? "" : `, taken back by record ${fact.correctedBy}`;
  const who = called(verified, fact.organisation);
  return `    ${when}  ${KINDS[fact.kind].en.padEnd(21)} ${who} (record ${fact.index}${gone})`;
}

/** The name that a filing record of the bundle proves, else the bare id. */
function called({ names }: Verified, id: string | undefined): string {
  const known = id === undefined ? undefined : (names.get(id) as { zh?: string; en?: string } | undefined);
  return known === undefined ? (id ?? "?") : nameOf(known);
}
