import { createHash } from "node:crypto";
import { signerFromSeed } from "../../src/core/ledger/ed25519.ts";
import { encodeSignature, signedMessage, type Statement } from "../../src/core/ledger/record.ts";
import { CODES, SECRET, SIGNATURE } from "../../src/http/api/examples/cast.ts";
import type { Example, ExampleAnswer } from "../../src/http/api/examples/example.ts";
import {
  type ExampleRequest,
  type Location,
  memberAt,
  requestOf,
} from "../../src/http/api/examples/request.ts";
import { STORY } from "../../src/http/api/examples/story.ts";
import type { Harness } from "../harness.ts";

/** An answer as the service gave it. */
export interface Sent {
  status: number;
  mediaType: string;
  text: string;
}

export type Send = (request: ExampleRequest, key: string | undefined, example: Example) => Promise<Sent>;

/** The seed of `SIGNING_KEY`. */
const SIGNER = signerFromSeed(new Uint8Array(32).fill(7));

/**
 * Sends the examples of the reference one after the other to a fresh service, with the ids that it really gives in the
 * place of the placeholders, and puts the placeholders back into its answers.
 */
export class Walk {
  readonly answers = new Map<string, ExampleAnswer>();
  private readonly h: Harness;
  private readonly locations: ReadonlyMap<string, Location>;
  private readonly send: Send;
  /** From placeholder to what the service gave, and the inverse. */
  private readonly real = new Map<string, string>();
  private readonly shown = new Map<string, string>();

  constructor(h: Harness, locations: ReadonlyMap<string, Location>, send: Send) {
    this.h = h;
    this.locations = locations;
    this.send = send;
  }

  async all(): Promise<void> {
    for (const { now, examples } of STORY) {
      this.h.clock.nowMs = Date.parse(now);
      for (const example of examples) {
        await this.one(example);
        // Lists of what came in one millisecond are ordered by random ids.
        this.h.clock.nowMs += 1000;
      }
    }
  }

  /** The location of an example's operation. */
  locate({ operation }: Example): Location {
    const found = this.locations.get(operation);
    if (found === undefined) throw new RangeError(`there is no operation ${operation}`);
    return found;
  }

  /** Sends a request with the service's own ids and keys. */
  async sendReal(request: ExampleRequest, example: Example): Promise<Sent> {
    const key = example.as === "operator" ? this.h.operatorKey : this.keyOf(example);
    return this.send(this.toReal(request, example), key, example);
  }

  private async one(example: Example): Promise<void> {
    const answered = (name: string) => this.answers.get(name) as ExampleAnswer;
    const request = requestOf(example, this.locate(example), answered);
    const sent = await this.sendReal(request, example);
    if (sent.status !== example.status)
      throw new Error(`${example.name}: status ${sent.status}, not ${example.status}: ${sent.text}`);
    this.learn(example, sent);
    this.answers.set(example.name, this.toShown(example, sent));
    if (example.operation === "decideBatch") await this.h.service.issuer.settled();
  }

  private keyOf({ as }: Example): string | undefined {
    return as === "anybody" || as === "operator" ? undefined : this.real.get(SECRET[as]);
  }

  private toReal(request: ExampleRequest, { operation }: Example): ExampleRequest {
    const target = this.substitute(request.target);
    const body = request.body === undefined ? undefined : this.substitute(request.body);
    return {
      ...request,
      target,
      body: body?.includes(SIGNATURE) === true ? this.sign(body) : this.withPin(body, operation),
    };
  }

  private substitute(text: string): string {
    let real = text;
    for (const [placeholder, given] of this.real)
      real = real.replaceAll(placeholder, given).replaceAll(placeholder.replaceAll(":", "%3A"), given);
    return real;
  }

  /** PINs are six digits, which may stand in other values too: they are replaced where a PIN is sent. */
  private withPin(body: string | undefined, operation: string): string | undefined {
    if (operation !== "tryPin" || body === undefined) return body;
    const { pin } = JSON.parse(body) as { pin: string };
    return JSON.stringify({ pin: this.pins.get(pin) ?? pin });
  }

  private readonly pins = new Map<string, string>();

  private sign(body: string): string {
    const { events } = JSON.parse(body) as { events: [{ statement: Statement }] };
    const value = SIGNER.sign(signedMessage(this.h.service.identity.origin, events[0].statement));
    return body.replace(SIGNATURE, encodeSignature(SIGNER.publicKey, value).value);
  }

  private bind(placeholder: string, given: string): void {
    this.real.set(placeholder, given);
    this.shown.set(given, placeholder);
  }

  private learn({ gives = {}, givesCodes }: Example, { text }: Sent): void {
    for (const [placeholder, at] of Object.entries(gives))
      this.bind(placeholder, String(memberAt(JSON.parse(text), at)));
    if (givesCodes === undefined) return;
    const lines = text.split("\r\n").slice(1, -1);
    if (lines.length !== givesCodes.length)
      throw new Error(`${lines.length} codes, not ${givesCodes.length}`);
    lines.forEach((line, i) => {
      const [, code = "", , pin = ""] = line.split(",");
      const shown = CODES[i] as (typeof CODES)[number];
      const grouped = (code.match(/.{4}/g) as string[]).join("-");
      this.bind(shown.code, grouped);
      // Labels print a code in two lines.
      this.bind(shown.code.slice(0, 9), grouped.slice(0, 9));
      this.bind(shown.code.slice(10), grouped.slice(10));
      this.bind(shown.code.replaceAll("-", ""), code);
      this.pins.set(shown.pin, pin);
    });
  }

