import type { ProductRow } from "../../store/filing.ts";
import type { Caller } from "../caller.ts";
import { Cursors, type ListInput } from "../cursor.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import { productOf } from "./standing.ts";
import { maySee, productView, type ProductView } from "./view.ts";

export interface ProductList extends ListInput {
  status?: ProductRow["status"] | undefined;
}

/** Filed goods, newest first: an enterprise sees its own, authority and operator all. */
export function listProducts(
  service: Service,
  caller: Caller,
  { limit, cursor, status }: ProductList,
): { items: ProductView[]; next: string | null } {
  const organisation = caller.role === "enterprise" ? caller.organisation : undefined;
  const cursors = new Cursors("products", { organisation, status });
  const place = cursors.placeOf(cursor);
  const found = service.store.filing.products(place, limit + 1, { organisation, status });
  const { rows, next } = cursors.page(found, limit, (row) => ({ at: row.filedAt, id: row.id }));
  return { items: rows.map(productView), next };
}

/**
 * Filed goods, for their enterprise, the authority and the operator.
 * @throws Problem not_found
 */
export function getProduct(service: Service, caller: Caller, id: string): ProductView {
  const row = productOf(service.store, id);
  if (!maySee(caller, row.organisation)) throw notFound("product", id);
  return productView(row);
}
