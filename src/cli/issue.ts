import { accessSync, closeSync, constants, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CLIENT_OPTIONS, type Client, clientOf } from "./client.ts";
import {
  type Command,
  CommandFailed,
  DONE,
  type Invocation,
  noWords,
  required,
  UsageError,
  wholeNumber,
} from "./command.ts";
import { readInputText, writeFailure } from "./input-file.ts";
import { formatCount } from "./output.ts";

/** The fields of a batch that this command uses. */
interface Batch {
  id: string;
  status: "requested" | "approved" | "declined" | "issuing" | "ready" | "closed";
  reason?: string;
  failure?: string;
  quantity: number;
  issued: number;
  root: string | null;
}

const FORMATS = ["csv", "ndjson", "text"];
const POLL_MS = 200;
const NEWLINE = 0x0a;

/** Options that set a field of the order, with the path of the field. */
const ORDER_FIELDS: Readonly<Record<string, string[]>> = {
  product: ["product"],
  lot: ["lot"],
  mode: ["tradeMode"],
  produced: ["productionDate"],
  expires: ["expiryDate"],
  value: ["declaredValue", "amount"],
  currency: ["declaredValue", "currency"],
  rate: ["declaredValue", "usdRate", "rate"],
  "rate-date": ["declaredValue", "usdRate", "date"],
};

export const issue: Command = {
  name: "issue",
  summary: "Order codes, wait until they are made, and download them",
  about:
    "The order comes from the options, or from a file with --order; an option replaces the same field of the file. The\n" +
    "command waits until the authority approves; with --authority-key it approves at once. --batch continues an order\n" +
    "that was made before.",
  options: {
    output: {
      type: "string",
      short: "o",
      value: "FILE",
      help: "a new file for the codes; never overwritten",
    },
    format: { type: "string", value: "FORMAT", help: `${FORMATS.join(", ")} (csv)` },
    product: { type: "string", value: "ID", help: "the goods: a product that is filed and approved" },
    quantity: { type: "string", value: "N", help: "number of codes" },
    lot: { type: "string", value: "LOT", help: "the lot" },
    mode: { type: "string", value: "MODE", help: "trade mode, such as 0110" },
    produced: { type: "string", value: "DATE", help: "date of production, YYYY-MM-DD" },
    expires: { type: "string", value: "DATE", help: "date of expiry" },
    value: { type: "string", value: "AMOUNT", help: "declared value of the lot" },
    currency: { type: "string", value: "CODE", help: "its currency, ISO 4217" },
    rate: { type: "string", value: "RATE", help: "US dollars for one unit of that currency" },
    "rate-date": { type: "string", value: "DATE", help: "date of that rate" },
    pin: { type: "boolean", help: "make a PIN for each label" },
    order: { type: "string", value: "FILE", help: "the order as JSON, as POST /v1/batches takes it" },
    batch: { type: "string", value: "ID", help: "continue this order" },
    "authority-key": {
      type: "string",
      value: "KEY",
      help: "approve the order with this key (SUYUAN_AUTHORITY_KEY)",
    },
    ...CLIENT_OPTIONS,
  },
  async run(call) {
    noWords(call);
    const file = required(call, "output");
    const format = call.option("format") ?? "csv";
    if (!FORMATS.includes(format))
      throw new UsageError(`--format must be ${FORMATS.join(", ")}, not ${format}`);
    if (format === "text" && call.flag("pin"))
      throw new UsageError("--format text has no PINs: use csv or ndjson");
    requireWritable(file);
    const client = clientOf(call);
    const batch = await waitUntilReady(call, client, await placeOrder(call, client));
    const codes = await download(call, client, batch, { file, format });
    call.out.document({ batch, codes, file, format });
    call.out.line(`${formatCount(codes)} codes of ${batch.id} are in ${file}`);
    call.out.line(`The batch's commitment to its codes is the root ${batch.root}`);
    return DONE;
  },
};

