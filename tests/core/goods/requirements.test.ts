import { describe, expect, it } from "vitest";
import { CATEGORIES, parseCategory } from "../../../src/core/goods/category.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";
import { checkRequirements } from "../../../src/core/goods/requirements.ts";
import { parseStage } from "../../../src/core/goods/stage.ts";
import { parseTradeMode, TRADE_MODES } from "../../../src/core/goods/trade-mode.ts";

type Given = Record<string, unknown>;
const STAGES = ["filing", "ordering", "declaring"] as const;
type Stage = (typeof STAGES)[number];

/** `field problem severity` of each problem. */
function problems(stage: Stage, mode: string, category: string, given: Given): string[] {
  return checkRequirements(stage, { mode, category }, given).map(
    ({ field, problem, severity }) => `${field} ${problem} ${severity}`,
  );
}

const MILK = { productionDate: "2026-03-01", expiryDate: "2028-02-29", gtin: "9520001000010" };
const BONDED = {
  bonded: {
    accountBookNo: "H51656000001",
    areaCode: "4401660001",
    areaName: "Nansha warehouse",
    itemRecordNo: "1",
  },
  customsOffice: "5165",
};
const CARS = { quantity: 2, vins: ["JTEBU3FJ3NK000001", "JTEBU3FJ5NK000002"], destinationCountry: "CN" };
const WRONG_CHECK_DIGIT = "JTEBU3FJ4NK000001";
const shop = (shopUscc: string) => ({ market: { shopUscc, purchaseSlipNo: "2026-0001" } });
const total = (amount: unknown, currency: string, more = {}) => ({
  totalValue: { amount, currency, ...more },
});
const CERTIFICATE = {
  no: "HK-2026-000001",
  issuingBody: "Example Chamber, Hong Kong",
  issuedOn: "2026-03-01",
  expiresOn: "2026-06-28",
};

describe("trade modes", () => {
  it("are the ten that this service accepts, in families with a direction", () => {
    expect(TRADE_MODES.map(({ code, family, direction }) => `${code} ${family} ${direction}`)).toEqual([
      "0110 general_trade both",
      "1039 market_procurement export",
      "1210 cross_border_ecommerce both",
      "1233 general_trade both",
      "1234 general_trade both",
      "1239 cross_border_ecommerce import",
      "5034 general_trade both",
      "9610 cross_border_ecommerce both",
      "9710 cross_border_ecommerce export",
      "9810 cross_border_ecommerce export",
    ]);
  });

  it("have names in both languages", () => {
    const names = TRADE_MODES.flatMap(({ name }) => [name.zh, name.en]);
    expect(new Set(names).size).toBe(2 * TRADE_MODES.length);
    expect(parseTradeMode("1039").name.zh).toBe("市场采购");
  });

  it.each(["", "110", "0110 ", "9999", "０１１０"])("refuses %j", (text) => {
    expect(() => parseTradeMode(text)).toThrow(
      expect.objectContaining({ scheme: "trade_mode", reason: "unknown" }),
    );
  });
});

describe("categories and stages", () => {
  it("are read in their exact spelling", () => {
    expect(CATEGORIES.map(({ code }) => parseCategory(code))).toEqual(CATEGORIES);
    expect(parseCategory("vehicles").name).toEqual({ zh: "汽车", en: "Vehicles" });
    expect(STAGES.map(parseStage)).toEqual(STAGES);
  });

  it("are refused otherwise, with the valid ones named", () => {
    expect(() => parseCategory("cars")).toThrow("category must be food, consumer_goods or vehicles");
    expect(() => parseStage("Filing")).toThrow("stage must be filing, ordering or declaring");
  });
});

