import { isKind, type Kind } from "../../core/custody/vocabulary.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Cursors } from "../cursor.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import type { EventReceipt } from "./event.ts";
import { recordAt } from "./trace.ts";

/** An event in the list of its reporter. */
export interface ListedEvent extends EventReceipt {
  organisation: string;
  at: string;
  correctedBy?: number;
}

/**
 * Events, newest first by log index: an organisation sees its own; the authority all, or those of one organisation.
 * @throws Problem for a cursor of another list
 */
export function listEvents(
  service: Service,
  caller: Caller,
  options: { cursor: string | undefined; limit: number; organisation: string | undefined },
): { items: ListedEvent[]; next: string | null } {
  const organisation = caller.role === "authority" ? options.organisation : caller.organisation;
  const items: ListedEvent[] = [];
  const cursors = new Cursors("events", { organisation });
  let before = cursors.placeOf(options.cursor).at;
  // The log also holds records of administration: skip them.
  for (;;) {
    const rows = service.store.custody.recorded.eventsBefore(before, options.limit + 1, organisation);
    for (const row of rows) {
      before = row.index;
      if (!isKind(row.kind)) continue;
      if (items.length === options.limit)
        return { items, next: cursors.after((items.at(-1) as ListedEvent).index, "") };
      items.push(listed(service, row.index, row.kind, row.organisation, row.correctedBy));
    }
    if (rows.length <= options.limit) return { items, next: null };
  }
}

function listed(
  service: Service,
  index: number,
  kind: Kind,
  organisation: string,
  correctedBy: number | null,
): ListedEvent {
  const { statement, recorded } = recordAt(service, index);
  const digest = bytesToHex(service.platform.sha256(service.store.ledger.record(index)?.bytes as Uint8Array));
  const event: ListedEvent = {
    id: statement.id,
    kind,
    index,
    digest,
    recorded,
    organisation,
    at: statement.at,
  };
  return correctedBy === null ? event : { ...event, correctedBy };
}
