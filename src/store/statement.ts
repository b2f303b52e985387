import type { Binding, Value } from "./binding.ts";

/** A prepared statement: `P` holds its values by parameter name, `R` is a row as the driver returns it. */
export interface Statement<P, R> {
  /** The first row; undefined when there is none. */
  get(values: P): R | undefined;
  all(values: P): R[];
  run(values: P): void;
}

/** Prepares SQL text with `:name` parameters. `P` and `R` are void and never for a statement without values or rows. */
export type Prepare = <P extends object | void = void, R = never>(text: string) => Statement<P, R>;

/** A row as it is stored: booleans are 0 and 1. */
export type Stored<Row> = { [K in keyof Row]: Row[K] extends boolean ? number : Row[K] };

type Named = Record<string, Value | undefined>;

/**
 * Prepares statements on a database, each once.
 *
 * A statement throws a TypeError when a value is missing. `undefined` would otherwise be stored as NULL.
 */
export function statementsOn(binding: Pick<Binding, "prepare">): Prepare {
  return <P extends object | void, R>(text: string): Statement<P, R> => {
    const { sql, names } = positional(text);
    const driver = binding.prepare(sql);
    return {
      get: byName(driver.get.bind(driver), names) as (values: P) => R | undefined,
      all: byName(driver.all.bind(driver), names) as (values: P) => R[],
      run: byName(driver.run.bind(driver), names),
    };
  };
}

/**
 * SQL text with `:name` parameters as a driver takes it, and the name of the value at each place.
 *
 * Each parameter becomes `+?`. The unary plus does not change the value. Without it SQLite notes that the plan may depend
 * on the value (ORDER BY beside an equality, LIMIT and partial indexes cause this) and plans the statement again at each
 * binding, which costs several times the read itself.
 */
function positional(text: string): { sql: string; names: string[] } {
  const names: string[] = [];
  const sql = text.replace(/:([a-zA-Z]+)/g, (_, name: string) => {
    names.push(name);
    return "+?";
  });
  return { sql, names };
}

/** Calls with values in the order of `names`. Short lists are spelled out: an array for each call costs 0.1 µs. */
function byName<T>(call: (...values: Value[]) => T, names: string[]): (values: unknown) => T {
  const [a = "", b = "", c = "", d = ""] = names;
  switch (names.length) {
    case 0:
      return () => call();
    case 1:
      return (values) => call(valueOf(values, a));
    case 2:
      return (values) => call(valueOf(values, a), valueOf(values, b));
    case 3:
      return (values) => call(valueOf(values, a), valueOf(values, b), valueOf(values, c));
    case 4:
      return (values) => call(valueOf(values, a), valueOf(values, b), valueOf(values, c), valueOf(values, d));
    default:
      return (values) => call(...names.map((name) => valueOf(values, name)));
  }
}

function valueOf(values: unknown, name: string): Value {
  const value = (values as Named)[name];
  if (value === undefined) throw new TypeError(`a statement has no value for :${name}; use null for none`);
  return value;
}