describe("required fields", () => {
  it.each([
    ["ordering", "0110", "consumer_goods", []],
    ["ordering", "0110", "food", ["productionDate", "expiryDate"]],
    ["ordering", "0110", "vehicles", ["quantity", "vins"]],
    [
      "ordering",
      "1210",
      "food",
      [
        "bonded.accountBookNo",
        "bonded.areaCode",
        "bonded.areaName",
        "bonded.itemRecordNo",
        "customsOffice",
        "productionDate",
        "expiryDate",
      ],
    ],
    ["ordering", "1233", "vehicles", ["bonded.accountBookNo", "quantity", "vins"]],
    ["ordering", "1039", "consumer_goods", ["market.shopUscc", "market.purchaseSlipNo"]],
    ["declaring", "1039", "consumer_goods", ["totalValue.amount", "totalValue.currency"]],
    [
      "declaring",
      "9610",
      "consumer_goods",
      ["transport.vehicleNo", "transport.voyageNo", "transport.billNo"],
    ],
    ["declaring", "9710", "consumer_goods", []],
  ] as const)("%s under %s of %s", (stage, mode, category, fields) => {
    expect(checkRequirements(stage, { mode, category }, {})).toEqual(
      fields.map((field) => expect.objectContaining({ field, problem: "missing", severity: "error" })),
    );
  });

  it("are the same for 1239 as for 1210, and for 1234 and 5034 as for 1233", () => {
    for (const stage of STAGES) {
      const of = (mode: string) => problems(stage, mode, "consumer_goods", {});
      expect(of("1239")).toEqual(of("1210"));
      expect(of("1234")).toEqual(of("1233"));
      expect(of("5034")).toEqual(of("1233"));
    }
  });

  it("have a message for every field of every combination that says what would be right", () => {
    const vague = STAGES.flatMap((stage) =>
      TRADE_MODES.flatMap(({ code: mode }) =>
        CATEGORIES.flatMap(({ code: category }) => checkRequirements(stage, { mode, category }, {})),
      ),
    ).filter(({ expected }) => expected === "a value");
    expect(vague).toEqual([]);
  });

  it.each([undefined, null, "", "  ", []])("count %j as missing", (blank) => {
    expect(problems("ordering", "0110", "food", { ...MILK, expiryDate: blank })).toEqual([
      "expiryDate missing error",
    ]);
  });

  it("are read from own properties only", () => {
    const inherited = Object.create({ productionDate: "2026-03-01", expiryDate: "2028-02-29" });
    expect(problems("ordering", "0110", "food", inherited)).toEqual([
      "productionDate missing error",
      "expiryDate missing error",
    ]);
    expect(problems("ordering", "1233", "consumer_goods", { bonded: "H51656000001" })).toEqual([
      "bonded.accountBookNo missing error",
    ]);
  });

  it("cannot be asked for unknown stages, modes and categories, or of anything but an object", () => {
    // @ts-expect-error: what callers in JavaScript may do
    expect(() => checkRequirements("selling", { mode: "0110", category: "food" }, {})).toThrow(
      IdentifierError,
    );
    expect(() => checkRequirements("filing", { mode: "9999", category: "food" }, {})).toThrow(
      IdentifierError,
    );
    expect(() => checkRequirements("filing", { mode: "0110", category: "toys" }, {})).toThrow(
      IdentifierError,
    );
    // @ts-expect-error: what callers in JavaScript may do
    expect(() => checkRequirements("filing", { mode: "0110", category: "food" }, null)).toThrow(TypeError);
  });
});

describe("food", () => {
  it("is complete with its two dates, with or without a GTIN", () => {
    expect(problems("ordering", "1210", "food", { ...MILK, ...BONDED })).toEqual([]);
    const { gtin: _gtin, ...without } = MILK;
    expect(problems("ordering", "1210", "food", { ...without, ...BONDED })).toEqual([]);
  });

  it("must have a valid GTIN, if it has one", () => {
    expect(problems("ordering", "0110", "food", { ...MILK, gtin: "2345123" })).toEqual(["gtin length error"]);
    expect(problems("filing", "0110", "food", { gtin: "9520001000011" })).toEqual(["gtin check_digit error"]);
    expect(problems("filing", "0110", "food", { gtin: 9520001000010 })).toEqual(["gtin not_text error"]);
  });

  it.each([
    ["2026-03-01", "2026-03-01", ["expiryDate not_after error"]],
    ["2026-03-01", "2026-02-28", ["expiryDate not_after error"]],
    ["2026-03-01", "2026-03-02", []],
    ["2026-02-30", "2026-03-02", ["productionDate unknown error"]],
    ["01.03.2026", "2026-03-02", ["productionDate format error"]],
  ])("made %s, expiring %s", (productionDate, expiryDate, expected) => {
    expect(problems("ordering", "0110", "food", { productionDate, expiryDate })).toEqual(expected);
  });
});

