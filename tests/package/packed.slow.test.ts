// The package that `npm pack` makes, in a folder that has nothing else, on the Node that a user's PATH has.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { PACKAGE_ROOT } from "../../src/node/package-root.ts";

const INSTALL_MS = 300_000;
const STORY_MS = 300_000;
const run = promisify(execFile);

/** This environment without what npm and vitest put into it: no `node_modules/.bin` on PATH, no setting of Suyuan. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|SUYUAN_|NODE_OPTIONS|VITEST)/i.test(name)),
);
environment["PATH"] = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

const folder = mkdtempSync(join(tmpdir(), "suyuan-packed-"));
const suyuan = join(folder, "node_modules/.bin/suyuan");
const options = { cwd: folder, env: environment };
const version = execFileSync("node", ["--version"], options).toString().trim();
const nodeApi = execFileSync("node", ["--print", "process.versions.napi"], options).toString();
const tooOld = Number(nodeApi) < 10;
const children = new Set<ChildProcess>();

/** Starts the installed command; resolves at the first match of what it writes. */
async function start(args: string[], pattern: RegExp): Promise<{ child: ChildProcess; found: string }> {
  const child = spawn(suyuan, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let text = "";
  const found = new Promise<string>((resolve, reject) => {
    const read = (part: Buffer): void => {
      text += part.toString();
      const match = pattern.exec(text)?.[1];
      if (match !== undefined) resolve(match);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`ended with ${code} before ${pattern}:\n${text}`)));
  });
  return { child, found: await found };
}

beforeAll(async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: PACKAGE_ROOT,
  });
  const tarball = /"filename": "([^"]+)"/.exec(stdout)?.[1] ?? "";
  writeFileSync(join(folder, "package.json"), "{}");
  await run("npm", ["install", "--ignore-scripts", `./${tarball}`], options);
}, INSTALL_MS);

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

describe("the packed command", () => {
  it(`shows help on the Node of PATH (${version})`, async () => {
    const { stdout } = await run(suyuan, ["help"], options);
    expect(stdout).toContain("Usage: suyuan COMMAND");
  });

  it(
    "tells the whole story",
    async () => {
      const { stdout } = await run(suyuan, ["demo", "--once", "--port", "0"], options);
      expect(stdout).toContain("The whole story took");
    },
    STORY_MS,
  );

  it.for(["SIGTERM", "SIGINT"] as const)("serves until %s and ends with 0", async (signal) => {
    const data = join(folder, signal);
    const { child, found } = await start(["serve", "--data", data, "--port", "0"], /listening at (http:\S+)/);
    const answer = await fetch(`${found}/v1/scan/45VF-V6GS-11R1-9J3B`);
    expect(await answer.json()).toMatchObject({ verdict: expect.any(String) as string });
    const ended = once(child, "exit");
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(data)).toContain("suyuan.db");
  });

  it("passes the exit code on", async () => {
    await expect(run(suyuan, ["nonsense"], options)).rejects.toMatchObject({ code: 2 });
  });
});

describe("what the package contains", () => {
  const installed = join(folder, "node_modules/suyuan");

  it("is the build, its data and no source", () => {
    expect(readdirSync(installed).sort()).toEqual([
      "LICENSE",
      "README.md",
      "bin",
      "dist",
      "drizzle",
      "fixtures",
      "package.json",
    ]);
  });

  it("names the licences of what the build contains", () => {
    const licenses = readFileSync(join(installed, "dist/licenses.txt"), "utf8");
    expect(licenses).toMatch(/^hono \S+ \(MIT\)\n\nMIT License\n\nCopyright /m);
  });
});

describe("on a Node that is too old, without a newer one", () => {
  if (!tooOld) console.log(`skipped: the Node of PATH (${version}) is new enough to run the command`);

  it.skipIf(!tooOld)("ends with one line that names those that work", async () => {
    const bare = mkdtempSync(join(tmpdir(), "suyuan-bare-"));
    for (const file of ["bin/suyuan.cjs", "package.json"])
      cpSync(join(folder, "node_modules/suyuan", file), join(bare, file));
    onTestFinished(() => rmSync(bare, { recursive: true }));
    const ended = run("node", [join(bare, "bin/suyuan.cjs"), "help"], { ...options, cwd: tmpdir() });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: `suyuan: Node ${version.slice(1)} is too old: install Node 24 or another of ${packageJson.engines.node} (https://nodejs.org), and run this again\n`,
    });
  });
});
