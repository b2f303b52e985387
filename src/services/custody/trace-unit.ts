import { parseUnitId } from "../../custody/unit.ts";
import { invalid, notFound } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { contentsAt } from "./contents.ts";
import { StoreReader } from "./reader.ts";
import { followUnit, traceSteps } from "./trace.ts";
import type { TraceStep } from "./view.ts";

export interface UnitView {
  id: string;
  holder: string | null;
  held: boolean;
  /** The unit that it is in now. */
  inside?: string;
  /** What is in it now: codes by batch, and units. */
  contents: { codes: number; batches: { batch: string; codes: number }[]; units: string[] };
  steps: TraceStep[];
}

/**
 * A logistic unit as somebody who took part, or the authority, sees it.
 * @throws Problem not_found for a unit that no event names, or that is not the caller's to see
 */
export function traceUnit(service: Service, caller: Caller, text: string): UnitView {
  const id = readId(text, caller.organisation);
  const unit = service.store.custody.unit(id);
  if (unit === undefined) throw notFound("unit", id);
  const followed = followUnit(service, unit.chain);
  if (caller.role !== "authority" && !followed.parties.has(caller.organisation)) throw notFound("unit", id);
  const { state } = followed;
  const view: UnitView = {
    id,
    holder: state.holder,
    held: state.holds.size > 0,
    contents: contentsNow(service, unit.chain),
    steps: traceSteps(service, followed, caller, null),
  };
  const around = state.unit === null ? undefined : service.store.custody.unitOfChain(state.unit as number);
  return around ? { ...view, inside: around.id } : view;
}

function contentsNow(service: Service, chain: number): UnitView["contents"] {
  const reader = new StoreReader(service.store, service.register);
  const now = { atMs: service.platform.now(), index: Number.MAX_SAFE_INTEGER - 1 };
  const { segments, units } = contentsAt(reader, chain, now);
  const batches = new Map<string, number>();
  for (const { level, start } of segments) {
    const batch = reader.batchAt(start);
    const codes = Math.min(start + 2 ** level, batch.start + batch.count) - start;
    batches.set(batch.id, (batches.get(batch.id) ?? 0) + codes);
  }
  return {
    codes: [...batches.values()].reduce((sum, codes) => sum + codes, 0),
    batches: [...batches].map(([batch, codes]) => ({ batch, codes })),
    units: units.map((unit) => service.store.custody.unitOfChain(unit as number)?.id ?? "unknown"),
  };
}

function readId(text: string, organisation: string): string {
  try {
    return parseUnitId(text, organisation);
  } catch (error) {
    throw invalid("id", (error as Error).message, "sscc:…, container:… or lpn:…");
  }
}