/** Orders a batch, or reads one that was ordered before. Approves it where an authority's key is given. */
async function placeOrder(call: Invocation, client: Client): Promise<Batch> {
  const known = call.option("batch");
  const order = known === undefined ? orderOf(call) : undefined;
  const batch =
    known === undefined
      ? await client.call<Batch>("POST", "/v1/batches", { body: order })
      : await client.call<Batch>("GET", `/v1/batches/${encodeURIComponent(known)}`);
  if (known === undefined) call.out.note(`ordered: ${batch.id}, ${formatCount(batch.quantity)} codes`);
  const key = call.option("authority-key");
  if (batch.status !== "requested" || key === undefined) return batch;
  const body = { decision: "approve" };
  return client.call<Batch>("POST", `/v1/batches/${batch.id}/decision`, { body, key });
}

function orderOf(call: Invocation): Record<string, unknown> {
  const order = readOrder(call.option("order"));
  for (const [option, path] of Object.entries(ORDER_FIELDS)) {
    const value = call.option(option);
    if (value !== undefined) put(order, path, value);
  }
  const quantity = call.option("quantity");
  if (quantity !== undefined) order["quantity"] = wholeNumber(quantity, "quantity", 1);
  if (call.flag("pin")) order["withPin"] = true;
  if (order["product"] === undefined)
    throw new UsageError("the goods are missing: give --product, or --order FILE");
  return order;
}

function readOrder(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  const text = readInputText(file);
  try {
    const order: unknown = JSON.parse(text);
    if (typeof order === "object" && order !== null && !Array.isArray(order)) return { ...order };
  } catch (error) {
    throw new CommandFailed(`${file} is no order: ${(error as Error).message}`, { cause: error });
  }
  throw new CommandFailed(`${file} is no order: it must hold a JSON object`);
}

function put(order: Record<string, unknown>, [name = "", ...rest]: string[], value: string): void {
  if (rest.length === 0) {
    order[name] = value;
    return;
  }
  const inner = { ...(order[name] as Record<string, unknown> | undefined) };
  put(inner, rest, value);
  order[name] = inner;
}

/** Waits until the batch is approved and issued. @throws CommandFailed where it was declined or issuing failed */
async function waitUntilReady(call: Invocation, client: Client, ordered: Batch): Promise<Batch> {
  const progress = call.out.progress("making codes");
  let batch = ordered;
  if (batch.status === "requested") call.out.note("waiting for the authority's approval");
  try {
    while (batch.status !== "ready" && batch.status !== "closed") {
      if (batch.status === "declined") throw new CommandFailed(`the order was declined: ${batch.reason}`);
      if (batch.failure !== undefined) throw new CommandFailed(`issuing stopped: ${batch.failure}`);
      if (batch.status === "issuing") progress.update(batch.issued, batch.quantity);
      await setTimeout(POLL_MS);
      batch = await client.call<Batch>("GET", `/v1/batches/${batch.id}`);
    }
    return batch;
  } finally {
    progress.end();
  }
}

/** Streams the codes into a new file that only its owner can read. An incomplete file is removed. */
async function download(
  call: Invocation,
  client: Client,
  batch: Batch,
  { file, format }: { file: string; format: string },
): Promise<number> {
  const pin = call.flag("pin") ? "&pin=true" : "";
  const response = await client.send("GET", `/v1/batches/${batch.id}/codes?format=${format}${pin}`, {
    headers: { Accept: "*/*" },
  });
  const head = format === "csv" ? 1 : 0;
  const handle = openNew(file);
  const progress = call.out.progress("downloading");
  try {
    let rows = 0;
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      for (let done = 0; done < part.length;) done += writeSync(handle, part, done);
      for (const byte of part) if (byte === NEWLINE) rows++;
      progress.update(Math.max(0, rows - head), batch.quantity);
    }
    if (rows - head !== batch.quantity)
      throw new CommandFailed(
        `the download has ${rows - head} codes, and the batch has ${batch.quantity}: run it again with --batch ${batch.id}`,
      );
    return rows - head;
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    progress.end();
    closeSync(handle);
  }
}

/** Checks the target first, since an order cannot be undone. @throws CommandFailed */
function requireWritable(file: string): void {
  try {
    if (existsSync(file)) throw Object.assign(new Error(), { code: "EEXIST" });
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw writeFailure(file, error);
  }
}

/** @throws CommandFailed where it exists or cannot be written */
function openNew(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    throw writeFailure(file, error);
  }
}
