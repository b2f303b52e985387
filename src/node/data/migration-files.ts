import { readFileSync } from "node:fs";
import { join } from "node:path";
import journal from "../../../drizzle/meta/_journal.json" with { type: "json" };
import type { Migration } from "../../store/migrations.ts";
import { PACKAGE_ROOT } from "../package-root.ts";

const FOLDER = join(PACKAGE_ROOT, "drizzle");

/** The date of this version's newest migration, milliseconds since 1970. */
export const NEWEST_MIGRATION = Math.max(...journal.entries.map((entry) => entry.when));

/** The migrations of this version, read from the files that drizzle-kit wrote. */
export function readMigrations(): Migration[] {
  return journal.entries.map(({ tag, when }) => ({
    tag,
    when,
    sql: readFileSync(join(FOLDER, `${tag}.sql`), "utf8"),
  }));
}
