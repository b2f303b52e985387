/** A party of the examples' story. Each has an API key, but for `anybody`. */
export type Actor =
  | "anybody"
  | "operator"
  | "officer"
  | "laboratory"
  | "exporter"
  | "importer"
  | "carrier"
  | "trader";

/** A value that the answer to an earlier example gave, with members added where it is an object. */
export interface FromAnswer {
  answerTo: string;
  /** Dotted path in the answer. */
  at: string;
  and?: Readonly<Record<string, unknown>>;
}

/** A call of the story: what is sent. Its answer stands in `answers.json` under the same name. */
export interface Example {
  /** The key of the example in the OpenAPI document and in `answers.json`: letters and digits, unique. */
  name: string;
  /** One line for readers. */
  summary: string;
  /** `operationId` of the call. */
  operation: string;
  as: Actor;
  /** Variables of the path, by name. */
  path?: Readonly<Record<string, string | FromAnswer>>;
  query?: Readonly<Record<string, string>>;
  idempotencyKey?: string;
  /** The JSON body. A `FromAnswer` may stand anywhere in it. */
  body?: unknown;
  /** A body that is no JSON. */
  file?: { mediaType: string; text: string };
  /** The documented status. */
  status: number;
  /**
   * What the answer gives to later calls: from the placeholder that the examples use to the value's dotted path in the
   * answer.
   */
  gives?: Readonly<Record<string, string>>;
  /** For codes: the placeholder of the code in each line of the answer. */
  givesCodes?: readonly { code: string; pin?: string }[];
  /** Members of the answer that differ from run to run, by dotted path, each with the value shown. */
  varies?: Readonly<Record<string, unknown>>;
  /** For a binary answer: its first characters. The document shows no value for it. */
  startsWith?: string;
}

/** Part of the story: calls that are sent one after the other, a second apart, from `now` on. */
export interface Chapter {
  /** RFC 3339. */
  now: string;
  examples: readonly Example[];
}

/** What a call is answered with, as the examples show it. */
export interface ExampleAnswer {
  mediaType: string;
  /** JSON, or the text of an answer that is no JSON. Absent for a binary answer. */
  body?: unknown;
}
