import {
  BEGINNING,
  type Fact,
  type Moment,
  roleOf,
  type Thing,
  type Window,
} from "../../core/custody/fact.ts";
import { journeyOf } from "../../core/custody/journey.ts";
import { isCustodySubject, partOf, readStatement } from "../../core/custody/statement.ts";
import { type Kind, ruleOf } from "../../core/custody/vocabulary.ts";
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
import { contentsAt } from "./contents.ts";
import { moveOf } from "./move.ts";
import { prepareEvent } from "./prepare.ts";
import { StoreReader } from "./reader.ts";
import { chainsOf } from "./subjects.ts";

/** Most events of one call. */
export const MAX_EVENTS = 1000;
/** How far ahead of the service's clock an event may be dated. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Records up to 1,000 events, all or none: when it resolves they are durable and in the signed log.
 * @throws Problem invalid_request, forbidden, conflict (an id used before), custody_contradiction
 */
export function recordEvents(
  service: Service,
  caller: Caller,
  events: (EventInput | SignedEvent)[],
  once?: WriteRequest,
): Promise<StoredAnswer<EventReceipt[]>> {
  return service.writer.submitOnce(once, (tx) => {
    mustBeApproved(tx, caller);
    const checking = new Checking(service, tx);
    const receipts = events.map((event, i) => recordOne(tx, service, caller, event, `events.${i}`, checking));
    checking.finish();
    return receipts;
  });
}

/** The statements that would be recorded, for the actor to sign; nothing is recorded. */
export function prepareEvents(
  service: Service,
  caller: Caller,
  events: EventInput[],
): Promise<PreparedEvent[]> {
  return service.writer.submit((tx) => {
    mustBeApproved(tx, caller);
    return events.map((event, i) => prepareEvent(tx, service, caller, event, `events.${i}`));
  });
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
  const kind = statement.kind as Kind;
  const { roles } = ruleOf(kind);
  if (!(roles as readonly string[]).includes(caller.role))
    throw new Problem("forbidden", `${kind} is reported by ${roles.join(" or ")}, not by ${caller.role}`);
  if (Date.parse(statement.at) > tx.nowMs + CLOCK_SKEW_MS)
    throw invalid(`${field}.at`, "lies in the future", "when it happened, with its zone");
  const chosen = signed || event.id !== undefined;
  if (chosen && tx.store.custody.eventByStatement(caller.organisation, statement.id) !== undefined)
    throw new Problem("conflict", `you have reported an event ${statement.id} before`, {
      fields: [{ field: `${field}.id`, problem: "used before", expected: "an id of its own for each event" }],
    });
  const appended = appendStatement(tx, service, prepared, signed ? event.signature : undefined);
  checking.add(appended.index, statement);
  return {
    id: statement.id,
    kind,
    index: appended.index,
    digest: appended.digest,
    recorded: appended.recorded,
  };
}

/** Appends a custody statement with the chains and columns that it implies. */
export function appendStatement(
  tx: Transaction,
  service: Service,
  prepared: PreparedEvent,
  signature?: SignedEvent["signature"],
): Appended {
  const { statement, disclosures } = prepared;
  const read = readStatement(statement);
  if (read === undefined) throw new RangeError(`${statement.kind} is not a custody kind`);
  const chains = statement.subjects.filter(isCustodySubject).flatMap((subject) => {
    const move = moveOf(read, partOf(subject));
    return chainsOf(tx, service, subject).map((part) => (move === undefined ? part : { ...part, move }));
  });
  const seen = new Set<string>();
  for (const { of } of chains) {
    if (seen.has(of)) throw new Problem("invalid_request", "an event names the same goods or unit twice");
    seen.add(of);
  }
  const corrected =
    read.corrects && tx.store.custody.eventByStatement(read.corrects.organisation, read.corrects.id);
  const draft: RecordDraft = { statement, chains, disclosures };
  if (signature) draft.signature = signature;
  if (read.parent !== undefined) {
    const chain = tx.store.ledger.chain(`unit:${read.parent}`);
    if (chain) draft.unit = chain.id;
  }
  if (read.to !== undefined) draft.to = read.to;
  if (read.carrier !== undefined) draft.carrier = read.carrier;
  if (read.recall !== undefined) draft.recall = read.recall;
  if (corrected) draft.corrects = corrected.index;
  const appended = tx.append(draft);
  if (corrected) tx.store.custody.correct(corrected.index, appended.index);
  if (read.kind === "releasing" && roleOf(read.organisation) === "authority")
    noteClearance(tx, service, statement, appended.index);
  return appended;
}

