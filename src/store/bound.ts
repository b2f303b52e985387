import { type Placeholder, type SQL, sql } from "drizzle-orm";

/** A value to be bound, for columns of an insert or update. */
export const p = sql.placeholder;

/**
 * A value to be bound in a condition. The unary plus changes nothing but this: without it SQLite notes that the plan may
 * depend on the value (ORDER BY beside an equality, LIMIT, a partial index do that), and plans the statement anew each
 * time one is bound, which costs several times the read itself.
 */
export function bound(name: string): SQL {
  return sql`+${sql.placeholder(name)}`;
}

/** The same for LIMIT, where drizzle's types take a number or a placeholder only. */
export function boundLimit(name: string): Placeholder {
  return bound(name) as unknown as Placeholder;
}

/** A number of ours, spelled out in the statement rather than bound. */
export function spelled(value: number): SQL {
  return sql.raw(String(value));
}

/** LIMIT 1, spelled out rather than bound. */
export const ONE = sql.raw("1") as unknown as Placeholder;
