import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "../../../src/core/ledger/base64.ts";
import { SALT_BYTES, digestOf, makeDisclosure, openDisclosure } from "../../../src/core/ledger/disclosure.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const json = (text: string) => encodeBase64Url(utf8(text));
const SALT = new Uint8Array(SALT_BYTES).fill(0xa5);

describe("RFC 9901, section 4.2", () => {
  const expected = { salt: "_26bc4LT-ac6q2KI6cBW5es", name: "family_name", value: "Möbius" };

  it.each([
    ["spaces", '["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]'],
    ["no white space", '["_26bc4LT-ac6q2KI6cBW5es","family_name","Möbius"]'],
    ["an escape", '["_26bc4LT-ac6q2KI6cBW5es", "family_name", "M\\u00f6bius"]'],
    ["newlines", '[\n"_26bc4LT-ac6q2KI6cBW5es",\n"family_name",\n"Möbius"\n]'],
  ])("opens any JSON spelling: %s", (_name, text) => expect(openDisclosure(json(text))).toEqual(expected));

  it("the example's text and digest", () => {
    const disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
    expect(json('["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]')).toBe(disclosure);
    expect(openDisclosure(disclosure)).toEqual(expected);
    expect(digestOf(disclosure)).toBe("X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
  });

  it("the digest is of the text: another spelling has another digest", () => {
    const spellings = ['["s","n",1]', '["s", "n", 1]', '["s","n",1.0]'].map((text) => digestOf(json(text)));
    expect(new Set(spellings).size).toBe(3);
  });
});

describe("makeDisclosure", () => {
  it("spells the array canonically", () => {
    const disclosure = makeDisclosure(SALT, "consignee", { z: 1, a: "溯源" });
    const text = new TextDecoder().decode(decodeBase64Url(disclosure));
    expect(text).toBe('["paWlpaWlpaWlpaWlpaWlpQ","consignee",{"a":"溯源","z":1}]');
  });

  it("opens to the value that it was made of", () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.string({ unit: "binary" }).filter((name) => name !== "_sd" && name !== "..."),
        fc.oneof(fc.string({ unit: "binary" }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
        (salt, name, value) => {
          const opened = openDisclosure(makeDisclosure(salt, name, [value]));
          expect(opened).toEqual({
            salt: encodeBase64Url(salt),
            name,
            value: [Object.is(value, -0) ? 0 : value],
          });
        },
      ),
    ));

  it.each(["_sd", "..."])("refuses the reserved name %s", (name) => {
    expect(() => makeDisclosure(SALT, name, 1)).toThrow(RangeError);
    expect(() => openDisclosure(json(JSON.stringify(["salt", name, 1])))).toThrow(RangeError);
  });

  it("refuses a salt of another length, and values that a record cannot hold", () => {
    expect(() => makeDisclosure(SALT.slice(1), "n", 1)).toThrow("16 bytes");
    expect(() => makeDisclosure(SALT, "n", 0.5)).toThrow("[2] must be an integer");
    expect(() => makeDisclosure(SALT, "n", undefined)).toThrow(TypeError);
  });
});

describe("openDisclosure refuses", () => {
  it.each([
    ["padding", `${json('["salt","n",12]')}=`],
    ["standard base64", "WyL/Il0+"],
    ["bits beyond the last byte", `${json('["salt","n",1]').slice(0, -1)}1`],
    ["two parts", json('["salt","n"]')],
    ["four parts", json('["salt","n",1,2]')],
    ["an object", json('{"0":"salt","1":"n","2":1,"length":3}')],
    ["a salt that is no string", json('[1,"n",1]')],
    ["a name that is no string", json('["salt",null,1]')],
    ["no JSON", json("[,,]")],
    ["a byte order mark", json('\ufeff["salt","n",1]')],
    ["bytes that are not UTF-8", encodeBase64Url(Uint8Array.of(0x5b, 0xff, 0x5d))],
    ["nothing", ""],
  ])("%s", (_name, text) => expect(() => openDisclosure(text)).toThrow(RangeError));

  it("another type", () => expect(() => openDisclosure(null as unknown as string)).toThrow(TypeError));
});
