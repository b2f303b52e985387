import { type Context, Hono } from "hono";
import { MistypedCodeError } from "../../../core/code/alphabet.ts";
import { parseCode } from "../../../core/code/check.ts";
import { parseTraceUrl, type TraceUrl } from "../../../core/code/link.ts";
import { normalised, TextError } from "../../../core/text.ts";
import { negotiateLanguage } from "../../../i18n/language.ts";
import { answerJson, pagePath } from "../../../scan/answer-json.ts";
import { bytesOf } from "../../../scan/byte-text.ts";
import { tryPin } from "../../../services/codes/try-pin.ts";
import type { Placed } from "../../../scan/batch-register.ts";
import type { TraceStep } from "../../../services/custody/view.ts";
import { Problem } from "../../../services/problem.ts";
import type { MistypedAnswer, ScanAnswer } from "../../../scan/answer.ts";
import type { Service } from "../../../services/service.ts";
import type { Environment } from "../../environment.ts";
import { limitedBody } from "../../middleware/limited-body.ts";
import { questionOf, SameScan } from "./counting.ts";
import { homePage } from "./home-page.ts";
import { pageResponse, type Reading, readingIn } from "../parts/layout.ts";
import { offersPin, type PinOutcome } from "./pin-section.ts";
import { prefersJson } from "../parts/representation.ts";
import { type ScanPage, scanPage, scanTitle } from "./scan-page.ts";

/** Reads the public steps of a code's journey, in order. */
export type PublicJourney = (placed: Placed) => readonly TraceStep[];

/** The form of the PIN has one field of six digits. */
const MAX_FORM_BYTES = 4096;
const MAX_PIN_LENGTH = 24;

/** The parts that the pages share. */
interface Room {
  service: Service;
  journey: PublicJourney;
  same: SameScan;
}

const NO_CODE: MistypedAnswer = { verdict: "mistyped", reason: "link" };

/**
 * The addresses on labels, in any letter case, and the front page. Every verdict has status 200: JSON has it in `verdict`,
 * and people see the page.
 */
export function scanRoutes(service: Service, journey: PublicJourney): Hono<Environment> {
  const routes = new Hono<Environment>();
  const room: Room = { service, journey, same: new SameScan(service) };
  const scan = (c: Context<Environment>): Response | Promise<Response> => answerScan(c, room);
  routes.get("/01/*", scan);
  // Separate patterns: with an alternative in one, Hono would not use its fastest router for any address.
  for (const t of ["/T", "/t"] as const) {
    routes.get(`${t}/:code/pin`, (c) => c.redirect(`/T/${encodeURIComponent(c.req.param("code"))}`, 303));
    routes.post(`${t}/:code/pin`, limitedBody(MAX_FORM_BYTES), (c) =>
      answerPin(c, room, c.req.param("code")),
    );
    routes.get(`${t}/*`, scan);
  }
  routes.get("/", (c) => home(c, room));
  return routes;
}

function answerScan(c: Context<Environment>, room: Room): Response | Promise<Response> {
  const { service, journey, same } = room;
  const link = linkOf(new URL(c.req.url).pathname);
  const question = questionOf(c, service, link?.gtin);
  // A program's page is no scan yet, so it must not mark the person's that may follow it.
  const person = question.counts;
  if (link !== null && person && same.isRepeat(c, link.code)) question.counts = false;
  const answer = link === null ? NO_CODE : service.scan.answer(link.code, question);
  if (prefersJson(c)) return jsonResponse(c, answer);
  return show(c, room, {
    answer,
    nowMs: question.nowMs,
    journey: stepsOf(answer, journey),
    typed: link?.code ?? "",
    person,
  });
}

export const SCAN_JSON_HEADERS = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store",
  vary: "Accept, Accept-Language",
  "x-robots-tag": "noindex",
};

/** The answer to a scan as JSON, never cached: the next scan has another one. */
export function jsonResponse(c: Context, answer: ScanAnswer): Response {
  return c.body(bytesOf(answerJson(answer)), 200, SCAN_JSON_HEADERS);
}

/** Answers a PIN attempt with the page; it does not count as a scan. */
async function answerPin(c: Context<Environment>, room: Room, typed: string): Promise<Response> {
  const { service, journey } = room;
  const question = questionOf(c, service, undefined);
  const answer = service.scan.answer(typed, question);
  const { nowMs } = question;
  const page: ScanPage = { answer, nowMs, journey: stepsOf(answer, journey), typed, person: true };
  if (offersPin(answer)) page.pin = await pinOutcome(c, service, answer.code);
  return show(c, room, page);
}

async function pinOutcome(c: Context<Environment>, service: Service, code: string): Promise<PinOutcome> {
  const pin = new URLSearchParams(await c.req.text()).get("pin") ?? "";
  try {
    return await tryPin(service, code, readPin(pin), c.get("client").subscriber);
  } catch (error) {
    const malformed =
      error instanceof TextError || (error instanceof Problem && error.type === "invalid_request");
    if (malformed) return { outcome: "malformed" };
    throw error;
  }
}

/** A typed PIN: full-width digits count as digits. @throws TextError for a text that no PIN is */
function readPin(typed: string): string {
  return normalised(typed.trim(), MAX_PIN_LENGTH, "NFKC").trim();
}

function show(c: Context<Environment>, { same }: Room, page: ScanPage): Response | Promise<Response> {
  const reading = readingOf(c);
  // The requested path: a link with a wrong GTIN stays suspicious in the other language.
  const path = c.req.method === "POST" ? pagePath(page.answer) : new URL(c.req.url).pathname;
  return pageResponse(c, reading, {
    title: scanTitle(reading, page.answer),
    path,
    body: scanPage(reading, page),
    // An unknown or mistyped code has no count.
    ...("placed" in page.answer && page.person ? { same: same.remember(c, page.answer.code) } : {}),
  });
}

/** The front page; with `code`, redirects to the page of the code, or shows what is wrong with it. */
function home(c: Context<Environment>, room: Room): Response | Promise<Response> {
  const typed = c.req.query("code");
  const reading = readingOf(c);
  if (typed === undefined || typed.trim() === "")
    return pageResponse(c, reading, { title: reading.texts.tagline, path: "/", body: homePage(reading) });
  const target = linkOf(typed.trim()) ?? { code: typed };
  try {
    const code = parseCode(target.code);
    const path = target.gtin === undefined ? `/T/${code}` : `/01/${target.gtin}/21/${code}`;
    return c.redirect(`${path}?lang=${reading.language}`, 303);
  } catch (error) {
    if (!(error instanceof MistypedCodeError)) throw error;
    const { reason, position } = error;
    const answer: MistypedAnswer = {
      verdict: "mistyped",
      reason,
      ...(position === undefined ? {} : { position }),
    };
    return show(c, room, { answer, nowMs: 0, journey: [], typed, person: true });
  }
}

function readingOf(c: Context<Environment>): Reading {
  return readingIn(negotiateLanguage(c.req.query("lang"), c.req.header("Accept-Language")));
}

function stepsOf(answer: ScanAnswer, journey: PublicJourney): readonly TraceStep[] {
  return "placed" in answer ? journey(answer.placed) : [];
}

/** Reads a link or its path; pads a GTIN of 8, 12 or 13 digits, as in older Digital Links, to 14. */
function linkOf(text: string): TraceUrl | null {
  return parseTraceUrl(
    text.replace(/\/01\/([0-9]{8}|[0-9]{12,13})\//, (_, gtin: string) => `/01/${gtin.padStart(14, "0")}/`),
  );
}
