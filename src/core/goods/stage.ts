import { IdentifierError } from "./identifier.ts";
import { alternatives, requireString } from "./reading.ts";

/** When something is asked for: as goods are filed, as codes are ordered for a lot, as a lot is declared to customs. */
const STAGES = ["filing", "ordering", "declaring"] as const;

export type Stage = (typeof STAGES)[number];

/**
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `unknown`
 */
export function parseStage(text: string): Stage {
  const given = requireString("stage", text);
  const stage = STAGES.find((candidate) => candidate === given);
  if (stage === undefined) throw new IdentifierError("stage", "unknown", `must be ${alternatives(STAGES)}`);
  return stage;
}
