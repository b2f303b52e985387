import { hasAnswer } from "./answers.ts";
import { OVERSIGHT, TRACES } from "./audit.ts";
import { ORDERS, PRINTING, SCANS } from "./codes.ts";
import { IMPORT, PLANT, SIGNING, VOYAGE } from "./custody.ts";
import type { Chapter, Example } from "./example.ts";
import { GOODS, ORGANISATIONS } from "./filing.ts";

/**
 * The examples of the reference, as one story: each call can be sent after those before it, by a service that began
 * empty. `tests/http/examples.test.ts` sends all of them.
 */
export const STORY: readonly Chapter[] = [
  ORGANISATIONS,
  GOODS,
  ORDERS,
  PRINTING,
  PLANT,
  SIGNING,
  VOYAGE,
  IMPORT,
  TRACES,
  SCANS,
  OVERSIGHT,
];

/** The examples that the reference shows: those with an answer. A test holds that all have one. */
export const EXAMPLES: readonly Example[] = STORY.flatMap(({ examples }) => examples).filter(({ name }) =>
  hasAnswer(name),
);

/** @throws RangeError for a name that no example has */
export function exampleNamed(name: string): Example {
  const found = EXAMPLES.find((example) => example.name === name);
  if (found === undefined) throw new RangeError(`there is no example ${name}`);
  return found;
}
