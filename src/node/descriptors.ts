import { readdirSync, readFileSync } from "node:fs";

/** Some of them are free again by the time that an error is reported. */
const NEARLY_ALL = 8;

/**
 * Whether an error says that the process, or the system, has no file descriptor left. SQLite only says that it cannot open
 * a file; then the numbers of the process decide.
 */
export function lacksDescriptors(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code, message } = one as NodeJS.ErrnoException;
    if (code === "EMFILE" || code === "ENFILE") return true;
    if (!code?.startsWith("SQLITE_CANTOPEN") && !message.includes("unable to open database file")) continue;
    const { open, limit } = descriptors();
    if (open !== undefined && limit !== undefined && open >= limit - NEARLY_ALL) return true;
  }
  return false;
}

/** What to do about it, with the numbers of this process where the system shows them. */
export function descriptorAdvice(): string {
  const { open, limit } = descriptors();
  const numbers = open === undefined || limit === undefined ? "" : ` (${open} of ${limit} are in use)`;
  return (
    `the process has no file descriptor left${numbers}: raise its limit (ulimit -n, or LimitNOFILE of systemd), or ` +
    "lower SUYUAN_MAX_CONNECTIONS"
  );
}

/** The descriptors that this process may open; undefined where the system does not say. */
export function descriptorLimit(): number | undefined {
  return descriptors().limit;
}

function descriptors(): { open?: number | undefined; limit?: number | undefined } {
  let limit: number | undefined;
  let open: number | undefined;
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    if (line !== null) limit = Number(line[1]);
  } catch {
    // Only Linux has /proc, and reading it needs a descriptor.
  }
  try {
    open = readdirSync("/proc/self/fd").length;
  } catch {
    open = limit;
  }
  return { open, limit };
}
