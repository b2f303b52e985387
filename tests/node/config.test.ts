import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Config, configFrom, withPort } from "../../src/node/config.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/node/setting-table.ts";

const DATA = { SUYUAN_DATA: "/data" };
const DEFAULTS = configFrom(DATA);

function problem(environment: Record<string, string>): string {
  try {
    configFrom({ ...DATA, ...environment });
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message;
  }
  return "";
}

interface Case {
  id: string;
  door: string;
  input: { environment: Record<string, string> };
  right: Outcome & { either?: Outcome[] };
}
interface Outcome {
  setting?: string;
  is?: unknown;
  refused_naming?: string;
  offers?: string;
}

const SHARED = resolve(import.meta.dirname, "../../../shared/cases/configuration.json");
const cases = existsSync(SHARED) ? (JSON.parse(readFileSync(SHARED, "utf8")) as { cases: Case[] }).cases : [];
if (cases.length === 0) console.log("Skipped: shared cases of the configuration; they are not here.");

function holds(
  { setting, is, refused_naming, offers }: Outcome,
  environment: Record<string, string>,
): boolean {
  const refusal = problem(environment);
  if (refused_naming !== undefined)
    return refusal.includes(refused_naming) && (offers === undefined || refusal.includes(offers));
  if (refusal !== "") return false;
  const value = configFrom(environment)[setting as keyof Config];
  return (Array.isArray(is) ? is : [is]).includes(value);
}

describe.runIf(cases.length > 0)("the shared case", () => {
  const own = cases.filter(({ input }) => input.environment["command"] === undefined);
  it.each(own)("$id", ({ input, right }) => {
    const outcomes = right.either ?? [right];
    expect(
      outcomes.some((one) => holds(one, input.environment)),
      problem(input.environment),
    ).toBe(true);
  });
});

describe("a setting", () => {
  it.each(SETTING_NAMES)("%s that is empty or blank has its default", (name) => {
    for (const blank of ["", " ", "\t", " \r\n"])
      expect(configFrom({ ...DATA, [name]: blank })).toEqual(
        name === "SUYUAN_DATA" ? configFrom({}) : DEFAULTS,
      );
  });

  const numeric = SETTING_NAMES.filter((name) => typeof SETTINGS[name].default === "number");
  it.each(numeric)("%s takes decimal digits alone", (name) => {
    for (const text of [
      "0x10",
      "1e1",
      "10.0",
      "1_0",
      "+10",
      "-1",
      "10 ",
      " 10",
      "10s",
      "Infinity",
      "NaN",
      "１０",
      "10\r",
    ])
      expect(problem({ [name]: text })).toContain(`${JSON.stringify(text)}: it must be a whole number`);
    expect(problem({ [name]: "9".repeat(400) })).toMatch(/^.{0,250}$/);
  });

  const flags = SETTING_NAMES.filter((name) => typeof SETTINGS[name].default === "boolean");
  it.each(flags)("%s takes a closed list, in any letter case", (name) => {
    for (const text of ["perhaps", "y", "2", "truee", "constructor", "__proto__"])
      expect(problem({ [name]: text })).toContain("one of true, yes, on, 1");
    for (const text of ["TRUE", "On", "yes", "1"])
      expect(Object.values(configFrom({ ...DATA, [name]: text }))).toContain(true);
    for (const text of ["FALSE", "Off", "no", "0"])
      expect(configFrom({ ...DATA, [name]: text })).toEqual(DEFAULTS);
  });

  it("that is wrong is named with every other, its value, its option and what would be right", () => {
    const all = problem({
      SUYUAN_PORT: "8e3",
      SUYUAN_HOST: "https://x.example",
      SUYUAN_TRUST_PROXY: "maybe",
      SUYUAN_WITHOUT_QUORUM: "halt",
      SUYUAN_PROT: "1",
    });
    expect(all.split("\n")).toEqual([
      "5 settings are wrong:",
      expect.stringMatching(/^ {2}SUYUAN_HOST \(--host\) is "https:\/\/x\.example": it must be a host name/),
      '  SUYUAN_PORT (--port) is "8e3": it must be a whole number from 0 to 65535, in decimal digits',
      expect.stringMatching(/^ {2}SUYUAN_TRUST_PROXY is "maybe": it must be one of true/),
      '  SUYUAN_WITHOUT_QUORUM is "halt": it must be one of go-on, stop',
      "  SUYUAN_PROT is no setting: did you mean SUYUAN_PORT? Otherwise remove it",
    ]);
  });
});

