import { IdentifierError } from "./identifier.ts";
import { readFreeText, readShape } from "./reading.ts";

/** ISO 17712: I indicative, S security, H high security. International containers have H. */
const CLASSES = ["I", "S", "H"] as const;

const MAX_MANUFACTURER_LENGTH = 35;
const MAX_NUMBER_LENGTH = 20;
const NUMBER_LENGTHS = Array.from({ length: MAX_NUMBER_LENGTH }, (_, index) => index + 1);

/** A mechanical seal of a freight container (ISO 17712). None of its parts has a check digit. */
interface ContainerSeal {
  readonly class: (typeof CLASSES)[number];
  /** The maker's mark. Numbers are unique only per maker. */
  readonly manufacturer: string;
  /** As marked on the seal, leading zeros kept. */
  readonly number: string;
}

/**
 * Reads the marks of a seal (ISO 17712: class, manufacturer, unique number).
 *
 * @param seal class in any letter case; manufacturer of 1 to 35 characters; number of 1 to 20 letters, digits and dashes
 * @throws {TypeError} if a part is not a string
 * @throws {IdentifierError} `unknown` (a class that is not I, S or H), `length` or `character`
 */
export function parseContainerSeal(seal: {
  class: string;
  manufacturer: string;
  number: string;
}): ContainerSeal {
  const letter = readShape("container_seal", seal.class, {
    lengths: [1],
    alphabet: /^[A-Z]$/,
    expected: "a letter as its class",
  });
  const known = CLASSES.find((candidate) => candidate === letter);
  if (known === undefined)
    throw new IdentifierError(
      "container_seal",
      "unknown",
      "has no class of ISO 17712, expected I (indicative), S (security) or H (high security)",
    );
  return {
    class: known,
    manufacturer: readFreeText("container_seal", seal.manufacturer, MAX_MANUFACTURER_LENGTH),
    number: readShape("container_seal", seal.number, {
      lengths: NUMBER_LENGTHS,
      alphabet: /^[0-9A-Z-]$/,
      expected: "letters, digits and dashes",
    }),
  };
}
