import { z } from "@hono/zod-openapi";

/** Problems after which a list is judged no further: more help nobody, and a million cost minutes. */
export const MOST_PROBLEMS = 20;

interface ListDef extends z.core.$ZodArrayDef {
  atMost: number;
}

/** An array whose length is checked before its elements; stops at the first `MOST_PROBLEMS` problems. */
const BoundedArray = z.core.$constructor<z.ZodArray, ListDef>("SuyuanBoundedArray", (inst, def) => {
  z.ZodArray.init(inst, def);
  inst._zod.parse = (payload, ctx) => {
    const given = payload.value;
    if (!Array.isArray(given)) {
      payload.issues.push({ code: "invalid_type", expected: "array", input: given, inst });
      return payload;
    }
    if (given.length > def.atMost) {
      // Not going on: the checks after this one are for lists that were read.
      const tooBig = { code: "too_big", origin: "array", maximum: def.atMost, inclusive: true } as const;
      payload.issues.push({ ...tooBig, input: undefined as never, inst, continue: false });
      return payload;
    }
    const items: unknown[] = [];
    payload.value = items;
    for (let i = 0; i < given.length && payload.issues.length < MOST_PROBLEMS; i++) {
      const result = def.element._zod.run({ value: given[i], issues: [] }, ctx) as z.core.ParsePayload;
      payload.issues.push(...z.core.util.prefixIssues(i, result.issues));
      items.push(result.value);
    }
    return payload;
  };
});

/**
 * A list of at most `max` elements, which are judged only where the list is not longer.
 * @param min the fewest elements; 0 by default
 */
export function listOf<T extends z.ZodType>(element: T, max: number, min = 0): z.ZodArray<T> {
  const made = new BoundedArray({ type: "array", element, atMost: max }) as unknown as z.ZodArray<T>;
  return min === 0 ? made.max(max) : made.min(min).max(max);
}

interface MapDef extends z.core.$ZodRecordDef {
  atMost: number;
}

/** A record whose members are counted before they are judged. */
const BoundedRecord = z.core.$constructor<z.ZodRecord, MapDef>("SuyuanBoundedRecord", (inst, def) => {
  z.ZodRecord.init(inst, def);
  const parse = inst._zod.parse.bind(inst._zod);
  inst._zod.parse = (payload, ctx) => {
    const given = payload.value;
    const isMap = typeof given === "object" && given !== null;
    const count = isMap ? Object.keys(given).length : 0;
    if (count <= def.atMost) return parse(payload, ctx);
    const message = `has ${count} members; may have at most ${def.atMost}`;
    payload.issues.push({ code: "custom", message, input: undefined, inst });
    return payload;
  };
});

/** An object of at most `max` members of any names that `key` takes. */
export function mapOf<K extends z.ZodString, V extends z.ZodType>(
  key: K,
  value: V,
  max: number,
): z.ZodRecord<K, V> {
  const made = new BoundedRecord({
    type: "record",
    keyType: key,
    valueType: value,
    atMost: max,
  });
  return made as unknown as z.ZodRecord<K, V>;
}

interface FormsDef extends z.core.$ZodUnionDef {
  options: readonly z.ZodObject[];
}

/** A union of objects of which one form is chosen by the members that are there; only that one is judged. */
const Forms = z.core.$constructor<z.ZodUnion, FormsDef>("SuyuanForms", (inst, def) => {
  z.ZodUnion.init(inst, def);
  const known = def.options.map((schema) => ({
    schema,
    names: new Set(Object.keys(schema.shape)),
    required: requiredOf(schema.shape),
  }));
  inst._zod.parse = (payload, ctx) => {
    const given: unknown = payload.value;
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      payload.issues.push({ code: "invalid_type", expected: "object", input: given, inst });
      return payload;
    }
    const names = Object.keys(given);
    const form = nearestForm(known, names);
    if (form !== undefined) return form.schema._zod.run(payload, ctx);
    const message = `has none of the members of its forms: ${formsInWords(def.options)}`;
    payload.issues.push({ code: "custom", message, input: undefined, inst });
    if (names.length > 0)
      payload.issues.push({ code: "unrecognized_keys", keys: names, input: undefined as never, inst });
    return payload;
  };
});

/**
 * One of several objects, distinguished by their members. Unlike `z.union` it judges one form, so that the problems are
 * those of the form that was meant.
 */
export function forms<const T extends readonly z.ZodObject[]>(options: T): z.ZodUnion<T> {
  return new Forms({ type: "union", options }) as unknown as z.ZodUnion<T>;
}

interface Form {
  schema: z.ZodObject;
  names: ReadonlySet<string>;
  required: readonly string[];
}

/** The form with the most of the given members; of equals, the one that misses fewest. */
function nearestForm(all: readonly Form[], given: readonly string[]): Form | undefined {
  let nearest: Form | undefined;
  let [most, fewest] = [0, 0];
  for (const form of all) {
    const known = given.reduce((count, name) => count + (form.names.has(name) ? 1 : 0), 0);
    const missing = form.required.reduce((count, name) => count + (given.includes(name) ? 0 : 1), 0);
    if (known === 0 || known < most || (known === most && missing >= fewest && nearest !== undefined))
      continue;
    [nearest, most, fewest] = [form, known, missing];
  }
  return nearest;
}

/** `{batch, first, last}, {batch} or {unit}`: the members that each form needs. */
export function formsInWords(options: readonly z.ZodObject[]): string {
  const each = options.map(({ shape }) => `{${requiredOf(shape).join(", ")}}`);
  return [each.slice(0, -1).join(", "), each.at(-1)].filter(Boolean).join(" or ");
}

function requiredOf(shape: Readonly<Record<string, z.core.SomeType>>): string[] {
  return Object.keys(shape).filter((name) => shape[name]?._zod.optin === undefined);
}
