import { IdentifierError } from "./identifier.ts";
import { readShape } from "./reading.ts";

type Quantity =
  | "count"
  | "mass"
  | "volume"
  | "length"
  | "area"
  | "energy"
  | "time"
  | "package"
  | "temperature"
  | "ratio"
  | "pressure";

interface UnitOfMeasure {
  readonly code: string;
  readonly quantity: Quantity;
  readonly name: { readonly en: string; readonly zh: string };
}

/**
 * Common codes of UNECE Recommendation 20 that goods are traded in, and of Recommendation 21 (packages), which are
 * written with an X before them where a unit is expected. A subset of about 2,000 codes: add a row for a missing one.
 */
const TABLE: readonly (readonly [string, Quantity, string, string])[] = [
  ["H87", "count", "piece", "件"],
  ["C62", "count", "one", "个"],
  ["EA", "count", "each", "只"],
  ["PR", "count", "pair", "双"],
  ["SET", "count", "set", "套"],
  ["KT", "count", "kit", "组"],
  ["NAR", "count", "number of articles", "物品数"],
  ["NMP", "count", "number of packs", "包数"],
  ["HEA", "count", "head", "头"],
  ["CEN", "count", "hundred", "百个"],
  ["MIL", "count", "thousand", "千个"],
  ["DZN", "count", "dozen", "打"],
  ["DZP", "count", "dozen pack", "打装"],
  ["GRO", "count", "gross", "罗"],
  ["LEF", "count", "leaf", "张"],
  ["RM", "count", "ream", "令"],
  ["D63", "count", "book", "册"],
  ["AS", "count", "assortment", "什锦"],
  ["5B", "count", "batch", "批"],
  ["20", "count", "twenty-foot container", "20 英尺集装箱"],
  ["21", "count", "forty-foot container", "40 英尺集装箱"],
  ["NIU", "count", "number of international units", "国际单位"],

  ["MGM", "mass", "milligram", "毫克"],
  ["GRM", "mass", "gram", "克"],
  ["KGM", "mass", "kilogram", "千克"],
  ["58", "mass", "net kilogram", "净千克"],
  ["TNE", "mass", "tonne", "吨"],
  ["CTM", "mass", "metric carat", "克拉"],
  ["LBR", "mass", "pound", "磅"],
  ["ONZ", "mass", "ounce", "盎司"],
  ["STN", "mass", "short ton (US)", "短吨"],
  ["LTN", "mass", "long ton (UK)", "长吨"],

  ["MLT", "volume", "millilitre", "毫升"],
  ["CLT", "volume", "centilitre", "厘升"],
  ["DLT", "volume", "decilitre", "分升"],
  ["LTR", "volume", "litre", "升"],
  ["HLT", "volume", "hectolitre", "百升"],
  ["CMQ", "volume", "cubic centimetre", "立方厘米"],
  ["DMQ", "volume", "cubic decimetre", "立方分米"],
  ["MTQ", "volume", "cubic metre", "立方米"],
  ["FTQ", "volume", "cubic foot", "立方英尺"],
  ["GLL", "volume", "gallon (US)", "美加仑"],
  ["GLI", "volume", "gallon (UK)", "英加仑"],
  ["OZA", "volume", "fluid ounce (US)", "美液盎司"],
  ["BLL", "volume", "barrel (US)", "桶（美）"],

  ["MMT", "length", "millimetre", "毫米"],
  ["CMT", "length", "centimetre", "厘米"],
  ["MTR", "length", "metre", "米"],
  ["KMT", "length", "kilometre", "千米"],
  ["INH", "length", "inch", "英寸"],
  ["FOT", "length", "foot", "英尺"],
  ["YRD", "length", "yard", "码"],

  ["CMK", "area", "square centimetre", "平方厘米"],
  ["MTK", "area", "square metre", "平方米"],
  ["FTK", "area", "square foot", "平方英尺"],
  ["YDK", "area", "square yard", "平方码"],

  ["KWH", "energy", "kilowatt hour", "千瓦时"],

  ["HUR", "time", "hour", "小时"],
  ["DAY", "time", "day", "天"],
  ["MON", "time", "month", "月"],
  ["ANN", "time", "year", "年"],

  ["XBG", "package", "bag", "袋"],
  ["XBO", "package", "bottle", "瓶"],
  ["XBX", "package", "box", "盒"],
  ["XCA", "package", "can, rectangular", "方罐"],
  ["XCX", "package", "can, cylindrical", "圆罐"],
  ["XCR", "package", "crate", "板条箱"],
  ["XCS", "package", "case", "箱"],
  ["XCT", "package", "carton", "纸箱"],
  ["XDR", "package", "drum", "桶"],
  ["XJR", "package", "jar", "广口瓶"],
  ["XPA", "package", "packet", "小包"],
  ["XPK", "package", "package", "包"],
  ["XPX", "package", "pallet", "托盘"],
  ["XRO", "package", "roll", "卷"],
  ["XSA", "package", "sack", "麻袋"],
  ["XTN", "package", "tin", "听"],
  ["XTU", "package", "tube", "管"],

  // Units of sensor readings in transit.
  ["CEL", "temperature", "degree Celsius", "摄氏度"],
  ["FAH", "temperature", "degree Fahrenheit", "华氏度"],
  ["KEL", "temperature", "kelvin", "开尔文"],
  ["P1", "ratio", "percent", "百分之"],
  ["A97", "pressure", "hectopascal", "百帕"],
];

/** By common code. */
export const UNITS_OF_MEASURE: ReadonlyMap<string, UnitOfMeasure> = new Map(
  TABLE.map(([code, quantity, en, zh]) => [code, { code, quantity, name: { en, zh } }]),
);

/**
 * Reads a unit of measure (UNECE Recommendation 20, common code).
 *
 * @returns the code, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown`
 */
export function parseUnitOfMeasure(text: string): string {
  const value = readShape("unit", text, {
    lengths: [2, 3],
    alphabet: /^[0-9A-Z]$/,
    expected: "letters and digits",
  });
  if (!UNITS_OF_MEASURE.has(value))
    throw new IdentifierError(
      "unit",
      "unknown",
      `is ${value}, expected a code of UNECE Recommendation 20 that is listed here, such as KGM or H87`,
    );
  return value;
}
