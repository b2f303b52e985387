import { momentOf } from "../../core/custody/fact.ts";
import type { Step } from "../../core/custody/journey.ts";
import type { Vacancy } from "../../core/custody/state.ts";
import { ruleOf } from "../../core/custody/vocabulary.ts";
import { parseUnitId } from "../../core/custody/unit.ts";
import { invalid, notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { contentsAt, vacancyOf } from "./contents.ts";
import { StoreReader } from "./reader.ts";
import { followUnit, partiesOf, traceSteps } from "./trace.ts";
import type { TraceStep } from "./view.ts";

export interface UnitView {
  id: string;
  /** This field and the following ones are for the authority and the parties of the unit's current use. */
  holder?: string | null;
  held?: boolean;
  /** The unit that contains it now. */
  inside?: string;
  /** Its contents now: codes by batch, and units. */
  contents?: { codes: number; batches: { batch: string; codes: number }[]; units: string[] };
  steps: TraceStep[];
}

/**
 * A logistic unit, for its parties and the authority. Containers are reused: an enterprise sees the uses (from one emptying
 * to the next) in which it took part, and the contents if the current use is one of them.
 * @throws Problem not_found for a unit that no event names, or that the caller may not see
 */
export function traceUnit(service: Service, caller: Caller, text: string): UnitView {
  return service.store.reading(() => tellUnit(service, caller, text));
}

function tellUnit(service: Service, caller: Caller, text: string): UnitView {
  const id = readId(text, caller.organisation);
  const unit = service.store.custody.units.find(id);
  if (unit === undefined) throw notFound("unit", id);
  const followed = followUnit(service, unit.number);
  const reader = new StoreReader(service.store, service.register);
  const lives = livesOf(followed.journey.steps, vacancyOf(reader, unit.number));
  const mine = lives.filter((life) => caller.role === "authority" || life.parties.has(caller.organisation));
  if (mine.length === 0) throw notFound("unit", id);
  const steps = mine.flatMap((life) =>
    traceSteps(service, { journey: { steps: life.steps, stays: [] }, parties: life.parties }, caller, null),
  );
  const { state } = followed;
  if (mine.at(-1) !== lives.at(-1)) return { id, steps };
  const view: UnitView = {
    id,
    holder: state.holder,
    held: state.holds.size > 0,
    contents: contentsNow(service, reader, unit.number),
    steps,
  };
  const around = state.unit === null ? undefined : service.store.custody.units.byNumber(state.unit as number);
  return around ? { ...view, inside: around.id } : view;
}

interface Life {
  steps: Step[];
  parties: Set<string>;
}

/**
 * The steps of a unit, cut where it is filled while empty and where it is emptied: events of the empty unit belong to no
 * use.
 */
function livesOf(steps: Step[], vacant: Vacancy): Life[] {
  const lives: Life[] = [];
  let open: Step[] = [];
  const end = (): void => {
    if (open.length > 0) lives.push({ steps: open, parties: partiesOf(open) });
    open = [];
  };
  for (const step of steps) {
    const { fact, via } = step;
    const own = via.length === 0 && fact.part === "parent" && fact.correctedBy === undefined;
    if (own && ruleOf(fact.kind).moves === "in" && vacant(momentOf(fact))) end();
    open.push(step);
    if (own && fact.empties === true) end();
  }
  end();
  return lives;
}

function contentsNow(
  service: Service,
  reader: StoreReader,
  chain: number,
): NonNullable<UnitView["contents"]> {
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
    units: units.map((unit) => service.store.custody.units.byNumber(unit as number)?.id ?? "unknown"),
  };
}

function readId(text: string, organisation: string): string {
  try {
    return parseUnitId(text, organisation);
  } catch (error) {
    throw invalid("id", (error as Error).message, "sscc:…, container:… or lpn:…");
  }
}
