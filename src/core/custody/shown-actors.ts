import type { Bundle } from "../ledger/bundle.ts";
import type { LoggedRecord } from "../ledger/receipt.ts";
import { type LedgerRecord, verifyStatement } from "../ledger/record.ts";
import { roleIn } from "./fact.ts";
import type { CorrectionTarget } from "./rules/permission.ts";
import { type Filed, filedAfter, filedFactOf } from "./rules/filed.ts";
import { type KnownBefore, refuseRecord } from "./rules/record-rules.ts";
import { isRefusal, type Refusal } from "./rules/refusal.ts";
import {
  type Standing,
  standingAfter,
  standingAsOf,
  standingFactOf,
  standingOfBase,
} from "./rules/standing.ts";
import { failRule } from "./verification-error.ts";

/** What the records of a bundle say about the organisations that made them. */
export interface ShownActors {
  /** Indices of the records with a verified signature of their actor's registered key. */
  signed: number[];
  /** What is missing for a full proof, as sentences. */
  notShown: string[];
  /** What only the operator states, as sentences. */
  onWord: string[];
  /** The log index of an organisation's `standing` record; -1 without one. */
  boundFrom: (organisation: string) => number;
}

const STANDING = "standing:";

/**
 * Judges every shown record by the rules of `rules/`, in the order of the log, with the standing of its actor at that
 * index. A bundle without any standing chain is of an older version: its actors are "not shown".
 * @throws VerificationError that names the rule and the record
 */
export function judgeShown(
  origin: string,
  { chains, batch, entries }: Bundle,
  opened: ReadonlyMap<number, LoggedRecord>,
): ShownActors {
  const listed = chains.map(({ of }) => of).filter((of) => of.startsWith(STANDING));
  const judge = new ShownJudge(batch.id, listed, opened, entries.length > 0);
  const signed: number[] = [];
  for (const [index, { record }] of [...opened].sort(([a], [b]) => a - b))
    if (judge.take(index, record, signatureOf(origin, record))) signed.push(index);
  return { signed, notShown: judge.notShown(), onWord: judge.onWord(), boundFrom: judge.boundFrom };
}

/** Whether the signature of a record verifies; undefined where it has none. */
function signatureOf(origin: string, { statement, signature }: LedgerRecord): boolean | undefined {
  return signature && verifyStatement(origin, statement, signature);
}

class ShownJudge {
  private readonly batch: { id: string; orderedMs: number; owner: string } | undefined;
  private readonly listed: ReadonlySet<string>;
  private readonly partly: boolean;
  private readonly standings = new Map<string, Standing>();
  private readonly filed = new Map<string, Filed>();
  private readonly bases = new Map<string, Standing>();
  private readonly events = new Map<string, CorrectionTarget>();
  private readonly reporters: ReadonlyMap<number, string>;
  private readonly unknownKeys = new Set<number>();
  private readonly onBase = new Set<string>();
  /** Log index of the last record that approves an organisation. */
  private readonly approvedAt = new Map<string, number>();

  constructor(
    batch: string,
    listed: readonly string[],
    opened: ReadonlyMap<number, LoggedRecord>,
    partly: boolean,
  ) {
    this.partly = partly;
    this.listed = new Set(listed);
    this.batch = batchIn(batch, opened);
    for (const [index, { record }] of opened) this.takeBase(index, record);
    this.reporters = new Map(
      [...opened].map(([index, { record }]) => [index, record.statement.actor.organisation]),
    );
  }

  readonly boundFrom = (organisation: string): number => this.bases.get(organisation)?.base ?? -1;

  /** Judges the next record of the log. @returns whether its actor signed it with its registered key */
  take(index: number, record: LedgerRecord, verifies: boolean | undefined): boolean {
    const { statement } = record;
    const { organisation } = statement.actor;
    const without = !this.isShown(organisation);
    if (without && this.listed.size > 0)
      failRule({
        rule: "actor_records_missing",
        record: index,
        expected: `the chain ${STANDING}${organisation} of its actor`,
        found: "a bundle without it",
      });
    const judged = { index, record, verifies: verifies === true };
    const refused = refuseRecord(judged, this.knownAt(index, organisation, without, record));
    if (refused !== undefined && !this.isUnknownKey(index, organisation, refused))
      refuse(index, this.named(index, organisation, refused));
    this.changeStanding(index, record);
    this.changeFiled(index, statement);
    this.noteEvent(statement);
    return verifies === true && !without && !this.unknownKeys.has(index);
  }

  notShown(): string[] {
    const sentences: string[] = [];
    if (this.listed.size === 0)
      sentences.push(
        "The records that register and approve the organisations are not in this file: it is of a version before them.",
      );
    for (const index of this.unknownKeys)
      sentences.push(`The record that registered the key of record ${index} is not in this file.`);
    return sentences;
  }

  onWord(): string[] {
    return [...this.onBase].map((organisation) => {
      const base = this.bases.get(organisation)?.base;
      return `What ${organisation} was, and which key it had, before record ${base} is the operator's word, in that record.`;
    });
  }

  private isShown(organisation: string): boolean {
    return organisation === "operator" || this.listed.has(STANDING + organisation);
  }

