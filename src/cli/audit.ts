import { type AuditReport, tellAudit } from "./audit-text.ts";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, type Invocation, noWords, UsageError } from "./command.ts";
import { codeIn } from "./typed-code.ts";
import { verifierKey } from "./trust.ts";
import type { VerifierKey } from "../core/ledger/note-key.ts";

export type Scope = { ledger: true } | { code: string } | { batch: string } | { enterprise: string };
type Told = (done: number, total: number) => void;

/** Audits of a store that no service holds; what composes the store gives them. */
export interface StoreAudits {
  /** Of a data folder; it becomes a record there. */
  folder(folder: string, scope: Scope, told: Told): Promise<AuditReport>;
  /** Of a copy, read only. */
  copy(file: string, key: VerifierKey, told: Told): Promise<AuditReport>;
}

const SCOPES = ["code", "batch", "enterprise"] as const;

export function auditCommand(audits: StoreAudits): Command {
  return {
    name: "audit",
    summary: "Audit a code, a batch, an enterprise or the whole ledger",
    about:
      "Stored bytes are rehashed, chains walked, the signed root and batches' commitments recomputed. A break is named,\n" +
      "with what was expected and found, and ends with exit code 1. The audit itself becomes a record. Through a running\n" +
      "service it takes the authority's or the operator's key; --data opens a folder that no service holds; --copy reads\n" +
      "a backup, with nothing but the log's public key.",
    options: {
      ledger: { type: "boolean", help: "the whole ledger (unless something narrower is named)" },
      code: { type: "string", value: "CODE", help: "all that may speak of a code" },
      batch: { type: "string", value: "ID", help: "a batch" },
      enterprise: { type: "string", value: "ID", help: "an enterprise and its batches" },
      data: { type: "string", value: "FOLDER", help: "a data folder that no service holds" },
      copy: { type: "string", value: "FILE", help: "a backup; the whole ledger, recorded nowhere" },
      "log-key": { type: "string", value: "VKEY", help: "with --copy: the log's public key, or @FILE" },
      ...CLIENT_OPTIONS,
    },
    async run(call) {
      noWords(call);
      const scope = scopeOf(call);
      const progress = call.out.progress("auditing");
      try {
        return tellAudit(
          call,
          await auditBy(call, audits, scope, (done, total) => progress.update(done, total)),
        );
      } finally {
        progress.end();
      }
    },
  };
}

function auditBy(call: Invocation, audits: StoreAudits, scope: Scope, told: Told): Promise<AuditReport> {
  const folder = call.option("data");
  const copy = call.option("copy");
  const key = call.option("log-key");
  if (folder !== undefined && copy !== undefined)
    throw new UsageError("--data and --copy exclude each other");
  if ((copy === undefined) !== (key === undefined)) throw new UsageError("--copy and --log-key go together");
  if (copy !== undefined && key !== undefined) {
    if (!("ledger" in scope)) throw new UsageError("--copy audits the whole ledger");
    return audits.copy(copy, verifierKey(key), told);
  }
  if (folder !== undefined) return audits.folder(folder, scope, told);
  return clientOf(call).call<AuditReport>("POST", "/v1/audits", { body: { scope } });
}

function scopeOf(call: Invocation): Scope {
  const named = SCOPES.filter((name) => call.option(name) !== undefined);
  if (named.length + (call.flag("ledger") ? 1 : 0) > 1)
    throw new UsageError("only one of --ledger, --code, --batch and --enterprise");
  const [name] = named;
  if (name === undefined) return { ledger: true };
  const value = call.option(name) as string;
  if (name === "code") return { code: codeIn(value) };
  return name === "batch" ? { batch: value } : { enterprise: value };
}
