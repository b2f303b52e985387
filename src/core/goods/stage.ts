import { IdentifierError } from "./identifier.ts";
import { alternatives, requireString } from "./reading.ts";

/** The stages that require fields: filing goods, ordering codes for a lot, declaring a lot to customs. */
const STAGES = ["filing", "ordering", "declaring"] as const;

export type Stage = (typeof STAGES)[number];

/**
 * Reads a stage.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `unknown`
 */
export function parseStage(text: string): Stage {
  const given = requireString("stage", text);
  const stage = STAGES.find((candidate) => candidate === given);
  if (stage === undefined) throw new IdentifierError("stage", "unknown", `must be ${alternatives(STAGES)}`);
  return stage;
}
