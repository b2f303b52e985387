/**
 * The trace code straight from its definition: big integers, Node's crypto, nothing of src/. Slow, and independent of
 * what it checks.
 */
import { createCipheriv, createHash, hkdfSync } from "node:crypto";

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface PlainKeys {
  seal: Buffer;
  pin: Buffer;
  leaf: Buffer;
  check: Buffer;
}

export function plainKeys(secret: Uint8Array): PlainKeys {
  const key = (use: string): Buffer =>
    Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), `suyuan/v1/${use}`, 16));
  return { seal: key("seal"), pin: key("pin"), leaf: key("leaf"), check: key("check") };
}

export function plainSeal(keys: PlainKeys, serial: number): string {
  const body = plainSpell(plainEncipher(keys, BigInt(serial)));
  return body + plainCheck(body);
}

/** The network on any 75 bits, their redundancy zero or not. */
export function plainEncipher(keys: PlainKeys, x: bigint): bigint {
  let a = x >> 40n;
  let b = BigInt.asUintN(40, x);
  for (const r of [0, 2, 4, 6, 8]) {
    a ^= BigInt.asUintN(35, f(keys.seal, r, b));
    b ^= BigInt.asUintN(40, f(keys.seal, r + 1, a));
  }
  return (a << 40n) | b;
}

/** The 75 bits X that a code's body deciphers to, whatever they are. */
export function plainUnseal(keys: PlainKeys, code: string): bigint {
  const bits = plainBits(code.slice(0, 15));
  let a = bits >> 40n;
  let b = BigInt.asUintN(40, bits);
  for (const r of [8, 6, 4, 2, 0]) {
    b ^= BigInt.asUintN(40, f(keys.seal, r + 1, a));
    a ^= BigInt.asUintN(35, f(keys.seal, r, b));
  }
  return (a << 40n) | b;
}

export function plainSpell(bits75: bigint): string {
  let body = "";
  for (let shift = 70n; shift >= 0n; shift -= 5n) body += SYMBOLS.charAt(Number((bits75 >> shift) & 31n));
  return body;
}

export function plainBits(body15: string): bigint {
  let bits = 0n;
  for (const symbol of body15) bits = (bits << 5n) | BigInt(SYMBOLS.indexOf(symbol));
  return bits;
}

export function plainCheck(body15: string): string {
  let sum = 0;
  let power = 1;
  for (const symbol of body15) {
    power = times(power, 2);
    sum ^= times(power, SYMBOLS.indexOf(symbol));
  }
  return SYMBOLS.charAt(sum);
}

export function plainPin(keys: PlainKeys, serial: number): string {
  const bits48 = aes(keys.pin, serialBlock(serial)).readUIntBE(0, 6);
  return String(bits48 % 1_000_000).padStart(6, "0");
}

export function plainBlind(keys: PlainKeys, serial: number): Buffer {
  return aes(keys.leaf, serialBlock(serial));
}

export function plainLeaf(blind: Uint8Array, code: string): string {
  return createHash("sha256")
    .update(Buffer.concat([Buffer.of(0), blind, Buffer.from(code, "ascii")]))
    .digest("hex");
}

function f(key: Buffer, r: number, x: bigint): bigint {
  const block = Buffer.alloc(16);
  block[0] = r;
  block.writeBigUInt64BE(x, 8);
  return BigInt(`0x${aes(key, block).toString("hex")}`);
}

function serialBlock(serial: number): Buffer {
  const block = Buffer.alloc(16);
  block.writeBigUInt64BE(BigInt(serial), 8);
  return block;
}

function aes(key: Buffer, block: Buffer): Buffer {
  return createCipheriv("aes-128-ecb", key, null).update(block);
}

/** Schoolbook product in GF(2)[x] modulo x^5 + x^2 + 1. */
function times(left: number, right: number): number {
  let product = 0;
  for (let bit = 0; bit < 5; bit++) if ((right >> bit) & 1) product ^= left << bit;
  for (let bit = 8; bit >= 5; bit--) if ((product >> bit) & 1) product ^= 0b100101 << (bit - 5);
  return product;
}
