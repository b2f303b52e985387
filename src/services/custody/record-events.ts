import {
  type CustodyStatement,
  isCustodySubject,
  partOf,
  readStatement,
} from "../../core/custody/statement.ts";
import { refuseActor, refuseSignature } from "../../core/custody/rules/actor.ts";
import { refuseKind, rolesFor } from "../../core/custody/rules/permission.ts";
import { orderedOf } from "../../core/custody/rules/record-rules.ts";
import { refuseTimes } from "../../core/custody/rules/times.ts";
import type { Kind } from "../../core/custody/vocabulary.ts";
import { digestOf } from "../../core/ledger/disclosure.ts";
import { canonicalText } from "../../core/ledger/canonical.ts";
import { type Statement, verifyStatement } from "../../core/ledger/record.ts";
import type {
  Appended,
  RecordDraft,
  WriteRequest,
  StoredAnswer,
  Transaction,
} from "../ledger/transaction.ts";
import { invalid, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { Checking } from "./check.ts";
import type { EventInput, EventReceipt, PreparedEvent, SignedEvent } from "./event.ts";
import { moveOf } from "./move.ts";
import { prepareEvent } from "./prepare.ts";
import { chainsOf } from "./subjects.ts";

/** The most events of one call. */
export const MAX_EVENTS = 1000;
/**
 * Records up to 1,000 events, all or none. When it resolves, they are durable and in the signed log.
 * @throws Problem invalid_request, forbidden, conflict (an id used before), custody_contradiction
 */
export function recordEvents(
  service: Service,
  caller: Caller,
  events: (EventInput | SignedEvent)[],
  once?: WriteRequest,
): Promise<StoredAnswer<EventReceipt[]>> {
  return service.writer.submitOnce(
    once,
    (tx) => {
      mustBeApproved(tx, caller);
      const checking = new Checking(service, tx);
      const receipts = events.map((event, i) =>
        recordOne(tx, service, caller, event, `events.${i}`, checking),
      );
      checking.finish();
      return receipts;
    },
    "records",
  );
}

/** Prepares the statements of events for the actor to sign; records nothing. */
export function prepareEvents(
  service: Service,
  caller: Caller,
  events: EventInput[],
): Promise<PreparedEvent[]> {
  return service.writer.submit((tx) => {
    mustBeApproved(tx, caller);
    return events.map((event, i) => prepareEvent(tx, service, caller, event, `events.${i}`));
  }, "records");
}

function recordOne(
  tx: Transaction,
  service: Service,
  caller: Caller,
  event: EventInput | SignedEvent,
  field: string,
  checking: Checking,
): EventReceipt {
  const signed = "statement" in event;
  const prepared: PreparedEvent = signed
    ? checkSigned(tx, service, caller, event, field)
    : prepareEvent(tx, service, caller, event, field);
  const { statement } = prepared;
  const read = readStatement(statement) as CustodyStatement;
  const { kind } = read;
  requireKind(caller, kind);
  requireTime(tx, service, statement, read.atMs, `${field}.at`);
  const chosen = signed || event.id !== undefined;
  if (chosen && tx.store.custody.recorded.indexOf(caller.organisation, statement.id) !== undefined)
    throw new Problem("conflict", `you have already reported an event ${statement.id}`, {
      fields: [{ field: `${field}.id`, problem: "used before", expected: "a different id for each event" }],
    });
  const appended = appendStatement(tx, service, prepared, read, signed ? event.signature : undefined);
  checking.add(appended.index, statement, read, appended.extended);
  checking.clearances.note(statement, appended.index);
  return {
    id: statement.id,
    kind,
    index: appended.index,
    digest: appended.digest,
    recorded: appended.recorded,
  };
}

/** @throws Problem forbidden where the caller's role may not report the kind */
function requireKind(caller: Caller, kind: Kind): void {
  const roles = rolesFor(kind);
  if (caller.role === "anonymous" || refuseKind(caller.role, kind) !== undefined)
    throw new Problem("forbidden", `${kind} is reported by ${roles.join(" or ")}, not by ${caller.role}`);
}

/** @throws Problem invalid_request for a time in the future, or before the order of a batch that the event names */
function requireTime(
  tx: Transaction,
  { register }: Service,
  statement: Statement,
  atMs: number,
  field: string,
): void {
  const batch = (id: string) => {
    const issued = register.get(id);
    return issued && { orderedMs: issued.orderedMs, owner: issued.organisation };
  };
  const orderedMs = orderedOf(statement, { batch });
  const refused = refuseTimes({ atMs, recordedMs: tx.clockMs, orderedMs });
  if (refused === undefined) return;
  const problem =
    refused.rule === "at_after_recorded" ? "lies in the future" : "is before the batch was ordered";
  throw invalid(field, problem, refused.expected);
}

/** Appends a custody statement, with the chains and derived columns that follow from it. */
export function appendStatement(
  tx: Transaction,
  service: Service,
  { statement, disclosures }: PreparedEvent,
  read: CustodyStatement,
  signature?: SignedEvent["signature"],
): Appended {
  const chains = statement.subjects.filter(isCustodySubject).flatMap((subject) => {
    const move = moveOf(read, partOf(subject));
    return chainsOf(service, subject).map((part) => (move === undefined ? part : { ...part, move }));
  });
  if (chains.length > 1 && new Set(chains.map(({ of }) => of)).size < chains.length)
    throw new Problem("invalid_request", "an event names the same goods or unit twice");
  const { custody } = tx.store;
  const corrected = read.corrects && custody.recorded.indexOf(read.corrects.organisation, read.corrects.id);
  const draft: RecordDraft = { statement, atMs: read.atMs, chains, disclosures };
  if (signature) draft.signature = signature;
  const unit = read.parent === undefined ? undefined : custody.units.numberOf(`unit:${read.parent}`);
  if (unit !== undefined) draft.unit = unit;
  if (read.to !== undefined) draft.to = read.to;
  if (read.carrier !== undefined) draft.carrier = read.carrier;
  if (read.recall !== undefined) draft.recall = read.recall;
  if (corrected !== undefined) draft.corrects = corrected;
  return tx.append(draft);
}

function mustBeApproved(tx: Transaction, caller: Caller): void {
  const status = tx.store.filing.standing(caller.organisation);
  if (refuseActor(caller.organisation, "event", status && { status }) !== undefined)
    throw new Problem(
      "forbidden",
      `only an approved organisation may report events: your filing is ${status ?? "not known"}`,
    );
}

/**
 * Checks a signed statement, which is stored unchanged: its actor is the caller, it equals the statement prepared from its
 * own fields (so a signature evades no rule), and the registered key signed it.
 */
function checkSigned(
  tx: Transaction,
  service: Service,
  caller: Caller,
  event: SignedEvent,
  field: string,
): PreparedEvent {
  const { statement, disclosures } = event;
  if (statement.actor.organisation !== caller.organisation)
    throw invalid(`${field}.statement.actor.organisation`, "is not the caller", caller.organisation);
  requireSignature(tx, service, caller, event, field);
  const digests = disclosures.map(({ text }) => digestOf(text)).sort();
  if (
    digests.join() !== statement.sealed.join() ||
    disclosures.some(({ digest, text }) => digest !== digestOf(text))
  )
    throw invalid(
      `${field}.disclosures`,
      "do not match statement.sealed",
      "the disclosures of the prepared event, unchanged",
    );
  const again = prepareEvent(tx, service, caller, event.input, field).statement;
  const expected = canonicalText({ ...again, sealed: statement.sealed });
  if (canonicalText(statement) !== expected || again.sealed.length !== statement.sealed.length)
    throw invalid(
      `${field}.statement`,
      "differs from the statement that the service prepares from its fields",
      "the prepared statement, unchanged, under the same API key",
    );
  return { statement, disclosures };
}

/** @throws Problem invalid_request for another key than the registered one, or a signature that does not verify */
function requireSignature(
  tx: Transaction,
  service: Service,
  { organisation }: Caller,
  event: SignedEvent,
  field: string,
): void {
  const registered = tx.store.filing.organisation(organisation)?.signingKey ?? null;
  const given = { key: event.signature.key, verifies: verifies(service, event) };
  const refused = refuseSignature(organisation, { key: registered, former: [] }, given);
  if (refused === undefined) return;
  // The key is the likelier mistake: a signature of another key verifies under none that is registered.
  if (registered !== event.signature.key)
    throw invalid(
      `${field}.signature.key`,
      "is not the key registered for your organisation",
      registered ?? "register a key first",
    );
  throw invalid(
    `${field}.signature.value`,
    "does not verify over the statement",
    "Ed25519 over the prepared statement",
  );
}

function verifies({ identity }: Service, { statement, signature }: SignedEvent): boolean {
  try {
    return verifyStatement(identity.origin, statement, signature);
  } catch {
    // A malformed key or signature verifies nothing.
    return false;
  }
}
