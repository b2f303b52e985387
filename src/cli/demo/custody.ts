import { signerFromSeed } from "../../core/ledger/ed25519.ts";
import { encodeSignature, signedMessage, type Statement } from "../../core/ledger/record.ts";
import { encodeBase64 } from "../../core/ledger/base64.ts";
import type { Kind } from "../../core/custody/vocabulary.ts";
import type { Client } from "../client.ts";
import type { Actor } from "./actors.ts";

/** The subject of an event: all of a batch, a run of its positions, or a unit. */
export type Subject = { batch: string } | { batch: string; first: number; last: number } | { unit: string };

/** An event as POST /v1/events takes it. */
export interface DemoEvent {
  kind: Kind;
  at: string;
  subjects: Subject[];
  [field: string]: unknown;
}

interface Prepared {
  statement: Statement;
  disclosures: unknown[];
}

/** The most events that one call takes. */
const CALL_SIZE = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

/** Reports custody events through the API, and counts those that the service acknowledged. */
export class Custody {
  events = 0;
  private readonly client: Client;
  private readonly todayMs: number;
  private readonly origin: string;
  private readonly acknowledged: (events: number) => void;

  /**
   * @param origin the log's, which actors that sign put into their messages
   * @param acknowledged called after each call, with the events so far
   */
  constructor(client: Client, nowMs: number, origin: string, acknowledged: (events: number) => void) {
    this.client = client;
    this.todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
    this.origin = origin;
    this.acknowledged = acknowledged;
  }

  /** A time of the day that many days before today, UTC, as ISO 8601. */
  at(daysAgo: number, hour: number, minute = 0): string {
    return new Date(this.todayMs - daysAgo * DAY_MS + (hour * 60 + minute) * MINUTE_MS).toISOString();
  }

  /** Reports events in order, at most 1,000 a call. */
  async report(actor: Actor, events: DemoEvent[]): Promise<void> {
    for (let done = 0; done < events.length; done += CALL_SIZE)
      await this.post(actor, events.slice(done, done + CALL_SIZE));
  }

  /** The actor registers a signing key, signs its events and reports them. */
  async reportSigned(actor: Actor, events: DemoEvent[]): Promise<void> {
    const signer = signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
    const { key } = actor;
    const publicKey = encodeBase64(signer.publicKey);
    await this.client.call("PUT", `/v1/organisations/${actor.id}/signing-key`, { body: { publicKey }, key });
    const path = "/v1/events/prepare";
    const request = { body: { events }, key };
    const { events: prepared } = await this.client.call<{ events: Prepared[] }>("POST", path, request);
    const signed = prepared.map((event) => {
      const value = signer.sign(signedMessage(this.origin, event.statement));
      return { ...event, signature: encodeSignature(signer.publicKey, value) };
    });
    await this.post(actor, signed);
  }

  /** Stores a document. Resolves with its digest, by which records name it. */
  async file({ key }: Actor, name: string, text: string): Promise<string> {
    const bytes = new TextEncoder().encode(text);
    const path = `/v1/files?name=${encodeURIComponent(name)}`;
    const request = { file: { bytes, mediaType: "text/plain" }, key };
    return (await this.client.call<{ digest: string }>("POST", path, request)).digest;
  }

  private async post({ key }: Actor, events: unknown[]): Promise<void> {
    const answer = await this.client.call<{ events: unknown[] }>("POST", "/v1/events", {
      body: { events },
      key,
    });
    this.events += answer.events.length;
    this.acknowledged(this.events);
  }
}
