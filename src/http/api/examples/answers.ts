import answers from "./answers.json" with { type: "json" };
import type { ExampleAnswer } from "./example.ts";

const ANSWERS = answers as Readonly<Record<string, ExampleAnswer>>;

/** False for an example that is new: the test that sends the story has not written its answer yet. */
export function hasAnswer(example: string): boolean {
  return ANSWERS[example] !== undefined;
}

/**
 * What the service answers to an example, as the test that sends the story has written it.
 * @throws RangeError for a name that no answer has
 */
export function answerOf(example: string): ExampleAnswer {
  const answer = ANSWERS[example];
  if (answer === undefined) throw new RangeError(`answers.json has no answer to ${example}`);
  return answer;
}
