import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
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
import { formatCount } from "./output.ts";

/** What of a batch this command looks at. */
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

/** Options that are fields of the order, with the path of the field. */
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
    "The order is the file of --order, the options in its place where both say something. It waits until the authority\n" +
    "approves; with --authority-key it is approved at once. --batch goes on with an order made before.",
  options: {
    output: { type: "string", short: "o", value: "FILE", help: "where the codes go; never overwritten" },
    format: { type: "string", value: "FORMAT", help: `${FORMATS.join(", ")} (csv)` },
    product: { type: "string", value: "ID", help: "filed and approved goods" },
    quantity: { type: "string", value: "N", help: "how many codes" },
    lot: { type: "string", value: "LOT", help: "the lot" },
    mode: { type: "string", value: "MODE", help: "trade mode, such as 0110" },
    produced: { type: "string", value: "DATE", help: "date of production, YYYY-MM-DD" },
    expires: { type: "string", value: "DATE", help: "date of expiry" },
    value: { type: "string", value: "AMOUNT", help: "declared value of the lot" },
    currency: { type: "string", value: "CODE", help: "its currency, ISO 4217" },
    rate: { type: "string", value: "RATE", help: "US dollars for one unit of another currency" },
    "rate-date": { type: "string", value: "DATE", help: "the day of that rate" },
    pin: { type: "boolean", help: "with a PIN for each label" },
    order: { type: "string", value: "FILE", help: "the order as JSON, as POST /v1/batches takes it" },
    batch: { type: "string", value: "ID", help: "an order made before" },
    "authority-key": {
      type: "string",
      value: "KEY",
      help: "approve it with this key (SUYUAN_AUTHORITY_KEY)",
    },
    ...CLIENT_OPTIONS,
  },
  async run(call) {
    noWords(call);
    const file = required(call, "output");
    const format = call.option("format") ?? "csv";
    if (!FORMATS.includes(format))
      throw new UsageError(`--format must be ${FORMATS.join(", ")}, not ${format}`);
    if (format === "text" && call.flag("pin")) throw new UsageError("text has no PINs: take csv or ndjson");
    requirePlace(file);
    const client = clientOf(call);
    const begun = await begin(call, client);
    const batch = await waitFor(call, client, begun);
    const codes = await download(call, client, batch, { file, format });
    call.out.document({ batch, codes, file, format });
    call.out.line(`${formatCount(codes)} codes of ${batch.id} are in ${file}`);
    call.out.line(`The batch is committed to its codes by root ${batch.root}`);
    return DONE;
  },
};

/** Orders and, where a key for that is given, approves. */
async function begin(call: Invocation, client: Client): Promise<Batch> {
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
    throw new UsageError("what to order is missing: --product, or --order FILE");
  return order;
}

function readOrder(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    const order: unknown = JSON.parse(readFileSync(file, "utf8"));
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

/** Waits through approval and issuing. @throws CommandFailed where it was declined or stopped */
async function waitFor(call: Invocation, client: Client, begun: Batch): Promise<Batch> {
  const progress = call.out.progress("making codes");
  let batch = begun;
  if (batch.status === "requested") call.out.note("waiting for the authority to approve it");
  try {
    while (batch.status !== "ready" && batch.status !== "closed") {
      if (batch.status === "declined") throw new CommandFailed(`the order was declined: ${batch.reason}`);
      if (batch.failure !== undefined) throw new CommandFailed(batch.failure);
      if (batch.status === "issuing") progress.update(batch.issued, batch.quantity);
      await setTimeout(POLL_MS);
      batch = await client.call<Batch>("GET", `/v1/batches/${batch.id}`);
    }
    return batch;
  } finally {
    progress.end();
  }
}

/** Streams the codes into a new file, for the owner's eyes only; a file that is not whole is taken away again. */
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
        `${rows - head} codes came, but the batch has ${batch.quantity}: fetch it again`,
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

/** An order is made for good: where its codes could not be kept, it is not made. @throws CommandFailed */
function requirePlace(file: string): void {
  if (existsSync(file)) throw new CommandFailed(`${file} exists already`);
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws CommandFailed where it exists or cannot be written */
function openNew(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new CommandFailed(exists ? `${file} exists already` : (error as Error).message, { cause: error });
  }
}
