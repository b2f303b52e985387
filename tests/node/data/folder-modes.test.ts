import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tightenModes } from "../../../src/node/data/folder-modes.ts";
import { start } from "../../cli/process.ts";
import { makeHarness } from "../../harness.ts";

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-modes-"));
  data = join(folder, "data");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The permissions of a data folder and of everything in it, by path. */
function modesIn(path: string): Record<string, string> {
  const names = ["", ...(readdirSync(path, { recursive: true }) as string[])];
  return Object.fromEntries(
    names.map((name) => [name, (statSync(join(path, name)).mode & 0o777).toString(8)]),
  );
}

/** The paths that anybody but the owner may use. */
const openIn = (path: string): string[] =>
  Object.entries(modesIn(path)).flatMap(([name, mode]) => (mode.endsWith("00") ? [] : [`${name} ${mode}`]));

describe("the data folder", () => {
  it("and every file in it belong to their owner alone, whatever the umask", async () => {
    const service = start("cli/main.ts", ["serve"], { SUYUAN_DATA: data, SUYUAN_PORT: "0" });
    await service.wrote(/listening/);
    expect(openIn(data)).toEqual([]);
    expect(Object.keys(modesIn(data))).toEqual(
      expect.arrayContaining(["suyuan.db", "suyuan.db-wal", "lock.db", "checkpoint", "keys/log.key"]),
    );
    service.child.kill("SIGTERM");
    expect((await service.ended).code).toBe(0);
    expect(openIn(data)).toEqual([]);
  });

  it("of an older version is tightened at the first start, which says so once", async () => {
    await makeHarness({}, data).dispose();
    chmodSync(data, 0o755);
    for (const name of ["suyuan.db", "lock.db", "checkpoint", "keys/operator.key"])
      chmodSync(join(data, name), 0o644);
    chmodSync(join(data, "keys"), 0o750);
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await makeHarness({}, data).dispose();
    expect(openIn(data)).toEqual([]);
    expect(errors.mock.calls.flat()).toEqual([
      expect.stringMatching(/others on this machine could use .*suyuan\.db/),
    ]);
    await makeHarness({}, data).dispose();
    expect(errors).toHaveBeenCalledOnce();
    errors.mockRestore();
  });

  it("keeps what its owner may not do, and what symbolic links name", () => {
    mkdirSync(join(data, "keys"), { recursive: true, mode: 0o755 });
    const shared = join(folder, "shared");
    writeFileSync(shared, "", { mode: 0o644 });
    symlinkSync(shared, join(data, "checkpoint"));
    writeFileSync(join(data, "keys", "log.key"), "", { mode: 0o444 });
    chmodSync(data, 0o555);
    expect(tightenModes(data).sort()).toEqual([data, join(data, "keys"), join(data, "keys", "log.key")]);
    expect(modesIn(data)).toMatchObject({ "": "500", keys: "700", "keys/log.key": "400", checkpoint: "644" });
    expect(tightenModes(data)).toEqual([]);
    chmodSync(data, 0o700);
  });

  it("that holds other things too is tightened in the service's own files alone", () => {
    mkdirSync(data, { mode: 0o755 });
    for (const name of ["suyuan.db", "notes.txt"]) writeFileSync(join(data, name), "", { mode: 0o644 });
    expect(tightenModes(data)).toEqual([join(data, "suyuan.db")]);
    expect(modesIn(data)).toEqual({ "": "755", "suyuan.db": "600", "notes.txt": "644" });
  });
});
