import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBackup } from "../../src/node/make-backup.ts";
import { restore } from "../../src/node/restore.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { temporaryFolder } from "../cli/process.ts";
import { makeHarness } from "../harness.ts";
import { type Mount, mountMemory } from "./mount.ts";

const SMALL_BYTES = 64 * 1024;
const mount = mountMemory(SMALL_BYTES);
if (mount === undefined) console.log("skipped: this process may not mount a file system of its own");

describe.runIf(mount !== undefined)("a disk that is too small", () => {
  const { path } = mount ?? ({ path: "" } as Mount);
  const work = temporaryFolder();
  const data = join(work, "data");
  const backup = join(work, "backup");

  beforeAll(async () => {
    mkdirSync(data);
    await makeHarness({}, data).close();
    await makeBackup(data, backup, undefined);
  });
  afterAll(() => {
    mount?.unmount();
    rmSync(work, { recursive: true, force: true });
  });

  it("ends a backup with the reason, and keeps nothing of it", async () => {
    expect(statSync(join(data, "suyuan.db")).size).toBeGreaterThan(SMALL_BYTES);
    const refused = makeBackup(data, join(path, "a", "backup"), undefined);
    await expect(refused).rejects.toThrow(StoreRefused);
    await expect(refused).rejects.toThrow(/a\/backup cannot be written: the disk is full/);
    expect(readdirSync(path)).toEqual([]);
  });

  it("ends a restore with the reason, and keeps nothing of it", async () => {
    const refused = restore({
      from: backup,
      keys: join(data, "keys"),
      data: join(path, "restored"),
      newest: undefined,
      force: true,
      passphrase: () => Promise.reject(new Error("not asked for")),
    });
    await expect(refused).rejects.toThrow(StoreRefused);
    await expect(refused).rejects.toThrow(/restored cannot be written: the disk is full/);
    expect(readdirSync(path)).toEqual([]);
  });

  it("is no target for a backup itself, since it is a mount point", async () => {
    await expect(makeBackup(data, path, undefined)).rejects.toThrow(
      /is a mount point: name a new folder inside it/,
    );
  });
});