  /** Reads ahead: a `standing` record, which says what was before it, and approvals. */
  private takeBase(index: number, record: LedgerRecord): void {
    const fact = standingFactOf(index, record.statement);
    if (fact?.kind === "deciding" && fact.public["decision"] === "approved")
      this.approvedAt.set(fact.organisation, Math.max(index, this.approvedAt.get(fact.organisation) ?? 0));
    if (fact?.kind !== "standing") return;
    const own = record.chains.find(({ of }) => /^(enterprise|assessor|authority):/.test(of));
    const standing = record.chains.find(({ of }) => of === STANDING + fact.organisation);
    if (standing?.n !== 0 || own === undefined || own.n === 0 || !own.of.endsWith(`:${fact.organisation}`))
      failRule({
        rule: "standing_record_late",
        record: index,
        expected: `place 0 of ${STANDING}${fact.organisation}, and a later one of the organisation's own chain`,
        found: record.chains.map(({ of, n }) => `place ${n} of ${of}`).join(", "),
      });
    const base = standingOfBase(fact);
    if (base !== undefined) this.bases.set(fact.organisation, base);
  }

  private standingAt(organisation: string, index: number): Standing | undefined {
    const known = this.standings.get(organisation);
    const base = this.bases.get(organisation);
    if (known !== undefined || base === undefined) return known;
    this.onBase.add(organisation);
    return standingAsOf(base, index);
  }

  private knownAt(index: number, actor: string, without: boolean, { signature }: LedgerRecord): KnownBefore {
    // An older bundle proves nothing about its actors: only the other rules are applied to it.
    const assumed = without ? assumedStanding(actor, signature?.key ?? null) : undefined;
    // Such a bundle may be of an event that was recorded before the rule of the order.
    const orderKnown = !without;
    return {
      standing: (organisation) => assumed ?? this.standingAt(organisation, index),
      batch: (id) => (orderKnown && id === this.batch?.id ? this.batch : this.ownerOf(id)),
      // Where entries stand for records, a corrected event may be among them: only its reporter is known.
      event: (organisation, id) =>
        this.events.get(`${organisation} ${id}`) ??
        (this.partly ? { organisation, kind: "storing", corrected: false } : undefined),
      reporter: (of) => this.reporters.get(of),
    };
  }

  /** For an older bundle the order's time is left out. */
  private ownerOf(id: string): { orderedMs: number; owner: string } | undefined {
    if (id !== this.batch?.id) return undefined;
    return { orderedMs: Number.NEGATIVE_INFINITY, owner: this.batch.owner };
  }

  /** An approval that came too late says more than none. */
  private named(index: number, organisation: string, refused: Refusal): Refusal {
    const approvedAt = this.approvedAt.get(organisation) ?? -1;
    if (refused.rule !== "actor_not_approved" || approvedAt < index) return refused;
    const found = `approved by record ${approvedAt}, after it`;
    return { ...refused, rule: "actor_not_approved_yet", found };
  }

  /** A key of before the `standing` record, which does not say which keys there were: it is not shown. */
  private isUnknownKey(index: number, organisation: string, { rule }: Refusal): boolean {
    const base = this.bases.get(organisation)?.base;
    if (rule !== "key_not_registered" || base === undefined || index > base) return false;
    this.unknownKeys.add(index);
    return true;
  }

  private changeStanding(index: number, { statement, chains }: LedgerRecord): void {
    const chain = chains.find(({ of }) => of.startsWith(STANDING) && this.listed.has(of));
    const fact = standingFactOf(index, statement);
    if (chain === undefined) return;
    const about = chain.of.slice(STANDING.length);
    if (fact?.organisation !== about)
      return failRule({
        rule: "standing_of_another",
        record: index,
        expected: `a record about the standing of ${about}`,
        found: statement.kind,
      });
    const after = standingAfter(this.standings.get(about), fact, roleIn(fact.actor) ?? "enterprise");
    if (isRefusal(after)) refuse(index, after);
    else this.standings.set(about, after);
  }

  /** The order and the recalls of the code are shown whole; the decision on its goods need not be. */
  private changeFiled(index: number, statement: LedgerRecord["statement"]): void {
    const fact = filedFactOf(index, statement);
    if (fact === undefined || fact.thing.startsWith("product:")) return;
    const after = filedAfter(this.filed.get(fact.thing), fact, roleIn(fact.actor) ?? "enterprise");
    if (isRefusal(after)) refuse(index, after);
    else this.filed.set(fact.thing, after);
  }

  private noteEvent({ actor, id, kind, public: said }: LedgerRecord["statement"]): void {
    this.events.set(`${actor.organisation} ${id}`, {
      organisation: actor.organisation,
      kind,
      corrected: false,
    });
    const corrects = said["corrects"] as { organisation: string; id: string } | undefined;
    const target = kind === "correcting" && this.events.get(`${corrects?.organisation} ${corrects?.id}`);
    if (target) target.corrected = true;
  }
}

function assumedStanding(organisation: string, key: string | null): Standing {
  return { organisation, status: "approved", registeredAt: -1, statusAt: -1, key, keyAt: null, former: [] };
}

/** When the batch was ordered, by the first record of its chain, and its enterprise. */
function batchIn(
  id: string,
  opened: ReadonlyMap<number, LoggedRecord>,
): { id: string; orderedMs: number; owner: string } | undefined {
  let orderedMs: number | undefined;
  let owner = "";
  for (const { record } of opened.values())
    for (const { of, n } of record.chains) {
      if (of !== `batch:${id}`) continue;
      if (n === 0) orderedMs = Date.parse(record.recorded);
      if (record.statement.kind === "issuing") owner = String(record.statement.public["enterprise"]);
    }
  return orderedMs === undefined ? undefined : { id, orderedMs, owner };
}

function refuse(record: number, { rule, expected, found }: Refusal): never {
  return failRule({ rule, record, expected, found });
}
