import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inRange, parseAddress, parseRange } from "../../src/http/address-text.ts";
import { Clients, type ProxySettings } from "../../src/http/client-address.ts";
import { configFrom } from "../../src/node/config.ts";

describe("an address", () => {
  it.each<[string, string | undefined]>([
    ["192.0.2.1", "192.0.2.1"],
    [" 192.0.2.1 ", "192.0.2.1"],
    ["192.0.2.1:50001", "192.0.2.1"],
    ['"192.0.2.1:50001"', "192.0.2.1"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["[::ffff:192.0.2.1]:80", "192.0.2.1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::1", "::1"],
    ["192.0.2.1:99999", undefined],
    ["192.0.2.1:", undefined],
    ["192.0.2", undefined],
    ["192.0.2.256", undefined],
    ["0300.0.2.1", undefined],
    ["010.0.0.1", undefined],
    ["0xc0000201", undefined],
    ["3221225985", undefined],
    ["192.0.2.1.", undefined],
    ["[192.0.2.1]", undefined],
    ["[2001:db8::1", undefined],
    ["2001:db8:::1", undefined],
    ["2001:db8::1::2", undefined],
    ["unknown", undefined],
    ["_hidden", undefined],
    ["", undefined],
    ["example.org", undefined],
    [`192.0.2.1${" ".repeat(10_000)}`, undefined],
  ])("%j is %s", (text, expected) => {
    expect(parseAddress(text)?.text).toBe(expected);
  });

  it("has one text for each spelling of it", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat({ max: 65_535 }), (text, port) => {
        const one = parseAddress(text);
        for (const other of [text.toUpperCase(), `[${text}]`, `[${text}]:${port}`, ` ${text}`, one!.text])
          expect(parseAddress(other)?.text).toBe(one!.text);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), fc.nat({ max: 65_535 }), (text, port) => {
        for (const other of [`${text}:${port}`, `::ffff:${text}`, `[::ffff:${text}]:${port}`])
          expect(parseAddress(other)?.text).toBe(text);
      }),
    );
  });
});

const inside = (range: string, address: string): boolean =>
  inRange(parseAddress(address)!, parseRange(range));

describe("a range of addresses", () => {
  it("holds what has its prefix", () => {
    expect(inside("10.0.0.0/8", "10.255.0.1")).toBe(true);
    expect(inside("10.0.0.0/8", "11.0.0.1")).toBe(false);
    expect(inside("192.0.2.128/25", "192.0.2.127")).toBe(false);
    expect(inside("192.0.2.128/25", "192.0.2.200")).toBe(true);
    expect(inside("127.0.0.1", "::ffff:127.0.0.1")).toBe(true);
    expect(inside("2001:db8::/33", "2001:db8:7fff::1")).toBe(true);
    expect(inside("2001:db8::/33", "2001:db8:8000::1")).toBe(false);
    expect(inside("::/1", "10.0.0.1")).toBe(false);
  });

  it.each([
    ["0.0.0.0/0", "prefix of 1 to 32 bits"],
    ["::/0", "prefix of 1 to 128 bits"],
    ["10.0.0.0/33", "prefix of 1 to 32 bits"],
    ["10.0.0.1/8", "write 10.0.0.0/8"],
    ["2001:db8::1/32", "write 2001:db8::/32"],
    ["::ffff:10.0.0.0/104", "no address or range"],
    ["10.0.0.0/", "no address or range"],
    ["10/8", "no address or range"],
    ["10.0.0.1:80", "no address or range"],
    ["private", "no address or range"],
  ])("%s is refused: %s", (text, why) => {
    expect(() => parseRange(text)).toThrow(why);
  });
});

const NOBODY: ProxySettings = {
  trustProxy: false,
  trustedProxies: [],
  clientAddressHeader: null,
  regionHeader: null,
  anonymousPerMinute: 60,
};

function reading(settings: Partial<ProxySettings>) {
  const lines: string[] = [];
  const clients = new Clients({ ...NOBODY, ...settings }, 7, (line) => lines.push(line));
  const read = (peer: string | undefined, headers: Record<string, string> = {}) =>
    clients.read(peer, (name) => headers[name]);
  return { lines, read, address: (...of: Parameters<typeof read>) => read(...of).address };
}