describe("vehicles", () => {
  it("need no GTIN, but one VIN for each code", () => {
    expect(problems("ordering", "0110", "vehicles", CARS)).toEqual([]);
    expect(problems("ordering", "0110", "vehicles", { ...CARS, quantity: 3 })).toEqual([
      "vins wrong_count error",
    ]);
    expect(problems("ordering", "0110", "vehicles", { ...CARS, quantity: 1 })).toEqual([
      "vins wrong_count error",
    ]);
  });

  it("must not repeat a VIN, in any letter case", () => {
    const vins = ["JTEBU3FJ3NK000001", "jtebu3fj3nk000001"];
    expect(problems("ordering", "0110", "vehicles", { ...CARS, vins })).toEqual(["vins.1 duplicate error"]);
  });

  it.each([
    ["JTEBU3FJ3NK00000I", "vins.1 character error"],
    ["JTEBU3FJ3NK00000", "vins.1 length error"],
    [17, "vins.1 not_text error"],
    [null, "vins.1 not_text error"],
  ])("are refused with VIN %j", (vin, expected) => {
    const vins = ["JTEBU3FJ3NK000001", vin];
    expect(problems("ordering", "0110", "vehicles", { ...CARS, vins })).toEqual([expected]);
  });

  it.each([
    ["0110", "CN", "error"],
    ["0110", "cn", "error"],
    ["0110", undefined, "error"],
    ["0110", "XX", "error"],
    ["0110", "AE", "warning"],
    ["0110", "HK", "warning"],
    ["9710", undefined, "warning"],
    ["9710", "CN", "error"],
  ])("under %s to %s, a wrong check digit is an %s", (mode, destinationCountry, severity) => {
    const given = { quantity: 1, vins: [WRONG_CHECK_DIGIT], destinationCountry };
    const found = checkRequirements("ordering", { mode, category: "vehicles" }, given);
    expect(found.filter(({ field }) => field === "vins.0")).toEqual([
      {
        field: "vins.0",
        problem: "check_digit",
        expected: "VIN check digit (position 9) is 4, expected 3",
        severity,
      },
    ]);
  });

  it.each([
    [0, "quantity not_whole_number error"],
    [1.5, "quantity not_whole_number error"],
    ["2", "quantity not_whole_number error"],
    [Number.NaN, "quantity not_whole_number error"],
  ])("need a whole quantity: %j is refused", (quantity, expected) => {
    expect(problems("ordering", "0110", "vehicles", { ...CARS, quantity })).toContain(expected);
  });

  it("need a list of VINs, not a single text", () => {
    expect(problems("ordering", "0110", "vehicles", { quantity: 1, vins: "JTEBU3FJ3NK000001" })).toEqual([
      "vins not_list error",
    ]);
  });

  it("need no VINs when filed or declared", () => {
    expect(problems("filing", "0110", "vehicles", {})).toEqual([]);
    expect(problems("declaring", "0110", "vehicles", {})).toEqual([]);
  });
});

describe("bonded goods", () => {
  it("need texts that fit the customs message", () => {
    const bonded = { ...BONDED.bonded, accountBookNo: "H".repeat(31), areaCode: 4401660001 };
    expect(problems("ordering", "1210", "consumer_goods", { bonded, customsOffice: "51655" })).toEqual([
      "customsOffice length error",
      "bonded.accountBookNo too_long error",
      "bonded.areaCode not_text error",
    ]);
  });
});

