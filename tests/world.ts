import { itemKey, joinSerial } from "../src/core/code/serial.ts";
import { rootLevel } from "../src/core/custody/segment.ts";
import type { IssuedBatch } from "../src/scan/batch-register.ts";
import { type Commitment, commitmentOf } from "../src/services/codes/tree.ts";
import { administrationDraft } from "../src/services/ledger/statement.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { EventInput, EventReceipt } from "../src/services/custody/event.ts";
import { recordEvents } from "../src/services/custody/record-events.ts";
import type { Service } from "../src/services/service.ts";
import type { Caller } from "../src/services/caller.ts";
import type { Role } from "../src/core/custody/vocabulary.ts";

const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "test" };

/** Approved organisations and issued batches without the formalities of an order, for tests of later steps. */
export async function addOrganisation(service: Service, id: string, name: string): Promise<Caller> {
  const roles: Record<string, Role> = { ent: "enterprise", lab: "assessor", aut: "authority" };
  const role = roles[id.slice(0, 3)] as Exclude<Role, "operator">;
  const caller: Caller = { role, organisation: id, key: `key_${id}` };
  await service.writer.submit((tx) => {
    tx.store.filing.addOrganisation({
      id,
      role,
      status: "approved",
      scheme: "national",
      number: id,
      country: "NZ",
      province: null,
      filing: JSON.stringify({ names: { en: name, zh: name } }),
      filedAt: tx.nowMs,
    });
    const about = {
      atMs: tx.nowMs,
      subject: { [role]: id } as never,
      chains: [`${role}:${id}`, `standing:${id}`],
    };
    const [kind, by]: [string, Caller] =
      role === "enterprise" ? ["filing", caller] : ["registering", OPERATOR];
    const names = { names: { en: name } };
    tx.append(administrationDraft({ ...about, kind, caller: by, public: names }, service.platform));
    const decided = { kind: "deciding", caller: OPERATOR, public: { decision: "approved" } };
    tx.append(administrationDraft({ ...about, ...decided }, service.platform));
  });
  return caller;
}

export async function issueBatch(
  service: Service,
  owner: Caller,
  id: string,
  count: number,
): Promise<IssuedBatch> {
  const span = 2 ** rootLevel(count);
  const counting = Number(service.store.service.meta("testCounting") ?? 0);
  const first = Math.ceil(counting / span) * span;
  const { epoch } = service.keyring.newest;
  const start = itemKey(epoch, joinSerial(service.settings.ledgerNumber, first));
  const { root, pages } = (await commitmentOf(service, { start, count })) as Commitment;
  await service.writer.submit((tx) => {
    const { batches } = tx.store;
    tx.store.service.setMeta("testCounting", String(first + span));
    batches.add({
      id,
      organisation: owner.organisation,
      product: `prd_${id}`,
      status: "approved",
      lot: `LOT-${id}`,
      mode: "0110",
      category: "food",
      gtin: "09520001000010",
      quantity: count,
      terms: "{}",
      valueUsdCents: null,
      withPin: false,
      requestedAt: tx.nowMs,
    });
    batches.assign(id, start, rootLevel(count));
    for (const { level, page, hashes } of pages) batches.putHashes(id, level, page, hashes);
    batches.ready(id, root, count, tx.nowMs, null);
    const said = { enterprise: owner.organisation, product: `prd_${id}` };
    const steps: [string, Caller, Record<string, unknown>][] = [
      ["ordering", owner, { ...said, quantity: count }],
      ["deciding", OPERATOR, { decision: "approved" }],
      ["issuing", OPERATOR, { ...said, root: bytesToHex(root), count }],
    ];
    const about = { atMs: tx.nowMs, subject: { batch: id }, chains: [`batch:${id}`] };
    for (const [kind, caller, fields] of steps)
      tx.append(administrationDraft({ ...about, kind, caller, public: fields }, service.platform));
  });
  service.register.add(service.store.batches.get(id)!);
  return service.register.get(id)!;
}

/** Records events of one caller. */
export async function report(
  service: Service,
  caller: Caller,
  events: EventInput[],
): Promise<EventReceipt[]> {
  return (await recordEvents(service, caller, events)).value;
}

/** A valid SSCC of the examples' company prefix for a running number. */
export function sscc(n: number): string {
  const body = `39520001${String(n).padStart(9, "0")}`;
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += Number(body[16 - i]) * (i % 2 === 0 ? 3 : 1);
  return `sscc:${body}${(10 - (sum % 10)) % 10}`;
}
