import { CODE_LENGTH } from "../../core/code/alphabet.ts";
import { digitalLink, shortLink } from "../../core/code/link.ts";
import { splitItemKey } from "../../core/code/serial.ts";
import type { BatchStatus } from "../../store/batches.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import type { IssuedBatch } from "../../scan/batch-register.ts";
import { batchOf, presentRow } from "./view.ts";

/** The codes of a batch to fetch: positions `first` to `last`, inclusive. */
export interface RunInput {
  first?: number | undefined;
  last?: number | undefined;
  pin?: boolean | undefined;
}

/** A run of a batch's positions [first, end). */
export interface CodeRun {
  batch: IssuedBatch;
  first: number;
  end: number;
  withPins: boolean;
}

/** One code for printing. */
export interface PrintedCode {
  position: number;
  code: string;
  url: string;
  pin?: string;
}

const FETCHABLE: readonly BatchStatus[] = ["ready", "closed"];
/** Codes made in one turn of the event loop: a millisecond of work that fits the nearest cache. */
const SLICE = 1024;
/** A placeholder code, to make the constant part of a link. */
const ANY_CODE = "0".repeat(CODE_LENGTH);

/**
 * The run of codes that a caller may fetch. A printed code is a genuine label, so codes are as valuable as the goods: only
 * the enterprise that ordered them may fetch them, and neither the authority nor the operator.
 * @throws Problem not_found, conflict before the batch is ready, invalid_request for positions outside the batch
 */
export function codeRun(service: Service, caller: Caller, id: string, input: RunInput): CodeRun {
  const row = presentRow(service, batchOf(service.store, id));
  if (row.organisation !== caller.organisation) throw notFound("batch", id);
  const batch = service.register.get(id);
  if (!FETCHABLE.includes(row.status) || batch === undefined)
    throw new Problem("conflict", `the batch is ${row.status}: its codes can be fetched once it is ready`);
  const { first = 0, last = batch.count - 1, pin: withPins = false } = input;
  if (first >= batch.count) throw invalid("first", "is beyond the batch", `0 to ${batch.count - 1}`);
  if (last >= batch.count || last < first)
    throw invalid("last", "is beyond the batch, or before first", `${first} to ${batch.count - 1}`);
  if (withPins && !batch.withPin)
    throw invalid("pin", "the batch was ordered without PINs", "false, or an order with withPin");
  return { batch, first, end: last + 1, withPins };
}

/** The codes of a run, at most 1,024 at a time, made on demand. */
export function* printedCodes(service: Service, run: CodeRun): Generator<PrintedCode[], void, undefined> {
  const { platform, keyring } = service;
  const { epoch, serial } = splitItemKey(run.batch.start);
  const keys = keyring.keysOf(epoch);
  const prefix = linkPrefix(service.settings.host, run.batch.gtin);
  const ascii = new TextDecoder();
  for (let first = run.first; first < run.end; first += SLICE) {
    const count = Math.min(SLICE, run.end - first);
    const codes = ascii.decode(platform.codes.codes(keys, serial + first, count));
    const pins = run.withPins ? platform.codes.pins(keys, serial + first, count) : [];
    yield Array.from({ length: count }, (_, i) => {
      const code = codes.slice(i * CODE_LENGTH, (i + 1) * CODE_LENGTH);
      const pin = pins[i];
      const printed = { position: first + i, code, url: prefix + code };
      return pin === undefined ? printed : { ...printed, pin };
    });
  }
}

/** The constant part of the links: they differ only in the code at their end. */
function linkPrefix(host: string, gtin: string | null): string {
  const link = gtin === null ? shortLink(host, ANY_CODE) : digitalLink(host, gtin, ANY_CODE);
  return link.slice(0, -CODE_LENGTH);
}
