import { namedChain } from "../../core/ledger/chain.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { batchOf, batchView, type BatchView } from "./view.ts";

/**
 * Closes a batch, for its enterprise or the authority: unactivated codes expire, the others stay as they are.
 * @throws Problem not_found, conflict unless it is ready
 */
export async function closeBatch(
  service: Service,
  caller: Caller,
  id: string,
  once?: WriteRequest,
): Promise<BatchView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    const row = batchOf(tx.store, id);
    if (caller.role !== "authority" && row.organisation !== caller.organisation) throw notFound("batch", id);
    if (row.status !== "ready")
      throw new Problem("conflict", `the batch is ${row.status}: only a ready batch can be closed`);
    tx.store.batches.close(id, tx.nowMs);
    tx.append(
      administrationDraft(
        {
          kind: "closing",
          caller,
          atMs: tx.nowMs,
          subject: { batch: id },
          chains: [namedChain("batch", id)],
          public: {},
        },
        service.platform,
      ),
    );
    return batchView(service, batchOf(tx.store, id));
  });
  service.register.close(id);
  return answer.value;
}
