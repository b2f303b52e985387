import { IdentifierError } from "./identifier.ts";
import { readDigits, readShape } from "./reading.ts";

/** Asia, Europe, North America (with Central America and the Caribbean), Oceania, South America, Africa, Antarctica. */
const CONTINENTS = ["AS", "EU", "NA", "OC", "SA", "AF", "AN"] as const;

export type Continent = (typeof CONTINENTS)[number];

interface Country {
  readonly alpha2: string;
  readonly alpha3: string;
  /** Three digits: a string, for its leading zeros. */
  readonly numeric: string;
  readonly continent: Continent;
}

/**
 * ISO 3166-1, all 249 entries: alpha-2, alpha-3 and numeric code, by continent. Hong Kong, Macao and Taiwan have
 * separate entries there, and are reported separately.
 *
 * Continents are those of the UN's M49 regions, to which Taiwan (not in M49) is added as AS. Hence Cyprus, Georgia,
 * Kazakhstan and Turkey are AS, Russia is EU, and islands belong to the region that M49 gives them.
 *
 * Names come from `Intl.DisplayNames`.
 */
const TABLE: Readonly<Record<Continent, string>> = {
  AS: `
    AE ARE 784
    AF AFG 004
    AM ARM 051
    AZ AZE 031
    BD BGD 050
    BH BHR 048
    BN BRN 096
    BT BTN 064
    CN CHN 156
    CY CYP 196
    GE GEO 268
    HK HKG 344
    ID IDN 360
    IL ISR 376
    IN IND 356
    IQ IRQ 368
    IR IRN 364
    JO JOR 400
    JP JPN 392
    KG KGZ 417
    KH KHM 116
    KP PRK 408
    KR KOR 410
    KW KWT 414
    KZ KAZ 398
    LA LAO 418
    LB LBN 422
    LK LKA 144
    MM MMR 104
    MN MNG 496
    MO MAC 446
    MV MDV 462
    MY MYS 458
    NP NPL 524
    OM OMN 512
    PH PHL 608
    PK PAK 586
    PS PSE 275
    QA QAT 634
    SA SAU 682
    SG SGP 702
    SY SYR 760
    TH THA 764
    TJ TJK 762
    TL TLS 626
    TM TKM 795
    TR TUR 792
    TW TWN 158
    UZ UZB 860
    VN VNM 704
    YE YEM 887`,
  EU: `
    AD AND 020
    AL ALB 008
    AT AUT 040
    AX ALA 248
    BA BIH 070
    BE BEL 056
    BG BGR 100
    BY BLR 112
    CH CHE 756
    CZ CZE 203
    DE DEU 276
    DK DNK 208
    EE EST 233
    ES ESP 724
    FI FIN 246
    FO FRO 234
    FR FRA 250
    GB GBR 826
    GG GGY 831
    GI GIB 292
    GR GRC 300
    HR HRV 191
    HU HUN 348
    IE IRL 372
    IM IMN 833
    IS ISL 352
    IT ITA 380
    JE JEY 832
    LI LIE 438
    LT LTU 440
    LU LUX 442
    LV LVA 428
    MC MCO 492
    MD MDA 498
    ME MNE 499
    MK MKD 807
    MT MLT 470
    NL NLD 528
    NO NOR 578
    PL POL 616
    PT PRT 620
    RO ROU 642
    RS SRB 688
    RU RUS 643
    SE SWE 752
    SI SVN 705
    SJ SJM 744
    SK SVK 703
    SM SMR 674
    UA UKR 804
    VA VAT 336`,
  NA: `
    AG ATG 028
    AI AIA 660
    AW ABW 533
    BB BRB 052
    BL BLM 652
    BM BMU 060
    BQ BES 535
    BS BHS 044
    BZ BLZ 084
    CA CAN 124
    CR CRI 188
    CU CUB 192
    CW CUW 531
    DM DMA 212
    DO DOM 214
    GD GRD 308
    GL GRL 304
    GP GLP 312
    GT GTM 320
    HN HND 340
    HT HTI 332
    JM JAM 388
    KN KNA 659
    KY CYM 136
    LC LCA 662
    MF MAF 663
    MQ MTQ 474
    MS MSR 500
    MX MEX 484
    NI NIC 558
    PA PAN 591
    PM SPM 666
    PR PRI 630
    SV SLV 222
    SX SXM 534
    TC TCA 796
    TT TTO 780
    US USA 840
    VC VCT 670
    VG VGB 092
    VI VIR 850`,
  OC: `
    AS ASM 016
    AU AUS 036
    CC CCK 166
    CK COK 184
    CX CXR 162
    FJ FJI 242
    FM FSM 583
    GU GUM 316
    HM HMD 334
    KI KIR 296
    MH MHL 584
    MP MNP 580
    NC NCL 540
    NF NFK 574
    NR NRU 520
    NU NIU 570
    NZ NZL 554
    PF PYF 258
    PG PNG 598
    PN PCN 612
    PW PLW 585
    SB SLB 090
    TK TKL 772
    TO TON 776
    TV TUV 798
    UM UMI 581
    VU VUT 548
    WF WLF 876
    WS WSM 882`,
  SA: `
    AR ARG 032
    BO BOL 068
    BR BRA 076
    BV BVT 074
    CL CHL 152
    CO COL 170
    EC ECU 218
    FK FLK 238
    GF GUF 254
    GS SGS 239
    GY GUY 328
    PE PER 604
    PY PRY 600
    SR SUR 740
    UY URY 858
    VE VEN 862`,
  AF: `
    AO AGO 024
    BF BFA 854
    BI BDI 108
    BJ BEN 204
    BW BWA 072
    CD COD 180
    CF CAF 140
    CG COG 178
    CI CIV 384
    CM CMR 120
    CV CPV 132
    DJ DJI 262
    DZ DZA 012
    EG EGY 818
    EH ESH 732
    ER ERI 232
    ET ETH 231
    GA GAB 266
    GH GHA 288
    GM GMB 270
    GN GIN 324
    GQ GNQ 226
    GW GNB 624
    IO IOT 086
    KE KEN 404
    KM COM 174
    LR LBR 430
    LS LSO 426
    LY LBY 434
    MA MAR 504
    MG MDG 450
    ML MLI 466
    MR MRT 478
    MU MUS 480
    MW MWI 454
    MZ MOZ 508
    NA NAM 516
    NE NER 562
    NG NGA 566
    RE REU 638
    RW RWA 646
    SC SYC 690
    SD SDN 729
    SH SHN 654
    SL SLE 694
    SN SEN 686
    SO SOM 706
    SS SSD 728
    ST STP 678
    SZ SWZ 748
    TD TCD 148
    TF ATF 260
    TG TGO 768
    TN TUN 788
    TZ TZA 834
    UG UGA 800
    YT MYT 175
    ZA ZAF 710
    ZM ZMB 894
    ZW ZWE 716`,
  AN: `
    AQ ATA 010`,
};

