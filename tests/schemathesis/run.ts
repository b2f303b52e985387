import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startService, temporaryFolder } from "../cli/process.ts";
import { EXPORTER } from "../http/actors.ts";
import { get, type Goods, packing, prepareGoods, send } from "../faults/client.ts";

const VERSION = "4.32.5";
/** No 5xx, and no status, media type or member that the OpenAPI document does not have. */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
];
const ENVIRONMENT = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };

/**
 * `npm run test:schemathesis -- [--seconds 60] [--seed N] [--program FILE]`: schemathesis against a filled store, with a
 * key of each role. Without `--program` it is installed into a temporary Python environment. Ends with 1 at a finding.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    program: { type: "string" },
  },
});
const work = mkdtempSync(join(tmpdir(), "suyuan-schemathesis-"));
const service = await startService(temporaryFolder(), ENVIRONMENT);
try {
  const program = values.program ?? (await install());
  for (const [role, key] of Object.entries(await keysOf(await filled()))) {
    console.log(`\n${role}, seed ${values.seed}`);
    const code = await run(program, [
      ...argumentsFor(),
      ...(key === "" ? [] : ["-H", `Authorization: Bearer ${key}`]),
    ]);
    console.log(`${role}: ${code === 0 ? "no finding" : `ended with ${code}`}`);
    if (code !== 0) process.exitCode = 1;
  }
  if (/suyuan: a fault in request/.test(service.stderr())) {
    console.error(service.stderr());
    process.exitCode = 1;
  }
} finally {
  service.child.kill("SIGTERM");
  await service.ended;
  for (const folder of [work, service.folder]) rmSync(folder, { recursive: true, force: true });
}

function argumentsFor(): string[] {
  const bounds = [
    "--max-time",
    values.seconds,
    "--seed",
    values.seed,
    "--phases",
    "examples,coverage,fuzzing",
  ];
  const more = ["--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"];
  return ["run", `${service.url}/openapi.json`, "--checks", CHECKS.join(","), ...bounds, ...more];
}

async function install(): Promise<string> {
  const environment = join(work, "venv");
  if ((await run("python3", ["-m", "venv", environment])) !== 0) throw new Error("python3 -m venv failed");
  const pip = join(environment, "bin", "pip");
  if ((await run(pip, ["install", "--quiet", `schemathesis==${VERSION}`])) !== 0)
    throw new Error(`schemathesis ${VERSION} could not be installed`);
  return join(environment, "bin", "schemathesis");
}

/** A batch in use, some of it packed, a recall and a file: most lists have something in them. */
async function filled(): Promise<Goods> {
  const { url } = service;
  const goods = await prepareGoods(url, service.operatorKey);
  await send(url, goods, packing(goods, 0, 5));
  const scope = { subjects: [{ batch: goods.batch, first: 50, last: 60 }] };
  const body = { scope, level: 2, reason: "tested", advice: "Do not use." };
  await get(url, "POST", "/v1/recalls", { key: goods.maker, body });
  await get(url, "POST", "/v1/files?name=report", {
    key: goods.maker,
    body: "%PDF-1.4\n%%EOF\n",
    type: "application/pdf",
  });
  return goods;
}

/** A key of each role; an empty one for nobody. */
async function keysOf({ maker, authority }: Goods): Promise<Record<string, string>> {
  const body = {
    ...EXPORTER,
    role: "assessor",
    identity: { scheme: "national", value: "LAB 1" },
    activities: [],
  };
  const path = "/v1/organisations";
  const laboratory = await get<{ apiKey: { secret: string } }>(service.url, "POST", path, {
    key: service.operatorKey,
    body,
  });
  return {
    nobody: "",
    enterprise: maker,
    assessor: laboratory.apiKey.secret,
    authority,
    operator: service.operatorKey,
  };
}

async function run(program: string, args: string[]): Promise<number | null> {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"], cwd: work });
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}