describe("the client of a request", () => {
  const PROXIES = { trustedProxies: ["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"] };

  it("is the other end of the connection without a trusted proxy, whatever the headers say", () => {
    const { address, read } = reading({});
    for (const name of ["x-forwarded-for", "forwarded", "cf-connecting-ip", "x-real-ip"])
      expect(address("198.51.100.7", { [name]: "203.0.113.9" })).toBe("198.51.100.7");
    expect(read("198.51.100.7", { "cf-ipcountry": "NZ", "x-suyuan-region": "NZ" }).region).toBe("unknown");
    expect(address("::ffff:198.51.100.7")).toBe("198.51.100.7");
    expect(address(undefined)).toBe("unknown");
  });

  it("is the last address that no trusted proxy has, read from the end", () => {
    const { address } = reading(PROXIES);
    const from = (header: string): string => address("127.0.0.1", { "x-forwarded-for": header });
    expect(from("203.0.113.9")).toBe("203.0.113.9");
    expect(from("203.0.113.9:4711")).toBe("203.0.113.9");
    expect(from("1.1.1.1, 203.0.113.9")).toBe("203.0.113.9");
    expect(from("1.1.1.1, 203.0.113.9, 10.1.2.3")).toBe("203.0.113.9");
    expect(from("203.0.113.9, [2001:db8:ffff::2]:443, 10.1.2.3")).toBe("203.0.113.9");
    expect(from("10.9.9.9, 10.1.2.3")).toBe("10.9.9.9");
    // What a proxy did not write as an address is the client's text: the proxy stands for its clients.
    expect(from("1.1.1.1, unknown, 10.1.2.3")).toBe("10.1.2.3");
    expect(from("1.1.1.1, unknown")).toBe("127.0.0.1");
    expect(from("")).toBe("127.0.0.1");
    expect(address("127.0.0.1")).toBe("127.0.0.1");
    expect(address("192.0.2.1", { "x-forwarded-for": "203.0.113.9" })).toBe("192.0.2.1");
  });

  it("is read from the named header alone", () => {
    const { address } = reading({ ...PROXIES, clientAddressHeader: "cf-connecting-ip" });
    const headers = { "x-forwarded-for": "1.1.1.1", "cf-connecting-ip": "203.0.113.9" };
    expect(address("127.0.0.1", headers)).toBe("203.0.113.9");
    const forwarded = reading({ ...PROXIES, clientAddressHeader: "forwarded" });
    const hop =
      'for=1.1.1.1;proto=http, For="[2001:db8:cafe::17]:4711";by=10.0.0.1, proto=https;for=10.2.2.2';
    expect(forwarded.address("127.0.0.1", { forwarded: hop })).toBe("2001:db8:cafe::17");
    expect(forwarded.address("127.0.0.1", { forwarded: "for=_hidden" })).toBe("127.0.0.1");
  });

  it("looks at the end of a long header only", () => {
    const { address } = reading(PROXIES);
    const long = `${"1.1.1.1, ".repeat(100_000)}203.0.113.9`;
    expect(address("127.0.0.1", { "x-forwarded-for": long })).toBe("203.0.113.9");
    const proxies = Array(5000).fill("10.0.0.1").join(",");
    expect(address("127.0.0.1", { "x-forwarded-for": `203.0.113.9,${proxies}` })).toBe("10.0.0.1");
  });

  it("is the last hop under the setting of before, which trusts the sender alone", () => {
    const { address, read } = reading({ trustProxy: true });
    const hops = { "x-forwarded-for": "1.1.1.1, 203.0.113.9" };
    for (const peer of ["127.0.0.1", "198.51.100.7", undefined])
      expect(address(peer, hops)).toBe("203.0.113.9");
    expect(address("127.0.0.1", { ...hops, "cf-connecting-ip": "10.0.0.1" })).toBe("203.0.113.9");
    expect(read("127.0.0.1", { "x-suyuan-region": "cn-gd" }).region).toBe("CN-GD");
    expect(read("127.0.0.1", { "cf-ipcountry": "CN", "cf-region-code": "BJ" }).region).toBe("CN-BJ");
    expect(read("127.0.0.1", { "x-suyuan-region": "NZ", "cf-ipcountry": "NZ" }).region).toBe("NZ");
    // One of the two is the client's word, and nobody knows which.
    expect(read("127.0.0.1", { "x-suyuan-region": "US", "cf-ipcountry": "NZ" }).region).toBe("unknown");
  });

  it("has the region of the named header, from a trusted proxy alone", () => {
    const { read } = reading({ ...PROXIES, regionHeader: "x-region" });
    const headers = { "x-region": "NZ", "x-suyuan-region": "US", "cf-ipcountry": "FR" };
    expect(read("10.0.0.1", headers).region).toBe("NZ");
    expect(read("192.0.2.1", headers).region).toBe("unknown");
    expect(read("10.0.0.1", { "x-suyuan-region": "US" }).region).toBe("unknown");
    expect(reading(PROXIES).read("10.0.0.1", headers).region).toBe("unknown");
  });

  it("shares limits with its /64 and cautions with its /24 or /48", () => {
    const { read } = reading({});
    expect(read("2001:db8:1:2:3:4:5:6").subscriber).toBe("2001:db8:1:2::");
    expect(read("2001:db8:1:2::9").subscriber).toBe("2001:db8:1:2::");
    expect(read("203.0.113.9").subscriber).toBe("203.0.113.9");
    const network = (peer: string): number => read(peer).network;
    expect(network("203.0.113.9")).toBe(network("203.0.113.200"));
    expect(network("203.0.113.9")).not.toBe(network("203.0.114.9"));
    expect(network("2001:db8:1:2::9")).toBe(network("2001:db8:1:ffff::1"));
    expect(network("2001:db8:1:2::9")).not.toBe(network("2001:db8:2:2::9"));
    const all = new Set(Array.from({ length: 65_536 }, (_, n) => network(`10.${n >> 8}.${n & 255}.1`)));
    expect(all.size).toBeGreaterThan(65_500);
    expect(Math.min(...all)).toBeGreaterThan(0);
  });
});

