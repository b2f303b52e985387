import { type AuditReport, printAudit } from "./audit-text.ts";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, CommandFailed, type Invocation, noWords, UsageError } from "./command.ts";
import type { Progress } from "./output.ts";
import { codeIn } from "./typed-code.ts";
import { verifierKey } from "./trust.ts";
import type { AuditScope } from "../services/audit/run-audit.ts";

const SCOPES = ["code", "batch", "enterprise"] as const;

export const audit: Command = {
  name: "audit",
  summary: "Audit a code, a batch, an enterprise or the whole ledger",
  about:
    "The audit hashes the stored bytes again, follows every chain, and recomputes the signed root and the commitments of\n" +
    "batches. For a break it names the place, the expected value and the value found, and ends with exit code 1. The\n" +
    "audit itself becomes a record. A running service needs the key of the authority or the operator. --data audits a\n" +
    "folder while its service is stopped. --copy audits a backup, and needs only the log's public key.",
  options: {
    ledger: { type: "boolean", help: "the whole ledger; the default" },
    code: { type: "string", value: "CODE", help: "the records about a code" },
    batch: { type: "string", value: "ID", help: "the records about a batch" },
    enterprise: { type: "string", value: "ID", help: "the records about an enterprise and its batches" },
    data: { type: "string", value: "FOLDER", help: "a data folder whose service is stopped" },
    copy: {
      type: "string",
      value: "FILE",
      help: "a copied database, such as suyuan.db of a backup; makes no record",
    },
    "log-key": { type: "string", value: "VKEY", help: "with --copy: the log's public key, or @FILE" },
    ...CLIENT_OPTIONS,
  },
  async run(call) {
    noWords(call);
    const scope = scopeOf(call);
    const progress = call.out.progress("auditing records and chains");
    try {
      return printAudit(call, await auditBy(call, scope, progress));
    } finally {
      progress.end();
    }
  },
};

function auditBy(call: Invocation, scope: AuditScope, progress: Progress): Promise<AuditReport> {
  const folder = call.option("data");
  const copy = call.option("copy");
  const key = call.option("log-key");
  if (folder !== undefined && copy !== undefined)
    throw new UsageError("--data and --copy exclude each other");
  if ((copy === undefined) !== (key === undefined)) throw new UsageError("--copy and --log-key go together");
  if (copy !== undefined && key !== undefined) {
    if (!("ledger" in scope)) throw new UsageError("--copy audits the whole ledger");
    return auditCopy(copy, key, progress);
  }
  if (folder !== undefined) return auditFolder(folder, scope, progress);
  return clientOf(call).call<AuditReport>("POST", "/v1/audits", { body: { scope } });
}

async function auditCopy(file: string, key: string, progress: Progress): Promise<AuditReport> {
  const trusted = verifierKey(key);
  const { idleStore } = await import("../node/idle-store.ts");
  return idleStore.copy(file, trusted, (done, total) => progress.update(done, total));
}

async function auditFolder(folder: string, scope: AuditScope, progress: Progress): Promise<AuditReport> {
  const { idleStore } = await import("../node/idle-store.ts");
  const { Problem } = await import("../services/problem.ts");
  try {
    return await idleStore.folder(folder, scope, (done, total) => progress.update(done, total));
  } catch (error) {
    if (error instanceof Problem) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
}

function scopeOf(call: Invocation): AuditScope {
  const named = SCOPES.filter((name) => call.option(name) !== undefined);
  if (named.length + (call.flag("ledger") ? 1 : 0) > 1)
    throw new UsageError("only one of --ledger, --code, --batch and --enterprise");
  const [name] = named;
  if (name === undefined) return { ledger: true };
  const value = call.option(name) as string;
  if (name === "code") return { code: codeIn(value) };
  return name === "batch" ? { batch: value } : { enterprise: value };
}
