/**
 * The rules that every record keeps, by name. The service applies them before it records, the audit to each record of
 * the log, and the verifier to each record of a bundle. docs/custody.md explains each name.
 */
export const RECORD_RULES = {
  role_may_not_report: "the role may report the kind",
  actor_not_registered: "the actor filed itself, or the operator registered it, before the record",
  actor_not_approved: "an authority or the operator has approved the actor",
  actor_not_approved_yet: "the actor was approved before the record, not after it",
  actor_declined: "the actor's filing was not declined",
  actor_suspended: "the actor is not suspended",
  registered_twice: "an organisation is registered once",
  decided_already: "only a filing that is requested is decided",
  standing_of_another: "only an organisation itself, or the role that may, changes its standing",
  standing_record_late:
    "a `standing` record comes first on its chain, for an organisation that has earlier records",
  standing_differs: "a `standing` record says what the earlier records of the organisation say",
  standing_chain_missed: "a record about an organisation's standing is on its standing chain",
  key_not_registered: "the key of a signature is the actor's registered key",
  key_revoked: "the key of a signature is not revoked",
  key_replaced: "the key of a signature is not replaced by a newer one",
  revoked_nothing: "only a registered signing key is revoked",
  keyed_suspended: "an API key is not made for an organisation that is suspended",
  signature_invalid: "a signature verifies over the statement and the log's name",
  correction_of_another: "an event is corrected by its own reporter, or by the authority",
  correction_of_recall: "recalls, liftings and corrections are not corrected",
  corrected_twice: "an event is corrected once",
  correction_of_nothing: "a correction names an event that was recorded before it",
  filed_twice: "goods and orders are filed once",
  filed_for_another: "an enterprise files its own goods and orders",
  issued_unapproved: "codes are issued once, for an approved order",
  closed_unissued: "a batch is closed once, after its codes are issued",
  closed_by_another: "an enterprise closes its own batches",
  recalled_twice: "a recall is confirmed once",
  lifted_inactive: "a recall is lifted once, after it was confirmed",
  erasure_of_another: "an organisation erases fields of its own records",
  recall_of_another: "an enterprise recalls its own batches",
  at_after_recorded: "the event's time is at most 5 minutes after its recording",
  at_before_issue: "the event's time is at most 5 minutes before the order of its batch",
  actor_records_missing: "a bundle has the whole standing chain of every actor that it shows",
} as const;

export type RecordRule = keyof typeof RECORD_RULES;

/** A rule that a record breaks, with the value that would be right and the value found. */
export interface Refusal {
  rule: RecordRule;
  expected: string;
  found: string;
}

export function refusal(rule: RecordRule, expected: string, found: string): Refusal {
  return { rule, expected, found };
}

/** Whether the result of a step is a refusal. */
export function isRefusal(result: object | undefined): result is Refusal {
  return result !== undefined && "rule" in result;
}