describe("a forwarding header that does not count", () => {
  it("is reported once, with the shared allowance and the setting to use", () => {
    const { lines, address } = reading({});
    address("192.0.2.1");
    expect(lines).toEqual([]);
    for (let n = 0; n < 3; n++) address("192.0.2.1", { "x-forwarded-for": `203.0.113.${n}` });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("192.0.2.1 sent x-forwarded-for and is not a trusted proxy");
    expect(lines[0]).toContain("share one allowance of 60 writes a minute");
    expect(lines[0]).toContain("SUYUAN_TRUSTED_PROXIES");
  });

  it("is reported where a trusted proxy sets another header than the named one", () => {
    const { lines, address } = reading({ trustedProxies: ["10.0.0.1"] });
    address("10.0.0.1", { "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9" });
    address("10.0.0.1");
    expect(lines).toEqual([]);
    address("10.0.0.1", { "x-real-ip": "203.0.113.9" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("the trusted proxy 10.0.0.1 sends x-real-ip and not x-forwarded-for");
    expect(lines[0]).toContain("SUYUAN_CLIENT_ADDRESS_HEADER");
  });
});

describe("the settings of proxies", () => {
  it("are read strictly, and an empty one is unset", () => {
    const config = configFrom({
      SUYUAN_TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8 ::1",
      SUYUAN_CLIENT_ADDRESS_HEADER: "X-Real-IP",
      SUYUAN_REGION_HEADER: "CF-IPCountry",
    });
    expect(config).toMatchObject({
      trustProxy: false,
      trustedProxies: ["127.0.0.1", "10.0.0.0/8", "::1"],
      clientAddressHeader: "x-real-ip",
      regionHeader: "cf-ipcountry",
    });
    const empty = configFrom({
      SUYUAN_TRUSTED_PROXIES: "",
      SUYUAN_CLIENT_ADDRESS_HEADER: " ",
      SUYUAN_REGION_HEADER: "",
    });
    expect(empty).toMatchObject({ trustedProxies: [], clientAddressHeader: null, regionHeader: null });
    expect(configFrom({ SUYUAN_TRUST_PROXY: "true" })).toMatchObject({
      trustProxy: true,
      trustedProxies: [],
    });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ SUYUAN_TRUSTED_PROXIES: "0.0.0.0/0" }, /^SUYUAN_TRUSTED_PROXIES is "0.0.0.0\/0": .*trusts everybody/],
    [
      { SUYUAN_TRUSTED_PROXIES: "nginx" },
      /^SUYUAN_TRUSTED_PROXIES is "nginx": it must be addresses or CIDR ranges/,
    ],
    [{ SUYUAN_REGION_HEADER: "CF-IPCountry" }, /^SUYUAN_REGION_HEADER: .*SUYUAN_TRUSTED_PROXIES/],
    [
      { SUYUAN_TRUSTED_PROXIES: "127.0.0.1", SUYUAN_CLIENT_ADDRESS_HEADER: "X-Real-IP, X-Forwarded-For" },
      /^SUYUAN_CLIENT_ADDRESS_HEADER is .*the name of one header/,
    ],
    [{ SUYUAN_TRUST_PROXY: "1", SUYUAN_TRUSTED_PROXIES: "127.0.0.1" }, /^SUYUAN_TRUST_PROXY: /],
  ])("%o is refused", (environment, message) => {
    expect(() => configFrom(environment)).toThrow(message);
  });
});