  private toShown(example: Example, { mediaType, text }: Sent): ExampleAnswer {
    if (example.startsWith !== undefined) {
      if (!text.startsWith(example.startsWith)) throw new Error(`${example.name}: ${text.slice(0, 20)}`);
      return { mediaType };
    }
    if (/[/+]json$/.test(mediaType))
      return { mediaType, body: this.shownValue(JSON.parse(text), example, "") };
    return { mediaType, body: this.shownText(this.withoutPins(text), example, "") };
  }

  private withoutPins(text: string): string {
    let shown = text;
    if (!text.startsWith("position,")) return shown;
    for (const [placeholder, given] of this.pins)
      shown = shown.replaceAll(`,${given}\r\n`, `,${placeholder}\r\n`);
    return shown;
  }

  private shownValue(value: unknown, example: Example, path: string): unknown {
    const fixed = example.varies?.[path];
    if (fixed !== undefined) {
      if (typeof value !== typeof fixed) throw new Error(`${example.name}: ${path} is ${typeof value}`);
      return fixed;
    }
    if (typeof value === "string") return this.shownText(value, example, path);
    if (Array.isArray(value))
      return value.map((one, i) => this.shownValue(one, example, below(path, String(i))));
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [
      this.shownText(name, example, below(path, name)),
      this.shownValue(member, example, below(path, name)),
    ]);
    return Object.fromEntries(members);
  }

  private shownText(text: string, example: Example, path: string): string {
    const cursor = path === "next" ? cursorIn(text) : undefined;
    if (cursor !== undefined) {
      const shown = Buffer.from(this.shownText(cursor, example, `${path} id`)).toString("base64url");
      return shown;
    }
    let shown = text;
    for (const [given, placeholder] of this.shown) shown = shown.replaceAll(given, placeholder);
    // A printer's letters are as wide as those of the code allow.
    if (example.operation === "fetchLabels") shown = shown.replace(/(\^A0N,(\d+),)\d+/g, "$1$2");
    let count = 0;
    for (const form of RANDOM)
      shown = shown.replace(form.pattern, (given) => {
        if (this.real.has(given) || OWN_WORDS.includes(given)) return given;
        const placeholder = form.make(given, `${example.name} ${path} ${count++}`);
        this.bind(placeholder, given);
        return placeholder;
      });
    return shown;
  }
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** What the story itself says is no random value. */
const OWN_WORDS = JSON.stringify(STORY);

function cursorIn(text: string): string | undefined {
  const decoded = Buffer.from(text, "base64url").toString();
  // The digest covers ids, which differ from run to run.
  const [, place] = /^[0-9a-f]{12}( \d{1,16} \S*)$/.exec(decoded) ?? [];
  return place === undefined ? undefined : "0".repeat(12) + place;
}

function bytesFor(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash("sha256").update(`example ${seed} ${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

const ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";

interface RandomValue {
  pattern: RegExp;
  /** A placeholder of the same form. */
  make(given: string, seed: string): string;
}

const base64 = (given: string, seed: string): string =>
  bytesFor(seed, Buffer.from(given, "base64").length).toString("base64");
const base64url = (given: string, seed: string): string =>
  bytesFor(seed, Buffer.from(given, "base64url").length).toString("base64url");

/** The forms of what differs from run to run, longest first. */
const RANDOM: readonly RandomValue[] = [
  // A disclosure (RFC 9901): the base64url of `["<salt>",name,value]`.
  {
    pattern: /(?<![A-Za-z0-9+/=_-])Wy[IJ][A-Za-z0-9_-]{30,}(?![A-Za-z0-9+/=_-])/g,
    make(given, seed) {
      const [, ...rest] = JSON.parse(Buffer.from(given, "base64url").toString()) as [string, ...unknown[]];
      const salt = bytesFor(seed, 16).toString("base64url");
      return Buffer.from(JSON.stringify([salt, ...rest])).toString("base64url");
    },
  },
  {
    pattern: /\b(?:ent|lab|aut|prd|bat|key|rec|aud|evt)_[2-9a-z]{16}\b/g,
    make: (given, seed) =>
      given.slice(0, 4) +
      [...bytesFor(seed, 16)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]).join(""),
  },
  {
    pattern: /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
    make: (_, seed) =>
      bytesFor(seed, 16)
        .toString("hex")
        .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5"),
  },
  // The key in a log's verifier key: its id, then the algorithm's byte and 32 bytes.
  {
    pattern: /(?<=\+)[0-9a-f]{8}\+[A-Za-z0-9+/]{44}(?![A-Za-z0-9+/=])/g,
    make: (_, seed) =>
      `${bytesFor(seed, 4).toString("hex")}+${Buffer.concat([Buffer.of(1), bytesFor(seed, 32)]).toString("base64")}`,
  },
  {
    pattern: /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g,
    make: (_, seed) => bytesFor(seed, 32).toString("hex"),
  },
  {
    pattern: /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g,
    make: (_, seed) => bytesFor(seed, 16).toString("hex"),
  },
  { pattern: /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{91}=(?!=)/g, make: base64 },
  { pattern: /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{86}==/g, make: base64 },
  { pattern: /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{43}=(?!=)/g, make: base64 },
  { pattern: /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{22}==/g, make: base64 },
  { pattern: /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9+/=_-])/g, make: base64url },
];