describe("a name that is no setting is refused", () => {
  it.each([
    ["SUYUAN_DATA_DIR", "SUYUAN_DATA"],
    ["SUYUAN_HOSTNAME", "SUYUAN_HOST"],
    ["SUYUAN_QUOTA", "SUYUAN_DEFAULT_QUOTA"],
    ["SUYUAN_PROXY", "SUYUAN_TRUST_PROXY"],
    ["SUYUAN_ANONYMOUS_LIMIT", "SUYUAN_ANONYMOUS_PER_MINUTE"],
    ["suyuan_port", "SUYUAN_PORT"],
    ["SUYUAN_API_KEY", "SUYUAN_KEY"],
  ])("%s, with the nearest, %s", (name, nearest) => {
    expect(problem({ [name]: "secret-value" })).toContain(`did you mean ${nearest}?`);
    expect(problem({ [name]: "secret-value" })).not.toContain("secret-value");
  });

  it("with advice where Kubernetes sets it", () => {
    for (const name of ["SUYUAN_SERVICE_HOST", "SUYUAN_SERVICE_PORT_HTTP", "SUYUAN_PORT_8080_TCP_ADDR"])
      expect(problem({ [name]: "10.0.0.1" })).toContain("enableServiceLinks: false");
  });

  it("unless it belongs to the command line, or is blank", () => {
    const others = {
      SUYUAN_URL: "x",
      SUYUAN_KEY: "x",
      SUYUAN_AUTHORITY_KEY: "x",
      SUYUAN_PASSPHRASE: "x",
      SUYUAN_OLD: "",
    };
    expect(configFrom({ ...DATA, ...others })).toEqual(DEFAULTS);
  });
});

describe("a host", () => {
  it.each([
    ["TRACE.Example.ORG", "trace.example.org"],
    ["trace.example.org.", "trace.example.org"],
    ["xn--fiq228c.example:443", "xn--fiq228c.example:443"],
    ["a".repeat(63), "a".repeat(63)],
    ["192.0.2.7:65535", "192.0.2.7:65535"],
  ])("%s is taken as %s", (text, host) => {
    expect(configFrom({ ...DATA, SUYUAN_HOST: text })).toMatchObject({ host, hostFollowsPort: false });
  });

  it.each([
    "a..b",
    ".a",
    "a-.example",
    "my_host",
    "溯源.example",
    "256.1.1.1",
    "1.2.3",
    "192.0.2.07",
    "a.0x7f",
    "localhost:0",
    "x:080",
    "x:",
    "x:1:2",
    "[::1]",
    "::1",
    "user@x.example",
    "x.example?y",
    "x.example\n",
    `${"a.".repeat(127)}ab`,
  ])("%j is refused", (text) => {
    expect(problem({ SUYUAN_HOST: text })).toContain("SUYUAN_HOST (--host) is");
  });

  it("that is taken is the host of its URL", () => {
    const part = fc.stringMatching(/^[a-z0-9.-]{1,12}$/);
    fc.assert(
      fc.property(part, part, (first, second) => {
        const text = `${first}.${second}`;
        if (problem({ SUYUAN_HOST: text }) !== "") return;
        const { host } = configFrom({ ...DATA, SUYUAN_HOST: text });
        expect(new URL(`https://${host}/01/0`).host).toBe(host);
      }),
      { numRuns: 2000 },
    );
  });

  it("that is not set is localhost with the port that the service gets", () => {
    const free = configFrom({ ...DATA, SUYUAN_PORT: "0" });
    expect(free.host).toBe("localhost");
    expect(withPort(free, 4711)).toMatchObject({ port: 4711, host: "localhost:4711" });
    const named = configFrom({ ...DATA, SUYUAN_PORT: "0", SUYUAN_HOST: "a.example" });
    expect(withPort(named, 4711)).toMatchObject({ port: 4711, host: "a.example" });
  });
});

describe("an address to listen at", () => {
  it.each(["::", "::1", "0.0.0.0", "localhost", "node-1.internal"])("%s is taken", (address) => {
    expect(configFrom({ ...DATA, SUYUAN_ADDRESS: address })).toMatchObject({ address });
  });

  it.each(["[::1]", "127.0.0.1:80", "127.0.0", "0", "a b", ":::"])("%j is refused", (address) => {
    expect(problem({ SUYUAN_ADDRESS: address })).toContain("SUYUAN_ADDRESS (--address) is");
  });
});

describe("docs/operating.md", () => {
  it("lists every setting with its default and what it sets", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
    const rows = page
      .split("\n")
      .filter((line) => line.startsWith("| `SUYUAN_"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(rows).toEqual(
      SETTING_NAMES.map((name) => [`\`${name}\``, SETTINGS[name].shown, SETTINGS[name].sets]),
    );
  });
});
