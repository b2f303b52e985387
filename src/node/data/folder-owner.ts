import { readFileSync, statSync } from "node:fs";
import { randomUUID } from "node:crypto";
import Sqlite from "better-sqlite3";
import * as z from "zod";
import { StoreFailed, StoreRefused } from "../../store/binding.ts";

/**
 * The process that serves a database, in the database itself (`meta`, key `owner`). `lock.db` alone would not do: after
 * somebody deletes it, a second process locks a new file of that name.
 */
const Owner = z.object({
  /** Drawn by each opening. */
  token: z.string(),
  /** The database's device and inode: a copy of the database has another, and is nobody's. */
  file: z.string(),
  pid: z.int(),
  /** The boot of the machine, and the start of the process in clock ticks since then; "" where the system has neither. */
  boot: z.string(),
  started: z.string(),
});
type Owner = z.infer<typeof Owner>;

const READ = `SELECT value FROM meta WHERE "key" = 'owner'`;
const CLAIM = `
  INSERT INTO meta ("key", value) VALUES ('owner', ?)
  ON CONFLICT ("key") DO UPDATE SET value = excluded.value`;
const HAS_META = `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'`;
const RELEASE = `DELETE FROM meta WHERE "key" = 'owner' AND value = ?`;

/** Tokens of this process's own open stores. */
const ownTokens = new Set<string>();

/** The hold of this process on a database. */
export interface Ownership {
  /** Call inside each write transaction. @throws StoreFailed where another process took the database over */
  require(): void;
  /** Ends the hold, for a clean stop. */
  release(): void;
}

/**
 * Refuses a database whose owner is alive, before anything is written to it.
 * @throws StoreRefused
 */
export function refuseOwned(file: string, folder: string): void {
  const sqlite = new Sqlite(file, { readonly: true });
  try {
    refuseLiving(sqlite, file, folder);
  } finally {
    sqlite.close();
  }
}

/**
 * Makes this process the owner of an open database that has every table. From then on a process that owned it before,
 * unseen by this one (in another container, on another machine), writes nothing more.
 * @throws StoreRefused where its owner is alive
 */
export function claimDatabase(sqlite: Sqlite.Database, file: string, folder: string): Ownership {
  const value = JSON.stringify(thisProcess(file));
  sqlite
    .transaction(() => {
      refuseLiving(sqlite, file, folder);
      sqlite.prepare(CLAIM).run(value);
    })
    .immediate();
  const { token } = JSON.parse(value) as Owner;
  ownTokens.add(token);
  const read = sqlite.prepare<[], string>(READ).pluck();
  return {
    require() {
      if (read.get() === value) return;
      throw new StoreFailed(
        `another process took over the database ${file}: this one writes nothing more. Stop one of the two`,
      );
    },
    release() {
      ownTokens.delete(token);
      try {
        sqlite.prepare(RELEASE).run(value);
      } catch {
        // A full disk keeps the row, which ends with this process.
      }
    },
  };
}

function refuseLiving(sqlite: Sqlite.Database, file: string, folder: string): void {
  if (sqlite.prepare(HAS_META).get() === undefined) return;
  const text = sqlite.prepare<[], string>(READ).pluck().get();
  const owner = text === undefined ? undefined : Owner.safeParse(JSON.parse(text)).data;
  if (owner === undefined || owner.file !== identityOf(file) || !isAlive(owner)) return;
  throw new StoreRefused(
    `another process (${owner.pid}) is serving the data folder ${folder}, although its lock.db is gone: ` +
      "stop it, or use its HTTP API instead",
  );
}

/**
 * Whether the owner still runs. A process number is given out again, so its start must be the same too. On a system
 * without /proc only this process's own stores are known; there `require` alone keeps two from writing.
 */
function isAlive({ token, pid, boot, started }: Owner): boolean {
  if (pid === process.pid && started === startOf("self")) return ownTokens.has(token);
  return boot !== "" && started !== "" && boot === bootId() && started === startOf(String(pid));
}

function thisProcess(file: string): Owner {
  return {
    token: randomUUID(),
    file: identityOf(file),
    pid: process.pid,
    boot: bootId(),
    started: startOf("self"),
  };
}

function identityOf(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev}:${ino}`;
}

function bootId(): string {
  return readProc("/proc/sys/kernel/random/boot_id").trim();
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the second field may have blanks and parentheses. */
function startOf(pid: string): string {
  const stat = readProc(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie ("Z") has ended and holds nothing.
  return fields[0] === "Z" ? "" : (fields[19] ?? "");
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
