/** How large a JSON text may be. */
export interface JsonLimits {
  /** Deepest nesting of arrays and objects. */
  maxDepth: number;
  /** Values of the whole text: objects, arrays, strings, numbers and literals. */
  maxValues: number;
  /** Members of one object. */
  maxMembers: number;
}

/** The text is not JSON that every reader reads alike, or is larger than the limits. */
export class JsonError extends RangeError {
  override readonly name = "JsonError";
  /** Dotted path of the value that is wrong; empty for the whole text. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Characters of a string that need no escape. Controls do (RFC 8259, 7). */
// oxlint-disable-next-line no-control-regex -- the grammar names them
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERALS: Readonly<Record<string, [text: string, value: boolean | null]>> = {
  t: ["true", true],
  f: ["false", false],
  n: ["null", null],
};

/**
 * Reads JSON (RFC 8259) as I-JSON (RFC 7493): a member name occurs once in an object, strings have no lone surrogate,
 * numbers fit a double. `-0` is read as 0. One pass; stops at the first fault or limit.
 *
 * @throws {JsonError} names the path, and for broken grammar the line and column
 */
export function readJson(text: string, limits: JsonLimits): unknown {
  return new JsonReader(text, limits).whole();
}

class JsonReader {
  private readonly text: string;
  private readonly limits: JsonLimits;
  private readonly path: (string | number)[] = [];
  private at = 0;
  private values = 0;

  constructor(text: string, limits: JsonLimits) {
    this.text = text;
    this.limits = limits;
  }

  whole(): unknown {
    this.blank();
    if (this.at === this.text.length) throw new JsonError("", "is empty");
    const value = this.value();
    this.blank();
    if (this.at < this.text.length) throw this.broken("expected the end");
    return value;
  }

  private value(): unknown {
    if (++this.values > this.limits.maxValues)
      throw new JsonError(this.where(), `has more than ${this.limits.maxValues} values; split the request`);
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === "{") return this.object();
    if (first === "[") return this.array();
    const literal = first === undefined ? undefined : LITERALS[first];
    if (literal === undefined) return this.number();
    if (!this.text.startsWith(literal[0], this.at)) throw this.broken(`expected ${literal[0]}`);
    this.at += literal[0].length;
    return literal[1];
  }

  private object(): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    this.open();
    let count = 0;
    while (!this.closes("}", count)) {
      if (this.text[this.at] !== '"') throw this.broken('expected a member name in quotes, or "}"');
      const name = this.string();
      this.path.push(name);
      if (Object.hasOwn(members, name)) throw new JsonError(this.where(), "stands twice in one object");
      if (++count > this.limits.maxMembers) throw this.tooManyMembers();
      this.blank();
      if (this.text[this.at] !== ":") throw this.broken('expected ":" after the member name');
      this.at++;
      this.blank();
      const value = this.value();
      // Assigning to `__proto__` would set the prototype.
      if (name === "__proto__") throw new JsonError(this.where(), "is not a member name that is taken here");
      members[name] = value;
      this.path.pop();
    }
    return members;
  }

  private array(): unknown[] {
    const items: unknown[] = [];
    this.open();
    while (!this.closes("]", items.length)) {
      this.path.push(items.length);
      items.push(this.value());
      this.path.pop();
    }
    return items;
  }

  private depth = 0;

  private open(): void {
    if (++this.depth > this.limits.maxDepth)
      throw new JsonError(this.where(), `is nested deeper than ${this.limits.maxDepth} levels`);
    this.at++;
  }

  /** Reads the bracket that ends a container, or the comma before its next item. */
  private closes(bracket: "}" | "]", items: number): boolean {
    this.blank();
    const next = this.text[this.at];
    if (next === bracket) {
      this.at++;
      this.depth--;
      return true;
    }
    if (items === 0) return false;
    if (next !== ",") throw this.broken(`expected "," or "${bracket}"`);
    this.at++;
    this.blank();
    if (this.text[this.at] === bracket) throw this.broken(`expected no "," before "${bracket}"`);
    return false;
  }

  private string(): string {
    const start = this.at++;
    this.advance(PLAIN);
    if (this.text[this.at] === '"') return this.text.slice(start + 1, this.at++);
    while (this.advance(ESCAPE)) this.advance(PLAIN);
    if (this.text[this.at] !== '"') throw this.broken('expected the end of a string, `"`, or a valid escape');
    const value = JSON.parse(this.text.slice(start, ++this.at)) as string;
    if (!value.isWellFormed())
      throw new JsonError(this.where(), "has half a character: a lone surrogate escape");
    return value;
  }

  /** Moves behind what matches here. @returns whether anything does */
  private advance(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) throw this.broken("expected a value");
    const value = Number(found[0]);
    if (!Number.isFinite(value)) throw new JsonError(this.where(), "is a number too large to be kept");
    this.at = NUMBER.lastIndex;
    // Adding 0 turns -0 into 0.
    return value + 0;
  }

  private blank(): void {
    const code = this.text.charCodeAt(this.at);
    // Most JSON has no blanks between its tokens.
    if (code > 32) return;
    this.advance(BLANK);
  }

  private where(): string {
    return this.path.join(".").toWellFormed();
  }

  private tooManyMembers(): JsonError {
    const above = this.path.slice(0, -1).join(".");
    return new JsonError(above, `has more than ${this.limits.maxMembers} members`);
  }

  private broken(expected: string): JsonError {
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length;
    const column = this.at - before.lastIndexOf("\n");
    const end = this.at === this.text.length ? "ends too early" : "is not valid JSON";
    return new JsonError("", `${end} at line ${line}, column ${column}: ${expected}`);
  }
}
