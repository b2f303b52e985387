import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { encodeBase64 } from "../../../src/core/ledger/base64.ts";
import {
  encodeSignature,
  signedMessage,
  type Statement,
  type Subject,
} from "../../../src/core/ledger/record.ts";
import { journeyOf } from "../../../src/core/custody/journey.ts";
import { stateOf } from "../../../src/core/custody/state.ts";
import { readStatement } from "../../../src/core/custody/statement.ts";
import type { Role } from "../../../src/core/custody/vocabulary.ts";
import type { Caller } from "../../../src/services/caller.ts";
import { StoreReader } from "../../../src/services/custody/reader.ts";
import { appendStatement } from "../../../src/services/custody/record-events.ts";
import { unitName } from "../../../src/services/custody/subjects.ts";
import { administrationDraft } from "../../../src/services/ledger/statement.ts";
import type { Transaction } from "../../../src/services/ledger/transaction.ts";
import type { IssuedBatch } from "../../../src/scan/batch-register.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";

/** One step of a forgery: fixtures/forgeries/README.md. */
export interface Step {
  by?: string;
  kind?: string;
  codes?: number[];
  units?: string[];
  into?: string;
  to?: string;
  recall?: string;
  id?: string;
  at?: string;
  corrects?: { by: string; id: string };
  sign?: string;
  origin?: string;
  register?: string | null;
  of?: string;
  off?: boolean;
  file?: string;
  decide?: string;
  decision?: string;
  suspend?: string;
  reinstate?: string;
  /** A new API key, or terms, of an organisation. */
  keyOf?: string;
  grant?: string;
  /** Closes the batch, or decides its order. */
  close?: boolean;
  decideBatch?: string;
  /** Orders codes by a batch's id, or issues them, for `of` or `by` itself. */
  order?: string;
  issue?: string;
  /** Erases fields of a record. */
  erase?: number;
  base?: string;
  key?: string;
}

const ORGANISATIONS: Record<string, string> = {
  A: "ent_a",
  B: "ent_b",
  C: "ent_c",
  G: "aut_g",
  L: "lab_l",
};
const UNITS: Record<string, string> = { U1: sscc(1), U2: sscc(2), U3: sscc(3) };
const KEYS = ["K1", "K2", "K9"];
const CODES = 100;

/** A log with the world of the forgeries, whose writer passes by the rules of the service. */
export class ForgedLog {
  readonly h: Harness;
  readonly batch: IssuedBatch;
  private events = 0;

  private constructor(h: Harness, batch: IssuedBatch) {
    this.h = h;
    this.batch = batch;
  }

  static async open(): Promise<ForgedLog> {
    const h = makeHarness();
    const { service } = h;
    const a = await addOrganisation(service, "ent_a", "A");
    await addOrganisation(service, "ent_b", "B");
    await addOrganisation(service, "aut_g", "G");
    await addOrganisation(service, "lab_l", "L");
    const batch = await issueBatch(service, a, "bat_f", CODES);
    h.clock.nowMs += 3_600_000;
    await report(service, a, [{ kind: "commissioning", at: this.time(h), subjects: [{ batch: batch.id }] }]);
    return new ForgedLog(h, batch);
  }

  private static time(h: Harness): string {
    h.clock.nowMs += 60_000;
    return new Date(h.clock.nowMs).toISOString();
  }

  /** A minute later. */
  time(): string {
    return ForgedLog.time(this.h);
  }

  /** Appends the records of steps, with derived rows that agree. */
  async take(steps: Step[]): Promise<void> {
    for (const step of steps) {
      const at = step.at ?? ForgedLog.time(this.h);
      await this.h.service.writer.submit((tx) => this.takeOne(tx, step, at));
    }
    await this.h.service.writer.submit((tx) => this.agree(tx));
  }

  private takeOne(tx: Transaction, step: Step, at: string): void {
    if (step.kind !== undefined) return this.event(tx, step, at);
    const { filing } = tx.store;
    if (step.file !== undefined) {
      const id = idOf(step.file);
      if (filing.organisation(id) === undefined) addRow(tx, id);
      this.administer(tx, "filing", id, id, { names: { en: step.file } });
    } else if (step.decide !== undefined) {
      const decision = step.decision ?? "approved";
      const id = idOf(step.decide);
      filing.decideOrganisation(id, decision as "approved", null, tx.nowMs);
      this.administer(tx, "deciding", idOf(step.by as string), id, { decision });
    } else if (step.suspend !== undefined) {
      const said = { decision: "suspended" };
      filing.decideOrganisation(idOf(step.suspend), "suspended", null, tx.nowMs);
      this.administer(tx, "suspending", idOf(step.by as string), idOf(step.suspend), said);
    } else if (step.reinstate !== undefined) {
      const said = { decision: "reinstated" };
      filing.decideOrganisation(idOf(step.reinstate), "approved", null, tx.nowMs);
      this.administer(tx, "reinstating", idOf(step.by as string), idOf(step.reinstate), said);
    } else if (step.keyOf !== undefined)
      this.administer(tx, "issuing_key", idOf(step.by as string), idOf(step.keyOf), { key: "key_forged" });
    else if (step.grant !== undefined)
      this.administer(tx, "granting", idOf(step.by as string), idOf(step.grant), { autoApprove: true });
    else if (step.order !== undefined) {
      const enterprise = idOf(step.of ?? (step.by as string));
      this.ofBatch(tx, "ordering", step, { enterprise }, step.order);
    } else if (step.issue !== undefined) this.ofBatch(tx, "issuing", step, {}, step.issue);
    else if (step.close !== undefined) this.ofBatch(tx, "closing", step, {});
    else if (step.decideBatch !== undefined)
      this.ofBatch(tx, "deciding", step, { decision: step.decideBatch });
    else if (step.erase !== undefined)
      this.administer(tx, "erasing", idOf(step.by as string), this.batch.organisation, {
        record: step.erase,
        digests: [],
        reason: "forged",
      });
    else if (step.base !== undefined) {
      const since = { registered: 0, status: 1, signingKey: 2 };
      const said = { status: "approved", signingKey: publicKey(step.key as string), since };
      this.administer(tx, "standing", "operator", idOf(step.base), said);
    } else this.register(tx, step);
  }

