/**
 * The same shipment as report-shipment.sh, with a small client to copy. No dependency: `fetch` and nothing else.
 *   SUYUAN_KEY=… node examples/report-shipment.ts BATCH_ID FIRST LAST CARTON TO_ENTERPRISE_ID BILL_OF_LADING
 */
import process from "node:process";

/** A problem document (RFC 9457), as the service answers a refusal. */
interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  remedy: string;
  /** The request's id: quote it when asking the operator. */
  instance: string;
  errors?: { field: string; problem: string; expected?: string }[];
  contradictions?: { rule: string; event: string; message: string }[];
}

class Refused extends Error {
  override readonly name = "Refused";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.title}: ${problem.detail}. ${problem.remedy}`);
    this.problem = problem;
  }
}

const TRIES = 5;
/** Answers after which the same request may be sent again: too many requests, and not available just now. */
const RETRIED = new Set([429, 502, 503, 504]);

class SuyuanClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url.replace(/\/+$/, "");
    this.#key = key;
  }

  /**
   * Sends a write once: it is repeated under one Idempotency-Key until an answer comes, and done at most once.
   * @throws Refused where the service refuses it; what `fetch` throws where no try got an answer
   */
  async write<T>(path: string, body: unknown, idempotencyKey: string = crypto.randomUUID()): Promise<T> {
    const request = {
      method: "POST",
      headers: {
        Authorization: `Bearer ${this.#key}`,
        "Content-Type": "application/json",
        "Idempotency-Key": idempotencyKey,
      },
      // Made once: a repetition must be the same bytes.
      body: JSON.stringify(body),
    };
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${this.#url}/v1${path}`, request).catch((error: unknown) => {
        if (attempt === TRIES) throw error;
      });
      if (response?.ok) return (await response.json()) as T;
      if (response && (!RETRIED.has(response.status) || attempt === TRIES))
        throw new Refused((await response.json()) as Problem);
      const waitS = Number(response?.headers.get("Retry-After") ?? attempt);
      await new Promise((resume) => setTimeout(resume, waitS * 1000));
    }
  }
}

interface Recorded {
  events: { id: string; kind: string; index: number }[];
}

const [batch, first, last, carton, to, bill] = process.argv.slice(2);
const key = process.env["SUYUAN_KEY"];
if (bill === undefined || key === undefined) {
  console.error(
    "report-shipment: set SUYUAN_KEY, and give BATCH_ID FIRST LAST CARTON TO_ENTERPRISE_ID BILL_OF_LADING",
  );
  process.exit(2);
}

const client = new SuyuanClient(process.env["SUYUAN_URL"] ?? "http://127.0.0.1:8080", key);
const at = new Date().toISOString();
const goods = { batch, first: Number(first), last: Number(last) };
try {
  const { events } = await client.write<Recorded>("/events", {
    events: [
      { kind: "commissioning", at, subjects: [goods] },
      { kind: "packing", at, subjects: [goods], into: carton },
      { kind: "shipping", at, subjects: [{ unit: carton }], to, documents: [{ type: "bol", number: bill }] },
    ],
  });
  for (const { index, kind, id } of events) console.log(`record ${index}: ${kind} ${id}`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(`report-shipment: ${error.message}`);
  for (const { field, problem } of error.problem.errors ?? []) console.error(`  ${field}: ${problem}`);
  for (const { rule, message } of error.problem.contradictions ?? []) console.error(`  ${rule}: ${message}`);
  process.exitCode = 1;
}
