import { bytesToHex } from "@noble/hashes/utils.js";
import { blindOf } from "../../core/code/leaf.ts";
import { splitItemKey } from "../../core/code/serial.ts";
import type { UnitKey } from "../../core/custody/fact.ts";
import { standingFactOf } from "../../core/custody/rules/standing.ts";
import { ancestorsOf } from "../../core/custody/segment.ts";
import { isKind } from "../../core/custody/vocabulary.ts";
import { encodeBase64 } from "../../core/ledger/base64.ts";
import { type Bundle, BUNDLE_FORMAT, type BundleUnit } from "../../core/ledger/bundle.ts";
import { namedChain, nodeChain } from "../../core/ledger/chain.ts";
import { entryOf } from "../../core/ledger/entry.ts";
import { decodeRecord } from "../../core/ledger/record.ts";
import type { ChainKey } from "../../store/derived/chains.ts";
import type { Placed } from "../../scan/batch-register.ts";
import { type Followed, followCode, codeOf, mayOpen } from "../custody/trace.ts";
import { checkedRecordsProof } from "../ledger/checked-proof.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

/**
 * Everything needed to check a code's journey offline, for one reader: the records of the code, of its batch, of the units
 * that it was in, and those that register its actors. A record of a shared unit that names others than the parties to the
 * journey is shown as its log entry only, but to the authority.
 * @throws Problem unavailable where the witnesses do not cosign in time; damaged where the proof does not lead to the
 * checkpoint's root
 */
export async function makeBundle(service: Service, placed: Placed, reader: Caller): Promise<Bundle> {
  const told = service.store.reading(() => tellAll(service, placed, reader));
  const indices = [...told.records, ...told.entries].map(({ index }) => index).sort(byNumber);
  // The proof may be for a later tree than the one read: it holds there too.
  const { size, note } = await service.publisher.covering((indices.at(-1) ?? -1) + 1);
  const proof = checkedRecordsProof(service, indices, size, note);
  return { ...told, proof: proof.map(encodeBase64), checkpoint: note };
}

/** The bundle without its proof, at one moment. */
function tellAll(service: Service, placed: Placed, reader: Caller): Omit<Bundle, "proof" | "checkpoint"> {
  const followed = followCode(service, placed);
  const { batch, key, position } = placed;
  const goods = chainsOf(service, placed, followed);
  const { epoch, serial } = splitItemKey(key);
  const showable = (index: number): boolean => mayShow(service, index, followed, reader);
  const { shown: own, entries } = split(service, goods, wantedOf(followed), showable);
  const named = filings(service, batch.product, followed);
  const actors = standingOf(service, [...own, ...named]);
  const chains = [...goods, ...actors.chains];
  const shown = [...new Set([...own, ...named, ...actors.records])].sort(byNumber);
  return {
    format: BUNDLE_FORMAT,
    origin: service.identity.origin,
    code: codeOf(service, key),
    batch: {
      id: batch.id,
      position,
      blind: bytesToHex(blindOf(service.keyring.keysOf(epoch), serial)),
      path: service.trees.proof(batch, position).map(encodeBase64),
    },
    chains: chains.map(({ of, length }) => ({ of, length })),
    units: unitsOf(service, followed, reader),
    records: shown.map((index) => ({
      index,
      record: recordText(service, index),
      disclosures: openedFields(service, index, followed, batch.organisation, reader),
    })),
    entries: entries
      .filter((index) => !shown.includes(index))
      .map((index) => ({ index, entry: entryText(service, index) })),
  };
}

/**
 * The records of the journey, the earlier ones that put a unit into another, and the corrections of all these, which may be
 * dated outside the code's stay.
 */
function wantedOf({ journey: { steps, stays } }: Followed): Set<number> {
  const facts = [...steps.map(({ fact }) => fact), ...stays.map(({ opened }) => opened)];
  return new Set(facts.flatMap(({ index, correctedBy }) => [index, correctedBy ?? index]));
}

interface BundledChain {
  of: string;
  length: number;
  /** Its key in the store; undefined for a node without a chain. */
  key?: ChainKey;
  /** True for the code's own chains, which are shown in full. */
  own: boolean;
}

/** The chains of the batch, of every ancestor node (also empty ones), and of every unit that the code was in. */
function chainsOf(service: Service, { batch, position }: Placed, followed: Followed): BundledChain[] {
  const { custody } = service.store;
  const nodes = ancestorsOf({ level: 0, start: position }, batch.count).map((segment) =>
    ownChain(service, nodeChain(service.trees.nodeHash(batch, segment)), {
      start: batch.start + segment.start,
      level: segment.level,
    }),
  );
  const units = [...unitKeys(followed)].map((unit): BundledChain => {
    const key = unit as number;
    const of = custody.nameOf(key);
    if (of === undefined) throw new RangeError(`unit ${key} is missing`);
    return { of, length: custody.chains.length(key), key, own: false };
  });
  const named = `batch:${batch.id}`;
  return [ownChain(service, named, custody.chainNamed(named)), ...nodes, ...units];
}

