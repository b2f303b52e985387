import type { IssuedBatch } from "./batch-register.ts";
import type { Names } from "../core/goods/names.ts";
import type { BatchFacts } from "./answer.ts";
import type { Store } from "../store/store.ts";
import { byteText, textOf } from "./byte-text.ts";

/** About half a kilobyte each. */
const CACHED_BATCHES = 20_480;

/**
 * Cache of the facts that a scan shows of each batch (`FoundAnswer.factsJson`), for the batches read last. Approved filings
 * and orders do not change, so no entry becomes stale.
 */
export class BatchFactsCache {
  private readonly store: Store;
  /** By number of the batch. */
  private readonly known: (string | undefined)[] = [];
  /** Numbers of the cached batches, the oldest entry first. */
  private readonly order = new Set<number>();

  constructor(store: Store) {
    this.store = store;
  }

  of(batch: IssuedBatch): string {
    return (
      this.known[batch.number] ?? this.keep(batch, byteText(JSON.stringify(this.read(batch)).slice(1, -1)))
    );
  }

  private keep(batch: IssuedBatch, facts: string): string {
    while (this.known.length <= batch.number) this.known.push(undefined);
    this.known[batch.number] = facts;
    this.order.add(batch.number);
    const [oldest] = this.order;
    if (this.order.size > CACHED_BATCHES && oldest !== undefined) {
      this.order.delete(oldest);
      this.known[oldest] = undefined;
    }
    return facts;
  }

  private read(batch: IssuedBatch): BatchFacts {
    const filed = this.store.batches.filings(batch.id);
    const terms = fields(filed?.terms);
    const filing = fields(filed?.goods);
    const enterprise = fields(filed?.enterprise);
    return {
      product: {
        gtin: batch.gtin,
        name: namesOf(filing),
        ...text("brand", filing["brand"]),
        ...text("specification", filing["specification"]),
        category: batch.category,
        ...text("originCountry", terms["originCountry"] ?? filing["originCountry"], /^[A-Z]{2}$/),
      },
      batch: {
        id: batch.id,
        lot: batch.lot,
        ...text("productionDate", terms["productionDate"], /^\d{4}-\d\d-\d\d$/),
        ...text("expiryDate", terms["expiryDate"], /^\d{4}-\d\d-\d\d$/),
        tradeMode: batch.mode,
      },
      enterprise: { id: batch.organisation, name: namesOf(enterprise) },
    };
  }
}

/** The facts in a text that `BatchFactsCache` made. */
export function readFacts(factsJson: string): BatchFacts {
  return JSON.parse(`{${textOf(factsJson)}}`) as BatchFacts;
}

/** The fields of a stored filing. */
function fields(json: string | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(json ?? "{}");
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function namesOf(filing: Record<string, unknown>): Names {
  const names = filing["names"];
  if (typeof names !== "object" || names === null) return {};
  const { zh, en } = names as Record<string, unknown>;
  return { ...text("zh", zh), ...text("en", en) };
}

/** An object with the member if it is a text of the right shape, else an empty one. */
function text<N extends string>(name: N, value: unknown, shape = /\S/): Partial<Record<N, string>> {
  if (typeof value !== "string" || !shape.test(value)) return {};
  return { [name]: value } as Partial<Record<N, string>>;
}
