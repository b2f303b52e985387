import { encipherSerial } from "../../core/code/cipher.ts";
import { splitItemKey } from "../../core/code/serial.ts";
import { roleOf, type Thing, type UnitKey } from "../../core/custody/fact.ts";
import { type Journey, journeyOf, type Step } from "../../core/custody/journey.ts";
import { type State, stateOf } from "../../core/custody/state.ts";
import { unitTypeOf } from "../../core/custody/unit.ts";
import { bizStepUri } from "../../core/custody/vocabulary-base.ts";
import { ruleOf } from "../../core/custody/vocabulary.ts";
import { openDisclosure } from "../../core/ledger/disclosure.ts";
import { decodeRecord, type LedgerRecord } from "../../core/ledger/record.ts";
import type { Names } from "../../core/goods/names.ts";
import type { StoredDisclosure, Tier } from "../../store/log.ts";
import type { IssuedBatch, Placed } from "../../scan/batch-register.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { vacancyOf } from "./contents.ts";
import { StoreReader } from "./reader.ts";
import type { Place, ReportView, TraceStep, TraceView } from "./view.ts";

/** A journey with its resulting state and its parties. */
export interface Followed {
  journey: Journey;
  state: State;
  /** Organisations that reported, were named as next holder, delegate or carrier, or own the batch. */
  parties: Set<string>;
}

/** Follows a code through every unit that it was in. */
export function followCode(service: Service, placed: Placed): Followed {
  return follow(service, { segment: { level: 0, start: placed.key } }, placed.batch.organisation);
}

/** Follows a unit. */
export function followUnit(service: Service, chain: number): Followed {
  return follow(service, { unit: chain }, null);
}

function follow(service: Service, thing: Thing, owner: string | null): Followed {
  const reader = new StoreReader(service.store, service.register);
  const journey = journeyOf(reader, thing);
  const parties = partiesOf(journey.steps);
  if (owner !== null) parties.add(owner);
  const vacant = "unit" in thing ? vacancyOf(reader, thing.unit) : undefined;
  return { journey, state: stateOf(journey, owner, vacant), parties };
}

/** The reporters of the steps, and the next holders, delegates and carriers that they name. */
export function partiesOf(steps: Step[]): Set<string> {
  const parties = new Set<string>();
  for (const { fact } of steps) {
    parties.add(fact.organisation);
    // A corrected event makes nobody a party.
    if (fact.correctedBy === undefined)
      for (const id of [fact.to, fact.carrier]) if (id !== undefined) parties.add(id);
  }
  return parties;
}

/** The sealed fields of a step that a reader may see. */
export function mayOpen(
  tier: Tier,
  reader: Caller,
  reporter: string,
  owner: string | null,
  parties: Set<string>,
): boolean {
  if (reader.role === "authority") return true;
  if (reader.role === "anonymous" || reader.role === "operator") return false;
  if (reader.organisation === reporter) return true;
  if (tier === "owner") return reader.organisation === owner;
  return tier === "parties" && parties.has(reader.organisation);
}

/** The whole journey of a code, each step with the index of its record, as far as the reader may see it. */
export function traceCode(service: Service, placed: Placed, reader: Caller): TraceView {
  return service.store.reading(() => tellCode(service, placed, reader));
}

function tellCode(service: Service, placed: Placed, reader: Caller): TraceView {
  const { batch, key, position } = placed;
  const followed = followCode(service, placed);
  const { state } = followed;
  const insider = reader.role === "authority" || followed.parties.has(reader.organisation);
  const product = service.store.filing.product(batch.product);
  const view: TraceView = {
    code: codeOf(service, key),
    batch: batch.id,
    position,
    product: {
      id: batch.product,
      gtin: batch.gtin,
      name: namesIn(product?.filing),
      category: batch.category,
      lot: batch.lot,
    },
    enterprise: { id: batch.organisation, name: organisationName(service, batch.organisation) },
    status: state.status,
    held: state.holds.size > 0,
    recalls: [...state.recalls],
    steps: traceSteps(service, followed, reader, batch),
    findings: state.findings,
  };
  return insider && state.holder !== null ? { ...view, holder: state.holder } : view;
}

/** The steps of a journey that a reader may see. */
export function traceSteps(
  service: Service,
  { journey, parties }: Pick<Followed, "journey" | "parties">,
  reader: Caller,
  batch: Pick<IssuedBatch, "organisation"> | null,
): TraceStep[] {
  const insider = reader.role === "authority" || parties.has(reader.organisation);
  return journey.steps.map((step) =>
    viewStep(service, step, reader, batch?.organisation ?? null, parties, insider),
  );
}

function viewStep(
  service: Service,
  step: Step,
  reader: Caller,
  owner: string | null,
  parties: Set<string>,
  insider: boolean,
): TraceStep {
  const { fact } = step;
  const record = recordAt(service, fact.index);
  const { statement } = record;
  const { place, reports, disposition, ...rest } = statement.public as {
    place?: Place;
    reports?: ReportView[];
    disposition?: string;
  };
  const rule = ruleOf(fact.kind);
  const disclosures = service.store.ledger.disclosures(fact.index);
  const opened = disclosures.filter(({ tier }) => mayOpen(tier, reader, fact.organisation, owner, parties));
  const view: TraceStep = {
    index: fact.index,
    event: statement.id,
    kind: fact.kind,
    bizStep: bizStepUri(fact.kind, service.settings.vocabulary),
    disposition: disposition ?? rule.disposition,
    at: statement.at,
    recorded: record.recorded,
    by: {
      organisation: fact.organisation,
      role: roleOf(fact.organisation),
      name: organisationName(service, fact.organisation),
    },
    reports: reports ?? [],
    public: rest,
    sealed: opened.map(openField),
    withheld: statement.sealed.length - opened.length,
    via: step.via.map((unit) => viewUnit(service, unit, insider)),
    signed: record.signature !== undefined,
  };
  if (place) view.place = place;
  if (fact.correctedBy !== undefined) view.correctedBy = fact.correctedBy;
  if (step.upstream !== undefined) view.upstream = step.upstream;
  return view;
}

function openField({ tier, text }: StoredDisclosure): TraceStep["sealed"][number] {
  const { name, value } = openDisclosure(text);
  return { tier, name, value };
}

/** The type of a unit, and for its parties the number. */
function viewUnit(service: Service, unit: UnitKey, insider: boolean): TraceStep["via"][number] {
  const row = service.store.custody.units.byNumber(unit as number);
  if (row === undefined) return { type: "other" };
  const type = unitTypeOf(row.id);
  const shown = type === "lpn" ? "other" : type;
  return insider ? { type: shown, id: row.id } : { type: shown };
}

/** @throws RangeError where the log has no such record */
export function recordAt(service: Service, index: number): LedgerRecord {
  const row = service.store.ledger.record(index);
  if (row === undefined) throw new RangeError(`the log has no record ${index}`);
  return decodeRecord(row.bytes);
}

/** The 16 characters of an item key. */
export function codeOf(service: Service, key: number): string {
  const { epoch, serial } = splitItemKey(key);
  return encipherSerial(service.keyring.keysOf(epoch), serial);
}

/** The public names of an organisation; the operator has none. */
function organisationName(service: Service, id: string): Names {
  return namesIn(service.store.filing.organisation(id)?.filing);
}

function namesIn(filing: string | undefined): Names {
  if (filing === undefined) return {};
  return (JSON.parse(filing) as { names?: Names }).names ?? {};
}
