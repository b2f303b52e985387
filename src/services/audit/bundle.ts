import { bytesToHex } from "@noble/hashes/utils.js";
import { blindOf } from "../../core/code/leaf.ts";
import { splitItemKey } from "../../core/code/serial.ts";
import type { UnitKey } from "../../core/custody/fact.ts";
import { ancestorsOf } from "../../core/custody/segment.ts";
import { encodeBase64 } from "../../core/ledger/base64.ts";
import { type Bundle, BUNDLE_FORMAT, type BundleUnit } from "../../core/ledger/bundle.ts";
import { nodeChain } from "../../core/ledger/chain.ts";
import { entryOf } from "../../core/ledger/entry.ts";
import { decodeRecord } from "../../core/ledger/record.ts";
import type { ChainHead } from "../../store/log.ts";
import type { Placed } from "../../scan/batch-register.ts";
import { type Followed, followCode, codeOf, mayOpen } from "../custody/trace.ts";
import { checkedRecordsProof } from "../ledger/checked-proof.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

/**
 * Everything needed to check a code's journey offline, for one reader. Records of a shared unit from outside the code's stay
 * are shown as log entries only.
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
  const chains = chainsOf(service, placed, followed);
  const wanted = wantedOf(followed);
  const { epoch, serial } = splitItemKey(key);
  const { shown, entries } = split(service, chains, wanted, filings(service, batch.product, followed));
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
    entries: entries.map((index) => ({ index, entry: entryText(service, index) })),
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
  /** Its id in the store; undefined for a node without a chain. */
  id?: number;
  /** True for the code's own chains, which are shown in full. */
  own: boolean;
}

/** The chains of the batch, of every ancestor node (also empty ones), and of every unit that the code was in. */
function chainsOf(service: Service, { batch, position }: Placed, followed: Followed): BundledChain[] {
  const { ledger, custody } = service.store;
  const nodes = ancestorsOf({ level: 0, start: position }, batch.count).map((segment) => {
    const head = custody.chainAt({ start: batch.start + segment.start, level: segment.level });
    return ownChain(nodeChain(service.trees.nodeHash(batch, segment)), head);
  });
  const units = [...unitKeys(followed)].map((key): BundledChain => {
    const head = ledger.chainById(key as number);
    if (head === undefined) throw new RangeError(`chain ${key} is missing`);
    return { of: head.of, length: head.length, id: head.id, own: false };
  });
  const named = `batch:${batch.id}`;
  return [ownChain(named, ledger.chain(named)), ...nodes, ...units];
}

function ownChain(of: string, head: ChainHead | undefined): BundledChain {
  return head ? { of, length: head.length, id: head.id, own: true } : { of, length: 0, own: true };
}

function unitKeys({ journey }: Followed): Set<UnitKey> {
  return new Set(journey.stays.map(({ unit }) => unit));
}

function split(
  service: Service,
  chains: BundledChain[],
  wanted: Set<number>,
  filed: number[],
): { shown: number[]; entries: number[] } {
  const shown = new Set(filed);
  const entries = new Set<number>();
  for (const { id, own } of chains)
    if (id !== undefined)
      for (const { index } of service.store.custody.links(id))
        (own || wanted.has(index) ? shown : entries).add(index);
  for (const index of shown) entries.delete(index);
  return { shown: [...shown].sort(byNumber), entries: [...entries].sort(byNumber) };
}

/** The filing records of the goods and of all parties, which prove the names. */
function filings(service: Service, product: string, { parties }: Followed): number[] {
  const roles: Record<string, string> = { ent: "enterprise", lab: "assessor", aut: "authority" };
  const chains = [...parties].map((id) => `${roles[id.slice(0, 3)]}:${id}`);
  return [`product:${product}`, ...chains].flatMap((of) => {
    const head = service.store.ledger.chain(of);
    const first = head && service.store.custody.links(head.id)[0];
    return first ? [first.index] : [];
  });
}

function unitsOf(service: Service, followed: Followed, reader: Caller): BundleUnit[] {
  const insider = reader.role === "authority" || followed.parties.has(reader.organisation);
  return [...unitKeys(followed)].map((key) => {
    const of = service.store.custody.chainName(key as number) as string;
    const row = service.store.custody.unitOfChain(key as number);
    return insider && row ? { of, id: row.id, salt: bytesToHex(row.salt) } : { of };
  });
}

function openedFields(
  service: Service,
  index: number,
  { parties }: Followed,
  owner: string,
  reader: Caller,
): string[] {
  const reporter = service.store.custody.event(index)?.organisation ?? "";
  return service.store.ledger
    .disclosures(index)
    .filter(({ tier }) => mayOpen(tier, reader, reporter, owner, parties))
    .map(({ text }) => text);
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