  private ofBatch(
    tx: Transaction,
    kind: string,
    { by }: Step,
    said: Record<string, unknown>,
    batch = this.batch.id,
  ): void {
    const organisation = idOf(by as string);
    const caller: Caller = { role: roleOf(organisation), organisation, key: "forged" };
    if (kind === "closing") tx.store.batches.close(this.batch.id, tx.nowMs);
    const subject = { batch } as never;
    const input = { kind, caller, atMs: tx.nowMs, subject, chains: [`batch:${batch}`] };
    tx.append(administrationDraft({ ...input, public: said }, this.h.service.platform));
  }

  private register(tx: Transaction, { by, of = by, register, off = false }: Step): void {
    const id = idOf(of as string);
    const key = register === null ? null : publicKey(register as string);
    tx.store.filing.setSigningKey(id, key);
    this.administer(tx, "keying", idOf(by as string), id, { signingKey: key }, off);
  }

  private administer(
    tx: Transaction,
    kind: string,
    by: string,
    about: string,
    said: Record<string, unknown>,
    off = false,
  ): void {
    const role = roleOf(about);
    const chains = [`${role}:${about}`, ...(off ? [] : [`standing:${about}`])];
    const caller: Caller = { role: roleOf(by), organisation: by, key: "forged" };
    const input = { kind, caller, atMs: tx.nowMs, subject: { [role]: about } as never, chains, public: said };
    tx.append(administrationDraft(input, this.h.service.platform));
  }

  private event(tx: Transaction, step: Step, at: string): void {
    const { service } = this.h;
    const { codes = [], units = [], into, to, recall, corrects } = step;
    const organisation = idOf(step.by as string);
    const subjects: Subject[] = [
      ...(codes.length === 0
        ? []
        : [{ batch: this.batch.id, segments: codes.map((n): [number, number] => [n, n + 1]) }]),
      ...units.map((unit) => ({ unit: unitName(tx, service, UNITS[unit] as string) })),
      ...(into === undefined
        ? []
        : [{ unit: unitName(tx, service, UNITS[into] as string), as: "parent" as const }]),
    ];
    const said = {
      to: to === undefined ? undefined : idOf(to),
      recall,
      corrects: corrects && { organisation: idOf(corrects.by), id: corrects.id },
    };
    const statement: Statement = {
      kind: step.kind as string,
      id: step.id ?? `forged-${this.events++}`,
      at,
      actor: { organisation, by: "forged" },
      subjects,
      public: JSON.parse(JSON.stringify(said)) as Record<string, unknown>,
      sealed: [],
    };
    const read = readStatement(statement)!;
    appendStatement(tx, service, { statement, disclosures: [] }, read, this.signature(step, statement));
  }

  private signature({ sign, origin = this.h.service.identity.origin }: Step, statement: Statement) {
    if (sign === undefined) return undefined;
    const signer = signerOf(sign);
    return encodeSignature(signer.publicKey, signer.sign(signedMessage(origin, statement)));
  }

  /** Writes the status of every code as its records give it, as an operator who covers a forgery would. */
  private agree(tx: Transaction): void {
    const { service, batch } = { service: this.h.service, batch: this.batch };
    const reader = new StoreReader(tx.store, service.register);
    for (let position = 0; position < CODES; position++) {
      const start = batch.start + position;
      const status = statusOf(reader, start, batch.organisation);
      if (status !== undefined) tx.store.custody.states.setStatus(start, start + 1, status);
    }
  }
}

function statusOf(reader: StoreReader, start: number, owner: string) {
  try {
    return stateOf(journeyOf(reader, { segment: { level: 0, start } }), owner).status;
  } catch {
    // Packed in a circle: the goods have no journey.
    return undefined;
  }
}

function addRow(tx: Transaction, id: string): void {
  const filing = JSON.stringify({ names: { en: id } });
  const named = { scheme: "national", number: id, country: "NZ", province: null, filing };
  tx.store.filing.addOrganisation({
    id,
    role: "enterprise",
    status: "requested",
    filedAt: tx.nowMs,
    ...named,
  });
}

/** An actor of the world as a caller at the door. */
export function callerOf(name: string): Caller {
  const organisation = idOf(name);
  return { role: roleOf(organisation), organisation, key: "test" };
}

function idOf(name: string): string {
  return ORGANISATIONS[name] ?? name;
}

function roleOf(id: string): Role {
  const roles: Record<string, Role> = { ent: "enterprise", lab: "assessor", aut: "authority" };
  return roles[id.slice(0, 3)] ?? "operator";
}

function signerOf(name: string) {
  return signerFromSeed(new Uint8Array(32).fill(KEYS.indexOf(name) + 1));
}

function publicKey(name: string): string {
  return encodeBase64(signerOf(name).publicKey);
}

/** A signing key of the forgeries by its name, and its public key as text. */
export function keyNamed(name: string) {
  return { signer: signerOf(name), text: publicKey(name) };
}
