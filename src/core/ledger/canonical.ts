export interface CanonicalOptions {
  /** Refuse -0 and every number that is not a safe integer, as our records require. Default false: plain RFC 8785. */
  integersOnly?: boolean;
}

/** Deepest nesting that is read or written: far above any record, below the limit of the stack. */
const MAX_DEPTH = 500;

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The canonical JSON (RFC 8785, JCS) of a value that JSON can hold without loss.
 *
 * Refuses values that serialisers drop silently: undefined, functions, symbols, bigints, non-plain objects (Map,
 * Date, class instances), hidden and symbol members, sparse arrays. A message names the path, as in
 * `statement.public.place`. @throws TypeError on a value that JSON cannot hold, and on cycles
 * @throws RangeError on a number or string out of bounds: not finite, with `integersOnly` not a safe integer, a lone
 *   surrogate (RFC 8785, section 3.2.2.2), nesting deeper than 500
 */
export function canonicalText(value: unknown, options: CanonicalOptions = {}): string {
  return new CanonicalWriter(options.integersOnly ?? false).text(value);
}

/** The UTF-8 bytes of `canonicalText`; throws as it does. */
export function canonicalBytes(value: unknown, options: CanonicalOptions = {}): Uint8Array {
  return encoder.encode(canonicalText(value, options));
}

/**
 * Reads JSON that must be canonical, so that equal values have equal bytes. Refuses white space, duplicate or
 * unsorted keys, any other spelling of a number or string, and a byte order mark.
 * @throws TypeError if `bytes` is not a Uint8Array @throws RangeError on bytes that are not UTF-8, not JSON, or not
 *   canonical
 */
export function parseCanonical(bytes: Uint8Array, options: CanonicalOptions = {}): unknown {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("canonical JSON must be given as a Uint8Array");
  const text = decodeUtf8(bytes);
  const value = parseJson(text);
  const canonical = canonicalText(value, options);
  if (canonical !== text)
    throw new RangeError(
      `not canonical JSON: differs from the canonical form at character ${firstDifference(text, canonical)}`,
    );
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

/**
 * Writes a value (RFC 8785, 3.2) and throws at the first part that JSON would lose. Checks and writes in one pass, so
 * that the checked value is the written one.
 */
class CanonicalWriter {
  readonly #integersOnly: boolean;
  readonly #path: (string | number)[] = [];
  readonly #open: object[] = [];

  constructor(integersOnly: boolean) {
    this.#integersOnly = integersOnly;
  }

  text(value: unknown): string {
    if (typeof value === "string") return this.#string(value, "string");
    if (typeof value === "number") return this.#number(value);
    if (typeof value === "boolean" || value === null) return String(value);
    if (typeof value === "object") return this.#container(value);
    throw new TypeError(`${this.#where()} is ${kindOf(value)}, which JSON cannot hold`);
  }

  /** ECMAScript escapes exactly the characters that RFC 8785, 3.2.2.2 requires. */
  #string(text: string, what: string): string {
    if (!text.isWellFormed()) throw new RangeError(`${this.#where()}: a ${what} has a lone surrogate`);
    return JSON.stringify(text);
  }

  /** ECMAScript's numbers are those of RFC 8785, 3.2.2.3. */
  #number(value: number): string {
    if (!Number.isFinite(value))
      throw new RangeError(`${this.#where()} must be a finite number, got ${value}`);
    if (this.#integersOnly && (!Number.isSafeInteger(value) || Object.is(value, -0)))
      throw new RangeError(
        `${this.#where()} must be an integer of at most 2^53 - 1, got ${Object.is(value, -0) ? "-0" : value}`,
      );
    return JSON.stringify(value);
  }

  #container(value: object): string {
    if (this.#open.includes(value)) throw new TypeError(`${this.#where()} contains itself`);
    if (this.#open.length === MAX_DEPTH)
      throw new RangeError(`${this.#where()} is nested deeper than ${MAX_DEPTH}`);
    this.#open.push(value);
    const text = Array.isArray(value) ? this.#array(value) : this.#object(value as Record<string, unknown>);
    this.#open.pop();
    return text;
  }

  #array(items: unknown[]): string {
    // Own keys are the indices and "length": fewer keys mean a hole, more mean a member that JSON drops.
    if (
      Object.getPrototypeOf(items) !== Array.prototype ||
      Reflect.ownKeys(items).length !== items.length + 1
    )
      throw new TypeError(`${this.#where()} must be a plain array without holes or named members`);
    let text = "[";
    for (let i = 0; i < items.length; i++) {
      this.#path.push(i);
      text += (i === 0 ? "" : ",") + this.text(items[i]);
      this.#path.pop();
    }
    return `${text}]`;
  }

  #object(members: Record<string, unknown>): string {
    const prototype: unknown = Object.getPrototypeOf(members);
    if (prototype !== Object.prototype && prototype !== null)
      throw new TypeError(`${this.#where()} must be a plain object, got ${kindOf(members)}`);
    const names = Object.keys(members);
    if (Reflect.ownKeys(members).length !== names.length)
      throw new TypeError(`${this.#where()} has symbol or hidden members, which JSON drops`);
    let text = "{";
    for (const name of inOrder(names)) {
      const written = this.#string(name, "member name");
      this.#path.push(name);
      text += `${text === "{" ? "" : ","}${written}:${this.text(members[name])}`;
      this.#path.pop();
    }
    return `${text}}`;
  }

  #where(): string {
    const text = this.#path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
    return text === "" ? "the value" : text.replace(/^\./, "").toWellFormed();
  }
}

/**
 * Sorts names by UTF-16 code units (RFC 8785, 3.2.3), the order of ECMAScript. Names of canonical input are already
 * sorted.
 */
function inOrder(names: string[]): string[] {
  for (let i = 1; i < names.length; i++)
    if ((names[i - 1] as string) > (names[i] as string)) return names.sort();
  return names;
}

function kindOf(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return `an instance of ${value.constructor?.name || "a class"}`;
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
