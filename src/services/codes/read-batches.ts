import type { BatchStatus } from "../../store/batches.ts";
import type { Caller } from "../caller.ts";
import { Cursors, type ListInput } from "../cursor.ts";
import { maySee } from "../filing/view.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import { batchOf, batchView, type BatchView, listedBatch, type ListedBatch } from "./view.ts";

export interface BatchList extends ListInput {
  status?: BatchStatus | undefined;
}

/** Orders and batches, newest first: an enterprise sees its own, authority and operator all. */
export function listBatches(
  service: Service,
  caller: Caller,
  { limit, cursor, status }: BatchList,
): { items: ListedBatch[]; next: string | null } {
  const organisation = caller.role === "enterprise" ? caller.organisation : undefined;
  const cursors = new Cursors("batches", { organisation, status });
  const found = service.store.batches.list(cursors.placeOf(cursor), limit + 1, { organisation, status });
  const { rows, next } = cursors.page(found, limit, (row) => ({ at: row.requestedAt, id: row.id }));
  return { items: rows.map((row) => listedBatch(service, row)), next };
}

/**
 * An order or batch, for its enterprise, the authority and the operator.
 * @throws Problem not_found
 */
export function getBatch(service: Service, caller: Caller, id: string): BatchView {
  const row = batchOf(service.store, id);
  if (!maySee(caller, row.organisation)) throw notFound("batch", id);
  return batchView(service, row);
}
