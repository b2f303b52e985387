import { parseCategory } from "../../core/goods/category.ts";
import { parseCountry } from "../../core/goods/country.ts";
import { parseGtin } from "../../core/goods/gtin.ts";
import { parseHs } from "../../core/goods/hs.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import type { ProductRow } from "../../store/filing.ts";
import type { Names } from "../../core/goods/names.ts";
import { FieldReader } from "../field-reader.ts";
import { newId } from "../id.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { type Caller, AUTO_APPROVAL } from "../caller.ts";
import { decidableProduct } from "./decide-product.ts";
import { recordDecision } from "./decision.ts";
import { enterpriseOf, organisationChain, productOf } from "./standing.ts";
import { type NamesInput, type ProductFiling, productView, type ProductView } from "./view.ts";
import { recordOrKeep } from "./waiting.ts";

export interface ProductInput {
  names: NamesInput;
  brand?: string | undefined;
  specification?: string | undefined;
  gtin?: string | undefined;
  category: string;
  hsCode?: string | undefined;
  originCountry: string;
  /** Numbers assigned by authorities: registration of the foreign plant, of the formula, of the cosmetic. */
  registrations?: { type: string; number: string }[] | undefined;
  attributes?: Record<string, string> | undefined;
}

interface SoundProduct {
  category: ProductRow["category"];
  gtin: string | null;
  filing: ProductFiling;
}

/**
 * Files goods of an enterprise. They wait for the authority, unless the enterprise is approved and the settings or its terms
 * approve its goods at once.
 * @throws Problem invalid_request that names the fields, forbidden where the enterprise was declined or is suspended,
 * conflict where too many goods wait for the approval of their enterprise
 */
export async function fileProduct(
  service: Service,
  caller: Caller,
  input: ProductInput,
  once?: WriteRequest,
): Promise<ProductView> {
  const sound = soundProduct(input);
  const id = newId("prd");
  const answer = await service.writer.submitOnce(once, (tx) => {
    const owner = enterpriseOf(tx.store, caller.organisation);
    if (owner.status !== "requested" && owner.status !== "approved")
      throw new Problem("forbidden", `the enterprise's filing is ${owner.status}: it cannot file goods`);
    tx.store.filing.addProduct({
      id,
      organisation: owner.id,
      status: "requested",
      gtin: sound.gtin,
      category: sound.category,
      filing: JSON.stringify(sound.filing),
      filedAt: tx.nowMs,
    });
    recordFiling(service, tx, caller, id, sound);
    if (owner.status === "approved" && (service.settings.autoApprove || owner.autoApprove))
      recordDecision(service, tx, AUTO_APPROVAL, decidableProduct(tx.store, productOf(tx.store, id)), {
        decision: "approve",
      });
    return productView(productOf(tx.store, id));
  });
  return answer.value;
}

function soundProduct(input: ProductInput): SoundProduct {
  const reader = new FieldReader();
  const category = reader.read("category", () => parseCategory(input.category).code);
  const gtin = reader.readOptional("gtin", input.gtin, parseGtin);
  const hsCode = reader.readOptional("hsCode", input.hsCode, parseHs);
  const originCountry = reader.read("originCountry", () => parseCountry(input.originCountry));
  reader.assertSound();
  const filing: ProductFiling = {
    names: input.names as Names,
    ...(input.brand === undefined ? {} : { brand: input.brand }),
    ...(input.specification === undefined ? {} : { specification: input.specification }),
    ...(hsCode === undefined ? {} : { hsCode }),
    originCountry: originCountry as string,
    registrations: input.registrations ?? [],
    attributes: input.attributes ?? {},
  };
  return { category: category as ProductRow["category"], gtin: gtin ?? null, filing };
}

function recordFiling(
  service: Service,
  tx: Transaction,
  caller: Caller,
  id: string,
  { category, gtin, filing }: SoundProduct,
): void {
  const { names, brand, hsCode, originCountry } = filing;
  const { specification, registrations, attributes } = filing;
  recordOrKeep(
    tx,
    caller.organisation,
    administrationDraft(
      {
        kind: "filing",
        caller,
        atMs: tx.nowMs,
        subject: { product: id },
        chains: [
          namedChain("product", id),
          organisationChain({ role: "enterprise", id: caller.organisation }),
        ],
        public: {
          enterprise: caller.organisation,
          names: { ...names },
          category,
          gtin,
          originCountry,
          hsCode: hsCode ?? null,
          brand: brand ?? null,
        },
        sealed: {
          parties: {
            ...(specification === undefined ? {} : { specification }),
            ...(registrations.length === 0 ? {} : { registrations }),
            ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
          },
        },
      },
      service.platform,
    ),
  );
}
