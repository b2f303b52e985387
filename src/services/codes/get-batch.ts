import { maySee } from "../filing/view.ts";
import { notFound } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { batchOf, batchView, type BatchView } from "./view.ts";

/**
 * An order or batch, for its enterprise, the authority and the operator.
 * @throws Problem not_found
 */
export function getBatch(service: Service, caller: Caller, id: string): BatchView {
  const row = batchOf(service.store, id);
  if (!maySee(caller, row.organisation)) throw notFound("batch", id);
  return batchView(service, row);
}
