import { notFound } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { productOf } from "./decide-product.ts";
import { maySee, productView, type ProductView } from "./view.ts";

/**
 * Filed goods, for their enterprise, the authority and the operator.
 * @throws Problem not_found
 */
export function getProduct(service: Service, caller: Caller, id: string): ProductView {
  const row = productOf(service.store, id);
  if (!maySee(caller, row.organisation)) throw notFound("product", id);
  return productView(row);
}
