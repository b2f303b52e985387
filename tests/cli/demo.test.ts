import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { choosePort, type DemoSettings, demoSettings } from "../../src/cli/demo/settings.ts";
import { commandLines, commandText, suyuanWords } from "../../src/cli/demo/shell-command.ts";
import { suyuan, temporaryFolder } from "./process.ts";

const ADDRESS = "127.0.0.1";
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Listens at a free port and resolves with it. */
async function occupy(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, ADDRESS, listening));
  return (server.address() as { port: number }).port;
}

function settings(options: Record<string, string>, environment: Record<string, string> = {}): DemoSettings {
  return demoSettings({ option: (name) => options[name] }, environment);
}

describe("the demo's settings", () => {
  const environment = {
    SUYUAN_DATA: "/data",
    SUYUAN_ADDRESS: "127.0.0.2",
    SUYUAN_PORT: "81",
    SUYUAN_HOST: "a.example",
  };

  it("come from the environment, and an option wins", () => {
    const ignored: string[] = [];
    expect(settings({}, environment)).toEqual({
      data: "/data",
      address: "127.0.0.2",
      port: 81,
      host: "a.example",
      ignored,
    });
    const options = { data: "/other", address: "::1", port: "0", host: "b.example" };
    expect(settings(options, environment)).toEqual({ ...options, port: 0, ignored });
  });

  it("have defaults, also for empty variables", () => {
    const none = { data: undefined, address: ADDRESS, port: undefined, host: undefined, ignored: [] };
    expect(settings({})).toEqual(none);
    expect(settings({}, { SUYUAN_PORT: "", SUYUAN_DATA: "", SUYUAN_WITNESS_POLICY: "" })).toEqual(none);
  });

  it("name the service's variables that do not apply, and no others", () => {
    const others = { SUYUAN_URL: "http://a", SUYUAN_KEY: "k", PATH: "/bin", ...environment };
    const { ignored } = settings({}, { ...others, SUYUAN_WITNESS_POLICY: "p", SUYUAN_AUTO_APPROVE: "true" });
    expect(ignored).toEqual(["SUYUAN_AUTO_APPROVE", "SUYUAN_WITNESS_POLICY"]);
  });

  it.each(["http", "-1", "65536", "8080.5", "1e3"])("refuse the port %s and name its source", (port) => {
    expect(() => settings({}, { SUYUAN_PORT: port })).toThrow(/^SUYUAN_PORT must be .* 0 to 65535, not/);
    expect(() => settings({ port }, { SUYUAN_PORT: "80" })).toThrow(/^--port must be/);
  });
});

describe("the demo's port", () => {
  it("is the one that was asked for, or none", async () => {
    const used = await occupy();
    await expect(choosePort(ADDRESS, used)).rejects.toThrow(`port ${used} is in use at ${ADDRESS}`);
    expect(await choosePort(ADDRESS, 0)).toBeGreaterThan(0);
  });

  it("is another one where the default is in use", async () => {
    const used = await occupy();
    const chosen = await choosePort(ADDRESS, undefined, used);
    expect(chosen).not.toBe(used);
    expect(chosen).toBeGreaterThan(0);
  });

  it("is refused with the reason where the address is not this machine's", async () => {
    await expect(choosePort("192.0.2.1", 0)).rejects.toThrow(/cannot listen at 192\.0\.2\.1.*EADDRNOTAVAIL/);
  });
});

describe("the demo", () => {
  it.each([
    ["--port", (port: string) => suyuan(["demo", "--port", port])],
    ["SUYUAN_PORT", (port: string) => suyuan(["demo"], { SUYUAN_PORT: port })],
  ])("refuses a port in use that %s names", async (_source, run) => {
    const used = String(await occupy());
    const { code, stdout, stderr } = await run(used);
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${used} is in use`);
    expect(stdout).toBe("");
  });

  it.each([
    ["--data", (folder: string) => suyuan(["demo", "--port", "0", "--data", folder])],
    ["SUYUAN_DATA", (folder: string) => suyuan(["demo", "--port", "0"], { SUYUAN_DATA: folder })],
  ])("refuses a folder with a store that %s names", async (_source, run) => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "suyuan.db"), "");
    const { code, stderr } = await run(folder);
    expect(code).toBe(1);
    expect(stderr).toContain(`${folder} has a store already`);
    rmSync(folder, { recursive: true });
  });

  it("has help of at most 100 columns that names its variables", async () => {
    const { stdout } = await suyuan(["help", "demo"]);
    for (const name of ["SUYUAN_PORT", "SUYUAN_ADDRESS", "SUYUAN_HOST", "SUYUAN_DATA"])
      expect(stdout).toContain(name);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});

describe("a printed command", () => {
  const body = `{"text":"it's \\"quoted\\"",\n  "money":"$HOME \`x\`"}`;
  const words = [
    ["printf", "%s|"],
    ["a b"],
    ["x".repeat(60)],
    ["y".repeat(60)],
    ["-d", body],
    ["localhost/a+b="],
  ];
  const command = { what: "Print:", groups: words };

  it("is read back by a shell, on one line and on several", () => {
    const expected = `${words.flat().slice(2).join("|")}|`;
    expect(execFileSync("sh", ["-c", commandText(command)], { encoding: "utf8" })).toBe(expected);
    const lines = commandLines(command, "    ");
    expect(lines.length).toBeGreaterThan(1);
    expect(execFileSync("sh", ["-c", lines.join("\n")], { encoding: "utf8" })).toBe(expected);
  });

  it("starts suyuan as this process was started", () => {
    const main = ["/n/node", "/p/src/cli/main.ts"];
    expect(suyuanWords({ npm_lifecycle_event: "demo" }, main)).toEqual(["npm", "run", "-s", "suyuan", "--"]);
    expect(suyuanWords({}, main)).toEqual(main);
    expect(suyuanWords({}, ["/n/node", "/usr/bin/suyuan"])).toEqual(["suyuan"]);
    const packed = "/home/a/.npm/_npx/1/node_modules/.bin/suyuan";
    expect(suyuanWords({ npm_lifecycle_event: "npx" }, ["/n/node", packed])).toEqual([packed]);
  });
});
