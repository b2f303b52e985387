import { readDigits } from "./reading.ts";

/**
 * Reads the code of a Chinese customs office (关区代码): four digits. The list of offices changes and is not kept here.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length` or `character`
 */
export function parseCustomsOffice(text: string): string {
  return readDigits("customs_office", text, [4]);
}
