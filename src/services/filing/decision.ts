import type { Subject } from "../../core/ledger/record.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { StoredAnswer, Transaction, WriteRequest } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";

/** The decision on a request; declining has a reason. */
export type Decision = { decision: "approve" } | { decision: "decline"; reason: string };

/** A filing or order that can be approved or declined. */
export interface Decidable {
  /** Its name in messages: enterprise, product, order. */
  what: string;
  status: string;
  subject: Subject;
  /** The chains that the decision's record extends. */
  chains: string[];
  /** Throws a Problem where something that it depends on is not approved yet. */
  requireApprovable?: () => void;
  /** Writes the decision into its row. */
  store: (status: "approved" | "declined", reason: string | null, atMs: number) => void;
}

/**
 * Decides what `find` finds, in one transaction, and answers with `view` of it.
 * @throws Problem not_found, conflict where it is decided already or cannot be approved yet
 */
export function decide<V>(
  service: Service,
  caller: Caller,
  decision: Decision,
  { find, view }: { find: (store: Store) => Decidable; view: (store: Store) => V },
  once?: WriteRequest,
): Promise<StoredAnswer<V>> {
  return service.writer.submitOnce(once, (tx) => {
    const thing = find(tx.store);
    if (thing.status !== "requested")
      throw new Problem(
        "conflict",
        `the ${thing.what} is ${thing.status}: only one that is requested can be decided`,
      );
    if (decision.decision === "approve") thing.requireApprovable?.();
    recordDecision(service, tx, caller, thing, decision);
    return view(tx.store);
  });
}

/** Sets the status and records who decided. The reason is sealed: only the applicant reads it. */
export function recordDecision(
  { platform }: Pick<Service, "platform">,
  tx: Transaction,
  caller: Caller,
  { subject, chains, store }: Decidable,
  decision: Decision,
): void {
  const status = decision.decision === "approve" ? "approved" : "declined";
  const reason = decision.decision === "decline" ? decision.reason : null;
  store(status, reason, tx.nowMs);
  tx.append(
    administrationDraft(
      {
        kind: "deciding",
        caller,
        atMs: tx.nowMs,
        subject,
        chains,
        public: { decision: status },
        ...(reason === null ? {} : { sealed: { owner: { reason } } }),
      },
      platform,
    ),
  );
}
