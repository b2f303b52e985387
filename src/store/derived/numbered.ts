import type { Prepare } from "../statement.ts";
import type { CustodyMemory } from "./memory.ts";
import type { UndoLog } from "./undo-log.ts";
import { WrittenBehind } from "./written-behind.ts";

/**
 * Texts that derived rows name by number: kinds, organisations and recalls, or the names of chains. Numbers count from 1 in
 * the order in which the log names the texts, so deriving again gives the same ones.
 */
export class Numbered {
  private readonly undo: UndoLog;
  private readonly numbers: WrittenBehind<string, number>;
  private readonly texts: WrittenBehind<number, string>;
  private readonly greatest: () => number;
  private next: number;

  constructor(prepare: Prepare, undo: UndoLog, memory: CustodyMemory, table: "term" | "named_chain") {
    this.undo = undo;
    const add = prepare<{ number: number; text: string }>(
      `INSERT INTO ${table} (number, text) VALUES (:number, :text) ON CONFLICT DO NOTHING`,
    );
    const byText = prepare<{ text: string }, { number: number }>(
      `SELECT number FROM ${table} WHERE text = :text`,
    );
    const byNumber = prepare<{ number: number }, { text: string }>(
      `SELECT text FROM ${table} WHERE number = :number`,
    );
    const last = prepare<void, { last: number | null }>(`SELECT max(number) AS last FROM ${table}`);
    this.numbers = new WrittenBehind(undo, memory, {
      read: (text) => byText.get({ text })?.number,
      // `texts` writes the row.
      write: () => undefined,
      sizeOf: () => 80,
    });
    this.texts = new WrittenBehind(undo, memory, {
      read: (number) => byNumber.get({ number })?.text,
      write: (number, text) => add.run({ number, text }),
      sizeOf: (text) => 2 * text.length,
    });
    this.greatest = () => last.get()?.last ?? 0;
    this.next = this.greatest() + 1;
  }

  /** The number of a text; undefined where it has none. */
  find(text: string): number | undefined {
    return this.numbers.get(text);
  }

  /** The number of a text, which gets one. */
  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = this.next++;
    this.undo.push(() => (this.next = number));
    this.numbers.set(text, number);
    this.texts.set(number, text);
    return number;
  }

  /** @returns undefined for a number that no text has */
  text(number: number): string | undefined {
    return this.texts.get(number);
  }

  /** The greatest number given. */
  get last(): number {
    return this.next - 1;
  }

  /** Its two tables, in the order of writing. */
  get parts(): [WrittenBehind<number, string>, WrittenBehind<string, number>] {
    return [this.texts, this.numbers];
  }

  /** Call after the values are dropped. */
  reload(): void {
    this.next = this.greatest() + 1;
  }
}
