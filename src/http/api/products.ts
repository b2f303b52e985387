import { z } from "@hono/zod-openapi";
import { decideProduct } from "../../services/filing/decide-product.ts";
import { fileProduct } from "../../services/filing/file-product.ts";
import { getProduct, listProducts } from "../../services/filing/read-products.ts";
import { listOf, mapOf } from "./bounded.ts";
import { CategoryCode, Country, Gtin, identifier, idParam, line, Names, pageOf, Time } from "./fields.ts";
import { decisionRoute } from "./decision.ts";
import {
  type Api,
  idempotent,
  IdempotencyHeader,
  json,
  jsonBody,
  nextPage,
  PageQuery,
  route,
} from "./route.ts";

const MAX_ATTRIBUTES = 50;
const ProductId = idParam("prd_8m2kq4x7w9zrt3hd");
const ProductStatus = z.enum(["requested", "approved", "declined"]);
const VIEWERS = ["enterprise", "authority", "operator"] as const;
const tags = ["Goods"];

const Registration = z.strictObject({ type: line(60), number: line(60) });

const ProductInput = z.strictObject({
  names: Names,
  brand: line(100).optional(),
  specification: line(300).optional(),
  gtin: Gtin.optional(),
  category: CategoryCode,
  hsCode: identifier().optional().openapi({ description: "6 to 10 digits.", example: "1901101090" }),
  originCountry: Country,
  registrations: listOf(Registration, 20).optional().openapi({
    description: "Registration numbers from authorities: of the overseas plant, the formula, the cosmetic.",
  }),
  attributes: mapOf(line(60), line(500), MAX_ATTRIBUTES).optional(),
});

const Product = z
  .object({
    id: z.string(),
    enterprise: z.string(),
    status: ProductStatus,
    names: z.object({ zh: z.string().optional(), en: z.string().optional() }),
    brand: z.string().optional(),
    specification: z.string().optional(),
    gtin: z.string().nullable().openapi({ description: "14 digits." }),
    category: CategoryCode,
    hsCode: z.string().optional(),
    originCountry: z.string(),
    registrations: z.array(z.object({ type: z.string(), number: z.string() })),
    attributes: z.record(z.string(), z.string()),
    reason: z.string().optional(),
    filedAt: Time,
    decidedAt: Time.optional(),
  })
  .openapi("Product");

const file = route({
  method: "post",
  path: "/products",
  operationId: "fileProduct",
  tags,
  summary: "File goods",
  roles: ["enterprise"],
  unapproved: true,
  maxBodyBytes: 256 * 1024,
  request: { headers: IdempotencyHeader, body: jsonBody(ProductInput) },
  responses: { 201: json(Product, "Filed") },
});

const list = route({
  method: "get",
  path: "/products",
  operationId: "listProducts",
  tags,
  summary: "List filed goods, newest first",
  description: "An enterprise sees its own goods.",
  roles: VIEWERS,
  unapproved: true,
  request: { query: PageQuery.extend({ status: ProductStatus.optional() }) },
  responses: { 200: json(pageOf(Product), "A page") },
});

const get = route({
  method: "get",
  path: "/products/{id}",
  operationId: "getProduct",
  tags,
  summary: "Read filed goods",
  roles: VIEWERS,
  unapproved: true,
  request: { params: ProductId },
  responses: { 200: json(Product, "The goods") },
});

/** `/products`: goods as enterprises file them. */
export function productRoutes(api: Api): void {
  api.openapi(file, async (c) => {
    const once = await idempotent(c);
    const filed = await fileProduct(c.get("service"), c.get("caller"), c.req.valid("json"), once);
    c.header("Location", `/v1/products/${filed.id}`);
    return c.json(filed, 201);
  });
  api.openapi(list, (c) => {
    const { items, next } = listProducts(c.get("service"), c.get("caller"), c.req.valid("query"));
    return c.json({ items, next: nextPage(c, next) }, 200);
  });
  api.openapi(get, (c) =>
    c.json(getProduct(c.get("service"), c.get("caller"), c.req.valid("param").id), 200),
  );
  decisionRoute(api, {
    path: "/products",
    operationId: "decideProduct",
    tags,
    summary: "Approve or decline goods",
    id: ProductId,
    schema: Product,
    verb: decideProduct,
  });
}
