import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { encodeBase64 } from "../../../core/ledger/base64.ts";
import type { Question } from "../../../scan/answer.ts";
import type { Service } from "../../../services/service.ts";
import { UNKNOWN_CLIENT } from "../../client-address.ts";
import type { Environment } from "../../environment.ts";
import { isAhead, isProgram } from "../../programs.ts";

/** How long the same person's reload, or page in another language, is the same scan. */
const SAME_SCAN_MINUTES = 10;
const MINUTE_MS = 60_000;
const MAC_BYTES = 12;
/** The name of the cookie and of the parameter in links to other languages. */
const SEEN = "seen";
const TOKEN = /^([0-9a-z]{1,9})\.([0-9A-Za-z_-]{16})$/;

/** The question of a request, besides the code. Programs and browsers that fetch ahead are counted apart from people. */
export function questionOf(
  c: Context<Environment>,
  { platform }: Service,
  gtin: string | undefined,
): Question {
  const { region, network } = c.get("client") ?? UNKNOWN_CLIENT;
  const get = c.req.method === "GET";
  const program = get && (isProgram(c.req.header("User-Agent")) || isAhead((name) => c.req.header(name)));
  const question: Question = { region, network, nowMs: platform.now(), counts: get && !program, program };
  if (gtin !== undefined) question.gtin = gtin;
  return question;
}

/**
 * Recognises the page that a person already has: a reload by its cookie, a page in another language by its link. The token
 * in both is signed with a key of this process, and holds for one code, one address and ten minutes. So no text that a
 * stranger prints into a code's link keeps other people's scans from being counted.
 */
export class SameScan {
  private readonly key: Uint8Array;
  private readonly now: () => number;

  constructor({ platform }: Service) {
    this.key = platform.random(32);
    this.now = () => platform.now();
  }

  /** Whether a request repeats a scan that was counted for the same person. */
  isRepeat(c: Context<Environment>, code: string): boolean {
    return [c.req.query(SEEN), getCookie(c, SEEN)].some((token) => this.holds(c, code, token));
  }

  /** Remembers the scan in a cookie. Returns the parameter for links to the same page, such as `seen=…`. */
  remember(c: Context<Environment>, code: string): string {
    const token = this.tokenFor(c, code, Math.ceil(this.now() / MINUTE_MS) + SAME_SCAN_MINUTES);
    setCookie(c, SEEN, token, {
      path: "/",
      maxAge: SAME_SCAN_MINUTES * 60,
      httpOnly: true,
      sameSite: "Lax",
    });
    return `${SEEN}=${token}`;
  }

  private holds(c: Context<Environment>, code: string, token: string | undefined): boolean {
    const [, minute] = TOKEN.exec(token ?? "") ?? [];
    if (minute === undefined) return false;
    const expires = Number.parseInt(minute, 36);
    const left = expires - this.now() / MINUTE_MS;
    return left > 0 && left <= SAME_SCAN_MINUTES + 1 && token === this.tokenFor(c, code, expires);
  }

  /** Spellings of one code have one token: letter case and dashes differ between a label and a typed code. */
  private tokenFor(c: Context<Environment>, code: string, expiresMinute: number): string {
    const { subscriber } = c.get("client") ?? UNKNOWN_CLIENT;
    const spelling = code.slice(0, 64).replaceAll("-", "").toUpperCase();
    const text = `${spelling} ${subscriber} ${expiresMinute}`;
    const mac = hmac(sha256, this.key, utf8ToBytes(text)).subarray(0, MAC_BYTES);
    const tail = encodeBase64(mac).replaceAll("+", "-").replaceAll("/", "_");
    return `${expiresMinute.toString(36)}.${tail}`;
  }
}
