import type { BatchStatus } from "../../store/batches.ts";
import { page, placeOf } from "../cursor.ts";
import type { ListInput } from "../filing/list-organisations.ts";
import type { Caller, Service } from "../service.ts";
import { listedBatch, type ListedBatch } from "./view.ts";

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
  const found = service.store.batches.list(placeOf(cursor), limit + 1, { organisation, status });
  const { rows, next } = page(found, limit, (row) => ({ at: row.requestedAt, id: row.id }));
  return { items: rows.map((row) => listedBatch(service, row)), next };
}
