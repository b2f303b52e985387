import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type Service } from "./cli/process.ts";
import { type Ended, missingTools, projectFolder, ROOT, runScript } from "./shell.ts";

const organisation = (name: string, number: string): object => ({
  names: { en: name },
  identity: { scheme: "national", value: number },
  country: "NZ",
});

/** The kinds of the recorded events, as the examples print them. */
const kinds = (out: string): string[] => [...out.matchAll(/^record \d+: (\w+) /gm)].map(([, kind]) => kind!);

/** The examples, run as their readers run them, against a service of its own process. */
describe.runIf(missingTools.length === 0)("examples", () => {
  let service: Service;
  let folder: string;
  let exporter: { id: string; key: string };
  let importer: { id: string; key: string };
  let product: string;
  let batch: string;

  async function send<T>(method: string, path: string, key: string | undefined, body?: object): Promise<T> {
    const answer = await fetch(`${service.url}/v1${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  interface Filed {
    organisation: { id: string };
    apiKey: { secret: string };
  }

  async function fileEnterprise(name: string, number: string, officer: string): Promise<typeof exporter> {
    const filed = await send<Filed>("POST", "/enterprises", undefined, organisation(name, number));
    const { id } = filed.organisation;
    await send("POST", `/enterprises/${id}/decision`, officer, { decision: "approve" });
    await send("PUT", `/enterprises/${id}/terms`, officer, { quota: 10_000, autoApprove: true });
    return { id, key: filed.apiKey.secret };
  }

  beforeAll(async () => {
    folder = projectFolder();
    service = await startService();
    const authority = { role: "authority", ...organisation("Example Customs", "1") };
    const filed = await send<Filed>("POST", "/organisations", service.operatorKey, authority);
    const officer = filed.apiKey.secret;
    exporter = await fileEnterprise("Kauri Dairy", "2", officer);
    importer = await fileEnterprise("Bay Imports", "3", officer);
    const goods = { names: { en: "Milk powder" }, category: "food", originCountry: "NZ" };
    ({ id: product } = await send<{ id: string }>("POST", "/products", exporter.key, goods));
  });
  afterAll(async () => {
    await service.stop();
    for (const path of [folder, service.folder]) rmSync(path, { recursive: true, force: true });
  });

  function run(command: string, environment: Record<string, string> = {}): Promise<Ended> {
    return runScript(command, folder, {
      SUYUAN_URL: service.url,
      SUYUAN_DATA: service.folder,
      SUYUAN_KEY: exporter.key,
      ...environment,
    });
  }

  it("are all listed in their README", () => {
    const readme = readFileSync(join(ROOT, "examples/README.md"), "utf8");
    const files = readdirSync(join(ROOT, "examples")).filter((name) => name !== "README.md");
    expect(files.filter((name) => !readme.includes(`(${name})`))).toEqual([]);
  });

  it("first-hour.sh can be run twice on one service, and says what is missing", async () => {
    for (let round = 0; round < 2; round++) {
      const { status, out } = await run("bash examples/first-hour.sh");
      expect(status, out).toBe(0);
      expect(out).toMatch(/^VERIFIED/m);
    }
    const elsewhere = await run("bash examples/first-hour.sh", { SUYUAN_DATA: folder });
    expect(elsewhere.status).toBe(1);
    expect(elsewhere.out).toContain(`cannot read ${folder}/keys/operator.key: start the service`);
  }, 120_000);

  it("order-and-print.sh fetches the files, and never orders twice", async () => {
    const command = `bash examples/order-and-print.sh ${product} 100 L7 print`;
    const first = await run(command);
    expect(first.status, first.out).toBe(0);
    const csv = readFileSync(join(folder, "print/codes.csv"), "utf8");
    expect(csv.split("\n")).toHaveLength(102);
    expect(readFileSync(join(folder, "print/labels.zpl"), "utf8").match(/\^XZ/g)).toHaveLength(100);
    const again = await run(command);
    expect(again).toEqual({ status: 0, out: first.out });
    const { items } = await send<{ items: { id: string }[] }>("GET", "/batches", exporter.key);
    expect(items).toHaveLength(1);
    batch = items[0]!.id;
  }, 120_000);

  it("order-and-print.sh says why an order is refused", async () => {
    const { status, out } = await run("bash examples/order-and-print.sh prd_none 100 L8 refused");
    expect(status).toBe(1);
    expect(out).toContain("order-and-print: the order was refused:");
    expect(existsSync(join(folder, "refused/codes.csv"))).toBe(false);
  });

  it("report-shipment.sh and report-shipment.ts report the same", async () => {
    const shell = await run(`bash examples/report-shipment.sh ${batch} 0 23 lpn:C-1 ${importer.id} BL-1`);
    expect(shell.status, shell.out).toBe(0);
    const client = await run(`node examples/report-shipment.ts ${batch} 24 47 lpn:C-2 ${importer.id} BL-2`);
    expect(client.status, client.out).toBe(0);
    expect(kinds(shell.out)).toEqual(["commissioning", "packing", "shipping"]);
    expect(kinds(client.out)).toEqual(kinds(shell.out));
  });

  it("report-shipment.sh and report-shipment.ts explain a refusal", async () => {
    const twice = `${batch} 0 23 lpn:C-3 ${importer.id} BL-3`;
    for (const command of ["bash examples/report-shipment.sh", "node examples/report-shipment.ts"]) {
      const { status, out } = await run(`${command} ${twice}`);
      expect(status).toBe(1);
      expect(out).toContain("packed_twice");
    }
  });

  it("verify-offline.sh verifies under the log's key, and under no other", async () => {
    const code = readFileSync(join(folder, "print/codes.csv"), "utf8").split("\n")[1]!.split(",")[1]!;
    const vkey = await (await fetch(`${service.url}/log/vkey`)).text();
    writeFileSync(join(folder, "vkey"), vkey);
    const verified = await run(`bash examples/verify-offline.sh ${code} vkey proofs`);
    expect(verified.out).toMatch(/^VERIFIED/m);
    expect(verified.status).toBe(0);
    // A bundle that was changed on its way.
    const file = join(folder, `proofs/${code}.bundle.json`);
    writeFileSync(file, readFileSync(file, "utf8").replace("Milk powder", "Milk Powder"));
    const changed = await run(`npm run -s suyuan -- verify ${file} --key @vkey`);
    expect(changed.status).toBe(1);
    expect(changed.out).toMatch(/^REFUSED/m);
    expect((await run(`bash examples/verify-offline.sh ${code} nowhere`)).status).toBe(2);
    const unknown = await run("bash examples/verify-offline.sh 0000-0000-0000-0000 vkey proofs");
    expect(unknown.status).toBe(1);
    expect(unknown.out).toContain("this is not a code of this service");
  });
});
