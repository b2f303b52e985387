import { isDate } from "./date.ts";
import { IdentifierError, type Scheme } from "./identifier.ts";
import { readDigits, readShape } from "./reading.ts";

interface DeclarationNumber {
  readonly value: string;
  /** Four digits: the office that accepted the declaration. */
  readonly customsOffice: string;
  readonly year: number;
  readonly direction: "import" | "export";
}

/**
 * Reads the number of a Chinese customs declaration (报关单号): four digits of office, four of year, 1 for import or 0
 * for export, nine of serial.
 *
 * @param text 18 digits
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `format`
 */
export function parseDeclarationNumber(text: string): DeclarationNumber {
  return readParts("declaration", readDigits("declaration", text, [18]), { import: "1", export: "0" });
}

/**
 * Reads the number of a cross-border e-commerce inventory (清单编号): four digits of office, four of year, I for import
 * or E for export, then nine digits of serial; an export's may have up to eleven.
 *
 * @param text 18 characters, or up to 20 of an export
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `format`
 */
export function parseInventoryNumber(text: string): DeclarationNumber {
  const value = readShape("inventory", text, {
    lengths: [18, 19, 20],
    alphabet: /^[0-9IE]$/,
    expected: "digits, and I or E",
  });
  if (!/^[0-9]{8}(?:I[0-9]{9}|E[0-9]{9,11})$/.test(value))
    throw new IdentifierError(
      "inventory",
      "format",
      `is ${value}, expected eight digits, then I and nine digits, or E and nine to eleven digits`,
    );
  return readParts("inventory", value, { import: "I", export: "E" });
}

/**
 * Reads a pre-entry number (预录入编号): a letter, eight digits of date, nine of serial.
 *
 * @returns 18 characters, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `format`
 */
export function parsePreEntryNumber(text: string): string {
  const value = readShape("pre_entry", text, {
    lengths: [18],
    alphabet: /^[0-9A-Z]$/,
    expected: "a letter, then digits",
  });
  const date = /^[A-Z]([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{9}$/.exec(value)?.slice(1).join("-");
  if (date === undefined || !isDate(date))
    throw new IdentifierError(
      "pre_entry",
      "format",
      `is ${value}, expected a letter, a date YYYYMMDD and nine digits`,
    );
  return value;
}

/**
 * Reads the number of a customs declaration in any of its three forms: a pre-entry number (a letter first), an
 * e-commerce inventory (I or E at position 9), else a declaration number.
 *
 * @returns the number, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `format`, of the form that the text resembles
 */
export function parseCustomsNumber(text: string): string {
  if (/^[A-Za-z]/.test(text)) return parsePreEntryNumber(text);
  if (/^[0-9]{8}[IEie]/.test(text)) return parseInventoryNumber(text).value;
  return parseDeclarationNumber(text).value;
}

function readParts(
  scheme: Scheme,
  value: string,
  marks: { import: string; export: string },
): DeclarationNumber {
  const year = value.slice(4, 8);
  if (!/^(?:19|20)/.test(year))
    throw new IdentifierError(
      scheme,
      "format",
      `has ${year} as its year, expected 19xx or 20xx at positions 5 to 8`,
    );
  const mark = value[8];
  if (mark !== marks.import && mark !== marks.export)
    throw new IdentifierError(
      scheme,
      "format",
      `has ${mark} at position 9, expected ${marks.import} for import or ${marks.export} for export`,
    );
  const direction = mark === marks.import ? "import" : "export";
  return { value, customsOffice: value.slice(0, 4), year: Number(year), direction };
}
