import type { ChainKey } from "../../store/derived/chains.ts";
import type { Thing } from "../../core/custody/fact.ts";
import type { AuditRow } from "../../store/service.ts";
import { Cursors } from "../cursor.ts";
import { newId } from "../id.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { administrationDraft } from "../ledger/statement.ts";
import { logKey } from "../ledger/log-key.ts";
import { notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { placeCode } from "../custody/subjects.ts";
import { StoreReader } from "../custody/reader.ts";
import { followCode } from "../custody/trace.ts";
import { type Audited, type AuditResult, auditChains, type ChainScope, auditLedger } from "./audit.ts";
import { Commitments } from "./commitments.ts";

/** The work of one event-loop turn: the process may be serving scans. */
const THINGS_A_TURN = 64;

/** The scope of an audit. */
export type AuditScope = { ledger: true } | { code: string } | { batch: string } | { enterprise: string };

export interface AuditView extends AuditResult {
  id: string;
  scope: AuditScope;
  organisation: string;
  at: string;
  /** The log index of the audit's record. */
  record: number;
}

/**
 * Audits a code, a batch, an enterprise or the whole ledger, and records the audit with its result.
 * @param options.progress receives the progress of an audit of the whole ledger
 * @throws Problem for a scope that does not exist
 */
export async function runAudit(
  service: Service,
  caller: Caller,
  scope: AuditScope,
  options: { progress?: Audited["progress"]; once?: WriteRequest | undefined } = {},
): Promise<AuditView> {
  const { progress, once } = options;
  // The first start on an older store records each organisation's standing, which the rules need: those writes come first.
  await service.writer.submit(() => undefined);
  const audited = { ...auditedBy(service), ...(progress === undefined ? {} : { progress }) };
  const result =
    "ledger" in scope
      ? await auditLedger(audited)
      : await auditChains(audited, await chainsIn(service, scope));
  const { value } = await service.writer.submitOnce(once, (tx) => {
    const id = newId("aud");
    const { breaks, ...figures } = result;
    const { index } = tx.append(
      administrationDraft(
        {
          kind: "auditing",
          caller,
          atMs: tx.nowMs,
          subject: { ledger: service.identity.origin },
          chains: [`ledger:${service.identity.origin}`],
          public: { ...figures, audit: id, breaks: breaks.length, scope: Object.keys(scope)[0] },
          sealed: { authority: { scope, ...(breaks[0] ? { firstBreak: breaks[0] } : {}) } },
        },
        service.platform,
      ),
    );
    const view: AuditView = {
      ...result,
      id,
      scope,
      organisation: caller.organisation,
      at: new Date(tx.nowMs).toISOString(),
      record: index,
    };
    tx.store.service.addAudit({
      id,
      organisation: caller.organisation,
      scope: JSON.stringify(scope),
      ok: result.ok,
      result: JSON.stringify(view),
      at: tx.nowMs,
    });
    return view;
  });
  return value;
}

/** Audits, newest first. */
export function listAudits(
  service: Service,
  cursor: string | undefined,
  limit: number,
): { items: AuditView[]; next: string | null } {
  const cursors = new Cursors("audits");
  const rows = service.store.service.audits(cursors.placeOf(cursor), limit + 1);
  const { rows: shown, next } = cursors.page(rows, limit, ({ at, id }) => ({ at, id }));
  return { items: shown.map(viewAudit), next };
}

/** @throws Problem not_found */
export function getAudit(service: Service, id: string): AuditView {
  const row = service.store.service.audit(id);
  if (row === undefined) throw notFound("audit", id);
  return viewAudit(row);
}

function auditedBy(service: Service): Audited {
  const { store, platform, keyring } = service;
  return { store, platform, key: logKey(service), commitments: new Commitments(store, keyring, platform) };
}

function viewAudit(row: AuditRow): AuditView {
  return JSON.parse(row.result) as AuditView;
}

/** The chains and batches of a narrower scope. */
async function chainsIn(service: Service, scope: Exclude<AuditScope, { ledger: true }>): Promise<ChainScope> {
  if ("code" in scope) return chainsOfCode(service, scope.code);
  if ("batch" in scope) {
    const batch = service.store.batches.get(scope.batch);
    if (batch === undefined) throw notFound("batch", scope.batch);
    return { chains: await chainsOfBatch(service, batch.id), batches: [batch.id] };
  }
  const organisation = service.store.filing.organisation(scope.enterprise);
  if (organisation === undefined) throw notFound("enterprise", scope.enterprise);
  if (service.store.filing.waitingCount(scope.enterprise) > 0)
    throw new Problem("conflict", "the enterprise has no records before its filing is approved");
  const batches = service.register.all
    .filter((batch) => batch.organisation === organisation.id)
    .map(({ id }) => id);
  const { custody } = service.store;
  const chains = new ChainSet();
  chains.add(custody.chainNamed(`${organisation.role}:${organisation.id}`));
  for (const id of batches) for (const chain of await chainsOfBatch(service, id)) chains.add(chain);
  return { chains, batches };
}

function chainsOfCode(service: Service, code: string): ChainScope {
  const placed = placeCode(service, code, "scope.code");
  const reader = new StoreReader(service.store, service.register);
  const chains = new ChainSet();
  for (const node of reader.chainsAbove({ level: 0, start: placed.key })) chains.add(node);
  for (const { unit } of followCode(service, placed).journey.stays) chains.add(unit as number);
  chains.add(service.store.custody.chainNamed(`batch:${placed.batch.id}`));
  return { chains, batches: [placed.batch.id], code: placed.key };
}

/** The chains of the batch, of its nodes, and of the units that its goods were in. */
async function chainsOfBatch(service: Service, id: string): Promise<ChainSet> {
  const { store, register, platform } = service;
  const chains = new ChainSet();
  chains.add(store.custody.chainNamed(`batch:${id}`));
  const batch = register.get(id);
  if (batch === undefined) return chains;
  const reader = new StoreReader(store, register);
  const nodes = store.custody.chains.nodesIn(batch.start, batch.start + batch.count);
  const units: number[] = [];
  const visit = (chain: ChainKey, thing: Thing): void => {
    if (chains.add(chain)) units.push(...unitsEntered(reader, thing));
  };
  while (nodes.length > 0 || units.length > 0) {
    store.reading(() => {
      for (const segment of nodes.splice(-THINGS_A_TURN)) visit(segment, { segment });
      for (const unit of units.splice(-THINGS_A_TURN)) visit(unit, { unit });
    });
    await platform.yield();
  }
  return chains;
}

function unitsEntered(reader: StoreReader, thing: Thing): number[] {
  return reader
    .ownFacts(thing)
    .filter((fact) => fact.part === "subject" && fact.unit !== undefined)
    .map((fact) => fact.unit as number);
}

/** Chains, each once. */
class ChainSet implements Iterable<ChainKey> {
  private readonly keys = new Map<string, ChainKey>();

  /** @returns false for a chain that was added before, or for none */
  add(key: ChainKey | undefined): boolean {
    if (key === undefined) return false;
    const id = typeof key === "number" ? String(key) : `${key.start}/${key.level}`;
    return !this.keys.has(id) && Boolean(this.keys.set(id, key));
  }

  [Symbol.iterator](): Iterator<ChainKey> {
    return this.keys.values();
  }
}