/** By alpha-2. */
export const COUNTRIES: ReadonlyMap<string, Country> = new Map(CONTINENTS.flatMap(countriesOf));

const BY_ALPHA3 = new Map([...COUNTRIES.values()].map((country) => [country.alpha3, country]));
const BY_NUMERIC = new Map([...COUNTRIES.values()].map((country) => [country.numeric, country]));

/**
 * Reads the alpha-2 code of a country (ISO 3166-1).
 *
 * @returns two capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown`
 */
export function parseCountry(text: string): string {
  const value = readShape("country", text, { lengths: [2], alphabet: /^[A-Z]$/, expected: "letters" });
  return known(value, COUNTRIES, "an alpha-2 code").alpha2;
}

/**
 * Reads the alpha-3 code of a country, as ordinary customs declarations use it.
 *
 * @returns its alpha-2 code
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown`
 */
export function countryFromAlpha3(text: string): string {
  const value = readShape("country", text, { lengths: [3], alphabet: /^[A-Z]$/, expected: "letters" });
  return known(value, BY_ALPHA3, "an alpha-3 code").alpha2;
}

/**
 * Reads the numeric code of a country, as GS1 application identifier 422 uses it.
 *
 * @returns its alpha-2 code
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown`
 */
export function countryFromNumeric(text: string): string {
  return known(readDigits("country", text, [3]), BY_NUMERIC, "a numeric code").alpha2;
}

/**
 * The continent of a country.
 *
 * @param alpha2 as `parseCountry` reads it
 * @throws {TypeError} if `alpha2` is not a string
 * @throws {IdentifierError} if it is not a country
 */
export function continentOf(alpha2: string): Continent {
  return known(parseCountry(alpha2), COUNTRIES, "an alpha-2 code").continent;
}

function countriesOf(continent: Continent): [string, Country][] {
  return TABLE[continent]
    .trim()
    .split(/\n\s*/)
    .map((row) => {
      const alpha2 = row.slice(0, 2);
      return [alpha2, { alpha2, alpha3: row.slice(3, 6), numeric: row.slice(7), continent }];
    });
}

function known(code: string, countries: ReadonlyMap<string, Country>, kind: string): Country {
  const country = countries.get(code);
  if (country === undefined)
    throw new IdentifierError("country", "unknown", `is ${code}, expected ${kind} of ISO 3166-1`);
  return country;
}
