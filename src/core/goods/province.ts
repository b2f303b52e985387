import { IdentifierError } from "./identifier.ts";
import { readDigits, readShape } from "./reading.ts";

interface Province {
  /** First two digits of a division code (GB/T 2260), as in a USCC, a resident ID and customs registration. */
  readonly gb2260: string;
  /** ISO 3166-2, `CN-GD`. */
  readonly iso: string;
  readonly name: { readonly zh: string; readonly en: string };
}

/**
 * The 31 province-level divisions of the mainland: GB/T 2260 code, letters of ISO 3166-2:CN, Chinese and English
 * name. Taiwan, Hong Kong and Macao (71, 81, 82) have separate entries in ISO 3166-1: see country.ts.
 */
const TABLE: readonly (readonly [string, string, string, string])[] = [
  ["11", "BJ", "北京市", "Beijing"],
  ["12", "TJ", "天津市", "Tianjin"],
  ["13", "HE", "河北省", "Hebei"],
  ["14", "SX", "山西省", "Shanxi"],
  ["15", "NM", "内蒙古自治区", "Inner Mongolia"],
  ["21", "LN", "辽宁省", "Liaoning"],
  ["22", "JL", "吉林省", "Jilin"],
  ["23", "HL", "黑龙江省", "Heilongjiang"],
  ["31", "SH", "上海市", "Shanghai"],
  ["32", "JS", "江苏省", "Jiangsu"],
  ["33", "ZJ", "浙江省", "Zhejiang"],
  ["34", "AH", "安徽省", "Anhui"],
  ["35", "FJ", "福建省", "Fujian"],
  ["36", "JX", "江西省", "Jiangxi"],
  ["37", "SD", "山东省", "Shandong"],
  ["41", "HA", "河南省", "Henan"],
  ["42", "HB", "湖北省", "Hubei"],
  ["43", "HN", "湖南省", "Hunan"],
  ["44", "GD", "广东省", "Guangdong"],
  ["45", "GX", "广西壮族自治区", "Guangxi"],
  ["46", "HI", "海南省", "Hainan"],
  ["50", "CQ", "重庆市", "Chongqing"],
  ["51", "SC", "四川省", "Sichuan"],
  ["52", "GZ", "贵州省", "Guizhou"],
  ["53", "YN", "云南省", "Yunnan"],
  ["54", "XZ", "西藏自治区", "Xizang"],
  ["61", "SN", "陕西省", "Shaanxi"],
  ["62", "GS", "甘肃省", "Gansu"],
  ["63", "QH", "青海省", "Qinghai"],
  ["64", "NX", "宁夏回族自治区", "Ningxia"],
  ["65", "XJ", "新疆维吾尔自治区", "Xinjiang"],
];

export const PROVINCES: readonly Province[] = TABLE.map(([gb2260, letters, zh, en]) => ({
  gb2260,
  iso: `CN-${letters}`,
  name: { zh, en },
}));

const BY_GB2260 = new Map(PROVINCES.map((province) => [province.gb2260, province]));
const BY_ISO = new Map(PROVINCES.map((province) => [province.iso, province]));

/**
 * The mainland province of a two-digit code of GB/T 2260.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown`
 */
export function parseProvince(text: string): Province {
  return known(readDigits("province", text, [2]), BY_GB2260, "a mainland code of GB/T 2260");
}

/**
 * The mainland province of a code of ISO 3166-2, such as `CN-GD`.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown`
 */
export function provinceFromIso(text: string): Province {
  const code = readShape("province", text, {
    lengths: [5],
    alphabet: /^[A-Z-]$/,
    expected: "letters and a dash",
  });
  return known(code, BY_ISO, "a mainland code of ISO 3166-2:CN");
}

function known(code: string, provinces: ReadonlyMap<string, Province>, expected: string): Province {
  const province = provinces.get(code);
  if (province === undefined)
    throw new IdentifierError("province", "unknown", `is ${code}, expected ${expected}`);
  return province;
}
