import type { LedgerRecord, Statement } from "../../ledger/record.ts";
import { isCustodySubject, readStatement } from "../statement.ts";
import { isKind } from "../vocabulary.ts";
import { roleIn } from "../fact.ts";
import { refuseActor, refuseSignature } from "./actor.ts";
import {
  type CorrectionTarget,
  refuseCorrection,
  refuseErasure,
  refuseKind,
  refuseRecall,
} from "./permission.ts";
import { type Refusal, refusal } from "./refusal.ts";
import type { Standing } from "./standing.ts";
import { refuseTimes } from "./times.ts";

/** What the log says before a record. Each answer is about the log below the record's index. */
export interface KnownBefore {
  /** An organisation's standing; undefined where no record registered it. */
  standing(organisation: string): Standing | undefined;
  /** The time when a batch was ordered, milliseconds, and its enterprise; undefined where it is not known. */
  batch(id: string): { orderedMs: number; owner: string } | undefined;
  /** An event, by its reporter and id; undefined where nobody reported it. */
  event(organisation: string, id: string): CorrectionTarget | undefined;
  /** The organisation that made a record; undefined where it is not known. */
  reporter(index: number): string | undefined;
}

/** A record to be judged. */
export interface Judged {
  index: number;
  record: Pick<LedgerRecord, "recorded" | "statement" | "signature">;
  /** Whether its signature verifies; ignored where it has none. */
  verifies: boolean;
}

/**
 * Judges one record by every rule but those of custody, which need the goods' history, and of the standing that a record
 * changes. @returns the first rule that it breaks
 */
export function refuseRecord({ index, record, verifies }: Judged, known: KnownBefore): Refusal | undefined {
  const { statement, signature } = record;
  const { organisation } = statement.actor;
  const role = roleIn(organisation);
  if (role === undefined)
    return refusal("actor_not_registered", "ent_…, lab_…, aut_… or operator", organisation);
  const standing = known.standing(organisation);
  return (
    refuseKind(role, statement.kind) ??
    (registersItself(statement) ? undefined : refuseActor(organisation, statement.kind, standing)) ??
    refuseSignature(
      organisation,
      standing,
      signature === undefined ? undefined : { key: signature.key, verifies },
    ) ??
    refuseOpen(statement, { organisation, role }, known) ??
    refuseTimes({
      atMs: Date.parse(statement.at),
      recordedMs: Date.parse(record.recorded),
      orderedMs: boundByOrder(index, standing) ? orderedOf(statement, known) : undefined,
    })
  );
}

/** The rules of corrections, recalls and erasures, whose reporter need not hold the goods. */
function refuseOpen(
  statement: Statement,
  actor: Parameters<typeof refuseRecall>[0],
  known: KnownBefore,
): Refusal | undefined {
  if (statement.kind === "correcting") {
    const corrects = readStatement(statement)?.corrects;
    return refuseCorrection(actor, corrects && known.event(corrects.organisation, corrects.id));
  }
  if (statement.kind === "erasing") {
    const { record } = statement.public;
    return refuseErasure(actor, typeof record === "number" ? known.reporter(record) : undefined);
  }
  if (statement.kind !== "recalling") return undefined;
  const owners = batchesOf(statement).flatMap((id) => known.batch(id)?.owner ?? []);
  return refuseRecall(actor, owners);
}

/** An enterprise is the actor of its own filing, which nobody has approved yet. */
function registersItself({ kind, actor, subjects }: Statement): boolean {
  const [subject] = subjects;
  return (
    kind === "filing" &&
    subject !== undefined &&
    "enterprise" in subject &&
    subject.enterprise === actor.organisation
  );
}

/** Versions before standing chains took events from before the order, so records of then are not judged by this. */
function boundByOrder(index: number, standing: Pick<Standing, "base"> | undefined): boolean {
  return standing?.base === undefined || index > standing.base;
}

/** When the newest batch that a custody statement names was ordered. A correction names its event's goods. */
export function orderedOf(statement: Statement, known: Pick<KnownBefore, "batch">): number | undefined {
  if (!isKind(statement.kind)) return undefined;
  const times = batchesOf(statement).flatMap((id) => known.batch(id)?.orderedMs ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

function batchesOf({ subjects }: Statement): string[] {
  return subjects.filter(isCustodySubject).flatMap((subject) => ("batch" in subject ? [subject.batch] : []));
}
