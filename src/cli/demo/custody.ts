import { sha256 } from "@noble/hashes/sha2.js";
import { signerFromSeed } from "../../core/ledger/ed25519.ts";
import { encodeSignature, signedMessage, type Statement } from "../../core/ledger/record.ts";
import { encodeBase64 } from "../../core/ledger/base64.ts";
import type { Kind } from "../../core/custody/vocabulary.ts";
import type { Client } from "../client.ts";
import type { Actor } from "./actors.ts";

/** What an event is about: all of a batch, a run of its positions, or a unit. */
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

/** Most events that one call takes. */
const CALL_SIZE = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

/** Reports custody events through the API, and counts what was acknowledged. */
export class Custody {
  events = 0;
  private readonly client: Client;
  private readonly todayMs: number;
  private readonly origin: string;

  constructor(client: Client, nowMs: number, origin: string) {
    this.client = client;
    this.todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
    this.origin = origin;
  }

  /** So many days before today, at a time of that day. */
  at(daysAgo: number, hour: number, minute = 0): string {
    return new Date(this.todayMs - daysAgo * DAY_MS + (hour * 60 + minute) * MINUTE_MS).toISOString();
  }

  /** Reports events in order, as many calls as they take. */
  async report(actor: Actor, events: DemoEvent[]): Promise<void> {
    for (let done = 0; done < events.length; done += CALL_SIZE)
      await this.post(actor, events.slice(done, done + CALL_SIZE));
  }

  /** Has the actor sign its events itself, with a key that it registers first. */
  async reportSigned(actor: Actor, events: DemoEvent[]): Promise<void> {
    const signer = signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
    const { key } = actor;
    const publicKey = encodeBase64(signer.publicKey);
    await this.client.call("PUT", `/v1/organisations/${actor.id}/signing-key`, { body: { publicKey }, key });
    const { events: prepared } = await this.client.call<{ events: Prepared[] }>(
      "POST",
      "/v1/events/prepare",
      {
        body: { events },
        key,
      },
    );
    const signed = prepared.map((event) => {
      const value = signer.sign(signedMessage(this.origin, event.statement));
      return { ...event, signature: encodeSignature(signer.publicKey, value) };
    });
    await this.post(actor, signed);
  }

  /** Stores a document and gives its digest, by which records name it. */
  async file(actor: Actor, name: string, text: string): Promise<string> {
    const bytes = new TextEncoder().encode(text);
    const stored = await this.client.call<{ digest: string }>(
      "POST",
      `/v1/files?name=${encodeURIComponent(name)}`,
      {
        file: { bytes, mediaType: "text/plain" },
        key: actor.key,
      },
    );
    return stored.digest;
  }

  private async post({ key }: Actor, events: unknown[]): Promise<void> {
    const body = { events };
    const text = JSON.stringify(body);
    // A retry would be answered as the first time, and report nothing twice.
    const digest = encodeBase64(sha256(new TextEncoder().encode(text)));
    const answer = await this.client.call<{ events: unknown[] }>("POST", "/v1/events", {
      body,
      key,
      headers: { "Idempotency-Key": digest },
    });
    this.events += answer.events.length;
  }
}
