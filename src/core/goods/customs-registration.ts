import { IdentifierError } from "./identifier.ts";
import { readShape } from "./reading.ts";

/**
 * Reads the ten-character number under which Chinese customs file an enterprise (海关注册编码): four digits of division,
 * then zone, ownership and a serial, which may contain letters.
 *
 * @returns ten characters, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `format`
 */
export function parseCustomsRegistration(text: string): string {
  const value = readShape("customs_registration", text, {
    lengths: [10],
    alphabet: /^[0-9A-Z]$/,
    expected: "digits and letters",
  });
  if (!/^[0-9]{4}/.test(value))
    throw new IdentifierError(
      "customs_registration",
      "format",
      `begins with ${value.slice(0, 4)}, expected four digits`,
    );
  return value;
}
