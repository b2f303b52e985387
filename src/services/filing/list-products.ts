import type { ProductRow } from "../../store/filing.ts";
import { page, placeOf } from "../cursor.ts";
import type { Caller, Service } from "../service.ts";
import type { ListInput } from "./list-organisations.ts";
import { productView, type ProductView } from "./view.ts";

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
  const found = service.store.filing.products(placeOf(cursor), limit + 1, { organisation, status });
  const { rows, next } = page(found, limit, (row) => ({ at: row.filedAt, id: row.id }));
  return { items: rows.map(productView), next };
}