/**
 * Time from declaring to customs' releasing, by the newest declaration of what is released: of itself, of a unit that it
 * was in, or else of what is in it.
 */
function noteClearance(tx: Transaction, service: Service, statement: Statement, index: number): void {
  const reader = new StoreReader(tx.store, service.register);
  const releasedMs = Date.parse(statement.at);
  const until = { from: BEGINNING, to: { atMs: releasedMs, index } };
  const things = statement.subjects.flatMap((subject) => reader.thingsOf(subject));
  const around = things.flatMap((thing) => journeyOf(reader, thing, until).steps.map(({ fact }) => fact));
  const declaredMs = lastDeclared(around) ?? lastDeclared(factsInside(reader, things, until));
  if (declaredMs !== undefined) tx.store.custody.setClearance(index, releasedMs - declaredMs);
}

function lastDeclared(facts: Fact[]): number | undefined {
  let last: number | undefined;
  for (const { kind, correctedBy, atMs } of facts)
    if (kind === "declaring" && correctedBy === undefined && atMs > (last ?? -Infinity)) last = atMs;
  return last;
}

function factsInside(reader: StoreReader, things: Thing[], until: Window): Fact[] {
  const moment = until.to as Moment;
  return things.flatMap((thing) => {
    if (!("unit" in thing)) return [];
    const { segments, units } = contentsAt(reader, thing.unit, moment);
    const inside: Thing[] = [...segments.map((segment) => ({ segment })), ...units.map((unit) => ({ unit }))];
    return inside.flatMap((one) => reader.facts(one, until));
  });
}

function mustBeApproved(tx: Transaction, caller: Caller): void {
  if (tx.store.filing.standing(caller.organisation) !== "approved")
    throw new Problem(
      "forbidden",
      "only an approved organisation reports events: your filing is not approved",
    );
}

/**
 * A signed statement is stored as it is: it must be the caller's own, what would be prepared from its own fields (so a
 * signature opens no way around any rule), and signed with the key registered.
 */
function checkSigned(
  tx: Transaction,
  service: Service,
  caller: Caller,
  event: SignedEvent,
  field: string,
): PreparedEvent {
  const { statement, signature, disclosures } = event;
  if (statement.actor.organisation !== caller.organisation)
    throw invalid(`${field}.statement.actor.organisation`, "is not the caller", caller.organisation);
  const registered = tx.store.filing.organisation(caller.organisation)?.signingKey;
  if (registered !== signature.key)
    throw invalid(
      `${field}.signature.key`,
      "is not the key registered for your organisation",
      registered ?? "register a key first",
    );
  if (!verifies(service, event))
    throw invalid(
      `${field}.signature.value`,
      "does not verify over the statement",
      "Ed25519 over the prepared statement",
    );
  const digests = disclosures.map(({ text }) => digestOf(text)).sort();
  if (
    digests.join() !== statement.sealed.join() ||
    disclosures.some(({ digest, text }) => digest !== digestOf(text))
  )
    throw invalid(
      `${field}.disclosures`,
      "are not those of statement.sealed",
      "the disclosures as they were prepared",
    );
  const again = prepareEvent(tx, service, caller, event.input, field).statement;
  const expected = canonicalText({ ...again, sealed: statement.sealed });
  if (canonicalText(statement) !== expected || again.sealed.length !== statement.sealed.length)
    throw invalid(
      `${field}.statement`,
      "is not what would be prepared for you from what it says",
      "the statement as it was prepared for the same key, unchanged",
    );
  return { statement, disclosures };
}

function verifies({ identity }: Service, { statement, signature }: SignedEvent): boolean {
  try {
    return verifyStatement(identity.origin, statement, signature);
  } catch {
    // A key or value of another form verifies nothing.
    return false;
  }
}
