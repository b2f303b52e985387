import type { Prepare } from "../statement.ts";
import { codeStateStatements } from "./code-states.ts";
import { eventStatements } from "./events.ts";
import { recallStatements } from "./recalls.ts";
import { unitStatements } from "./units.ts";

/** Everything that custody derives from records: links, events, nodes, units, statuses of codes and recalls. */
export function custodyStatements(prepare: Prepare) {
  return {
    ...eventStatements(prepare),
    ...unitStatements(prepare),
    ...codeStateStatements(prepare),
    ...recallStatements(prepare),
  };
}

export type CustodyStatements = ReturnType<typeof custodyStatements>;