function ownChain({ store }: Pick<Service, "store">, of: string, key: ChainKey | undefined): BundledChain {
  const length = key === undefined ? 0 : store.custody.chains.length(key);
  return key === undefined || length === 0 ? { of, length, own: true } : { of, length, key, own: true };
}

function unitKeys({ journey }: Followed): Set<UnitKey> {
  return new Set(journey.stays.map(({ unit }) => unit));
}

/**
 * Whether a record of a shared unit outside the code's own steps may be shown in full: to the authority always, to others
 * where it names only parties to the journey and their goods, or an authority.
 */
function mayShow(service: Service, index: number, { parties }: Followed, reader: Caller): boolean {
  if (reader.role === "authority") return true;
  const { statement } = decodeRecord(bytesAt(service, index));
  const { to, carrier } = statement.public as { to?: string; carrier?: string };
  const others = [statement.actor.organisation, to, carrier].filter((id) => id !== undefined);
  if (others.some((id) => !parties.has(id) && !id.startsWith("aut_"))) return false;
  return statement.subjects.every(
    (subject) =>
      !("batch" in subject) || parties.has(service.register.get(subject.batch)?.organisation ?? ""),
  );
}

function split(
  service: Service,
  chains: BundledChain[],
  wanted: Set<number>,
  showable: (index: number) => boolean,
): { shown: number[]; entries: number[] } {
  const shown = new Set<number>();
  const entries = new Set<number>();
  for (const { key, own } of chains)
    if (key !== undefined)
      for (const { index } of service.store.custody.chains.links(key))
        (own || wanted.has(index) || showable(index) ? shown : entries).add(index);
  for (const index of shown) entries.delete(index);
  return { shown: [...shown], entries: [...entries].sort(byNumber) };
}

/**
 * The standing chains of the organisations that made the records, and of those that registered and approved them in turn.
 * The operator has none.
 */
function standingOf({ store }: Service, indices: number[]): { chains: BundledChain[]; records: number[] } {
  const chains: BundledChain[] = [];
  const records = new Set<number>();
  const seen = new Set<string>(["operator"]);
  const pending = [...indices];
  for (const index of pending) {
    const actor = store.custody.recorded.event(index)?.organisation;
    if (actor === undefined || seen.has(actor)) continue;
    seen.add(actor);
    const of = namedChain("standing", actor);
    const key = store.custody.chainNamed(of);
    // A chain without records is listed too: it says that nothing registered the actor.
    chains.push(ownChain({ store }, of, key));
    for (const link of key === undefined ? [] : store.custody.chains.links(key)) {
      records.add(link.index);
      pending.push(link.index);
    }
  }
  return { chains, records: [...records] };
}

/** The filing records of the goods and of all parties, which prove the names. */
function filings(service: Service, product: string, { parties }: Followed): number[] {
  const roles: Record<string, string> = { ent: "enterprise", lab: "assessor", aut: "authority" };
  const chains = [...parties].map((id) => `${roles[id.slice(0, 3)]}:${id}`);
  return [`product:${product}`, ...chains].flatMap((of) => {
    const { custody } = service.store;
    const key = custody.chainNamed(of);
    const first = key === undefined ? undefined : custody.chains.link(key, 0);
    return first ? [first.index] : [];
  });
}

function unitsOf(service: Service, followed: Followed, reader: Caller): BundleUnit[] {
  const insider = reader.role === "authority" || followed.parties.has(reader.organisation);
  return [...unitKeys(followed)].map((key) => {
    const row = service.store.custody.units.byNumber(key as number);
    if (row === undefined) throw new RangeError(`unit ${key} is missing`);
    const { of, id, salt } = row;
    return insider ? { of, id, salt: bytesToHex(salt) } : { of };
  });
}

function openedFields(
  service: Service,
  index: number,
  { parties }: Followed,
  owner: string,
  reader: Caller,
): string[] {
  const event = service.store.custody.recorded.event(index);
  // What is sealed about an organisation is for itself and the authority, not for parties to these goods.
  const about = event === undefined ? undefined : standingSubject(service, index, event.kind);
  const readers = about === undefined ? parties : new Set<string>();
  return service.store.ledger
    .disclosures(index)
    .filter(({ tier }) => mayOpen(tier, reader, event?.organisation ?? "", about ?? owner, readers))
    .map(({ text }) => text);
}

/** The organisation whose standing a record is about. */
function standingSubject(service: Service, index: number, kind: string): string | undefined {
  if (isKind(kind)) return undefined;
  return standingFactOf(index, decodeRecord(bytesAt(service, index)).statement)?.organisation;
}

function recordText(service: Service, index: number): string {
  return new TextDecoder().decode(bytesAt(service, index));
}

function entryText(service: Service, index: number): string {
  const bytes = bytesAt(service, index);
  return encodeBase64(entryOf(bytes, decodeRecord(bytes).chains, service.platform.sha256));
}

function bytesAt(service: Service, index: number): Uint8Array {
  const row = service.store.ledger.record(index);
  if (row === undefined) throw new RangeError(`the log has no record ${index}`);
  return row.bytes;
}

function byNumber(a: number, b: number): number {
  return a - b;
}
