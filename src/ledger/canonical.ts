import { utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";

export interface CanonicalOptions {
  /** Refuse every number but safe integers, and -0: what our own records ask. Default false: RFC 8785 as it stands. */
  integersOnly?: boolean;
}

/** Deepest nesting that is read or written: far above any record, and below what overflows a stack. */
const MAX_DEPTH = 500;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The canonical JSON (RFC 8785, JCS) of a value that JSON can hold without loss.
 *
 * Refuses what serialisers lose silently: undefined, functions, symbols, bigints, non-plain objects (Map, Date, class
 * instances), hidden, symbol and computed members, sparse arrays. A message names the path, as in `statement.public.place`.
 * @throws TypeError on a value that JSON has no form for, and on cycles
 * @throws RangeError on a number or string out of bounds: not finite, with `integersOnly` not a safe integer, a lone
 *   surrogate (RFC 8785, section 3.2.2.2), nesting deeper than 500
 */
export function canonicalText(value: unknown, options: CanonicalOptions = {}): string {
  new LossCheck(options.integersOnly ?? false).visit(value);
  return canonicalize(value)!;
}

/** The UTF-8 bytes of `canonicalText`; throws as it does. */
export function canonicalBytes(value: unknown, options: CanonicalOptions = {}): Uint8Array {
  return utf8ToBytes(canonicalText(value, options));
}

/**
 * Reads JSON that must be spelled canonically, so that equal bytes and equal values are the same thing: white space,
 * duplicate or unsorted keys, another spelling of a number or string, a byte order mark are all refused.
 * @throws TypeError if `bytes` is not a Uint8Array
 * @throws RangeError on bytes that are not UTF-8, not JSON, or not the canonical form of what they mean
 */
export function parseCanonical(bytes: Uint8Array, options: CanonicalOptions = {}): unknown {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("canonical JSON must be given as a Uint8Array");
  const text = decodeUtf8(bytes);
  const value = parseJson(text);
  const canonical = canonicalText(value, options);
  if (canonical !== text)
    throw new RangeError(`not canonical JSON: differs at character ${firstDifference(text, canonical)}`);
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new RangeError("not canonical JSON: the bytes are not UTF-8", { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError("not canonical JSON: the text is not JSON", { cause });
  }
}

function firstDifference(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** Walks a value and throws at the first thing that its canonical text would not carry. */
class LossCheck {
  readonly #integersOnly: boolean;
  readonly #path: (string | number)[] = [];
  readonly #open = new Set<object>();

  constructor(integersOnly: boolean) {
    this.#integersOnly = integersOnly;
  }

  visit(value: unknown): void {
    if (value === null || typeof value === "boolean") return;
    if (typeof value === "string") this.#checkString(value, "string");
    else if (typeof value === "number") this.#checkNumber(value);
    else if (typeof value === "object") this.#visitContainer(value);
    else throw new TypeError(`${this.#where()} is ${kindOf(value)}, which JSON cannot hold`);
  }

  #checkString(text: string, what: string): void {
    if (!text.isWellFormed()) throw new RangeError(`${this.#where()}: a ${what} has a lone surrogate`);
  }

  #checkNumber(value: number): void {
    if (!Number.isFinite(value))
      throw new RangeError(`${this.#where()} must be a finite number, got ${value}`);
    if (this.#integersOnly && (!Number.isSafeInteger(value) || Object.is(value, -0)))
      throw new RangeError(
        `${this.#where()} must be an integer of at most 2^53 - 1, got ${Object.is(value, -0) ? "-0" : value}`,
      );
  }

  #visitContainer(value: object): void {
    if (this.#open.has(value)) throw new TypeError(`${this.#where()} contains itself`);
    if (this.#open.size === MAX_DEPTH)
      throw new RangeError(`${this.#where()} is nested deeper than ${MAX_DEPTH}`);
    this.#open.add(value);
    if (Array.isArray(value)) this.#visitArray(value);
    else this.#visitObject(value);
    this.#open.delete(value);
  }

  #visitArray(items: unknown[]): void {
    // Own keys are the indices and "length": fewer is a hole, more is a member that JSON drops.
    if (
      Object.getPrototypeOf(items) !== Array.prototype ||
      Reflect.ownKeys(items).length !== items.length + 1
    )
      throw new TypeError(`${this.#where()} must be a plain array without holes or named members`);
    items.forEach((_, i) => this.#visitMember(items, i));
  }

  #visitObject(value: object): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
      throw new TypeError(`${this.#where()} must be a plain object, got ${kindOf(value)}`);
    const names = Object.keys(value);
    if (Reflect.ownKeys(value).length !== names.length)
      throw new TypeError(`${this.#where()} has symbol or hidden members, which JSON drops`);
    for (const name of names) {
      this.#checkString(name, "member name");
      this.#visitMember(value, name);
    }
  }

  #visitMember(container: object, key: string | number): void {
    this.#path.push(key);
    const member = Object.getOwnPropertyDescriptor(container, key)!;
    // A getter may answer differently when it is asked again to be printed.
    if (member.get !== undefined || member.set !== undefined)
      throw new TypeError(`${this.#where()} is computed by an accessor`);
    this.visit(member.value);
    this.#path.pop();
  }

  #where(): string {
    const text = this.#path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
    return text === "" ? "the value" : text.replace(/^\./, "").toWellFormed();
  }
}

function kindOf(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return `an instance of ${value.constructor?.name || "a class"}`;
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