describe("market procurement", () => {
  it.each([
    ["92440111MA00000A98", []],
    ["91440111MA0000090E", ["market.shopUscc not_individual_shop warning"]],
    [
      "91440115MA000001XR",
      ["market.shopUscc check_digit warning", "market.shopUscc not_individual_shop warning"],
    ],
    ["92440111MA00000A99", ["market.shopUscc check_digit error"]],
  ])("from %s", (uscc, expected) => {
    expect(problems("ordering", "1039", "consumer_goods", shop(uscc))).toEqual(expected);
  });

  it.each([
    ["150000.00", "USD", {}, []],
    ["150000", "usd", {}, []],
    ["150000.01", "USD", {}, ["totalValue.amount over_limit error"]],
    ["150000.001", "USD", {}, ["totalValue.amount format error"]],
    ["-1", "USD", {}, ["totalValue.amount format error"]],
    [150000, "USD", {}, ["totalValue.amount not_text error"]],
    [
      "1",
      "XAU",
      {},
      [
        "totalValue.usdRate missing error",
        "totalValue.usdRateOn missing error",
        "totalValue.amount unknown error",
      ],
    ],
    ["1", "RMB", {}, ["totalValue.currency unknown error"]],
    ["1000000", "CNY", {}, ["totalValue.usdRate missing error", "totalValue.usdRateOn missing error"]],
    ["1000000", "CNY", { usdRate: "0.15", usdRateOn: "2026-03-01" }, []],
    [
      "1000000",
      "CNY",
      { usdRate: "0.15000001", usdRateOn: "2026-03-01" },
      ["totalValue.amount over_limit error"],
    ],
    ["1000000", "CNY", { usdRate: "0", usdRateOn: "2026-03-01" }, ["totalValue.usdRate unknown error"]],
    [
      "999999999999999.99",
      "CNY",
      { usdRate: "9999999", usdRateOn: "2026-03-01" },
      ["totalValue.amount length error"],
    ],
  ])("declaring %s %s %j", (amount, currency, more, expected) => {
    expect(problems("declaring", "1039", "consumer_goods", total(amount, currency, more))).toEqual(expected);
  });

  it("is the only mode with the limit", () => {
    expect(problems("declaring", "0110", "consumer_goods", total("150000.01", "USD"))).toEqual([]);
  });
});

describe("CEPA", () => {
  const claim = { preference: "CEPA", originCountry: "HK", certificateOfOrigin: CERTIFICATE };

  it("requires a certificate of origin when goods are declared in general trade", () => {
    expect(problems("declaring", "0110", "food", { preference: "CEPA", originCountry: "MO" })).toEqual([
      "certificateOfOrigin.no missing error",
      "certificateOfOrigin.issuingBody missing error",
      "certificateOfOrigin.issuedOn missing error",
      "certificateOfOrigin.expiresOn missing error",
    ]);
    expect(problems("ordering", "0110", "consumer_goods", { preference: "CEPA" })).toEqual([]);
    expect(problems("declaring", "0110", "food", { originCountry: "HK" })).toEqual([]);
    expect(problems("declaring", "0110", "food", claim)).toEqual([]);
  });

  it("is allowed for goods of Hong Kong and Macao only", () => {
    expect(problems("declaring", "0110", "food", { ...claim, originCountry: "mo" })).toEqual([]);
    expect(problems("declaring", "0110", "food", { ...claim, originCountry: "TW" })).toEqual([
      "originCountry not_eligible error",
    ]);
  });

  it.each([
    ["2026-03-01", []],
    ["2026-06-28", []],
    ["2026-06-29", ["declaredOn not_in_force error"]],
    ["2026-02-28", ["declaredOn not_in_force error"]],
  ])("declared on %s", (declaredOn, expected) => {
    expect(problems("declaring", "0110", "food", { ...claim, declaredOn })).toEqual(expected);
  });

  it("needs a certificate that expires after it was issued", () => {
    const certificateOfOrigin = { ...CERTIFICATE, expiresOn: "2026-02-28" };
    expect(problems("declaring", "0110", "food", { ...claim, certificateOfOrigin })).toEqual([
      "certificateOfOrigin.expiresOn not_after error",
    ]);
  });
});
