import * as z from "zod";

/** As much of an OpenAPI 3.1 document as tests read. */
export interface Described {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

export interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string; required?: boolean; schema: JsonSchema }[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  [other: string]: unknown;
}

type Content = Record<string, { schema: JsonSchema }>;
type JsonSchema = Record<string, unknown>;

/** What of an answer the document tells. */
interface Answered {
  status: number;
  headers: Headers;
  json: unknown;
}

/**
 * Holds answers to what an OpenAPI document says of them: that the status and media type are described, and that JSON
 * has the described shape. The shapes are read back from the document, not from the schemas that it was made of.
 */
export class Conformance {
  private readonly document: Described;
  private readonly operations: { method: string; path: RegExp; operation: Operation }[];
  private readonly shapes = new Map<JsonSchema, z.ZodType>();

  constructor(document: Described) {
    this.document = document;
    this.operations = Object.entries(document.paths)
      // Where an address fits two, the one without a variable is meant.
      .sort(([a], [b]) => a.split("{").length - b.split("{").length)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path: new RegExp(`^/v1${path.replace(/\{[^}]+\}/g, "[^/]+")}$`),
          operation,
        })),
      );
  }

  /** What is not as the document says; null where it says nothing of the address or method. */
  problemsWith(method: string, target: string, { status, headers, json }: Answered): string[] | null {
    const operation = this.operationAt(method, target);
    if (operation === undefined) return null;
    const { responses } = operation;
    const described = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
    if (described === undefined) return [`status ${status} is not described`];
    const type = (headers.get("Content-Type") ?? "").split(";")[0] as string;
    const content = described.content?.[type];
    // A file is whatever its owner said it was.
    if (content === undefined && described.content?.["*/*"] !== undefined) return [];
    if (content === undefined) return [`media type ${type} is not described for status ${status}`];
    if (!/[/+]json$/.test(type)) return [];
    const { error } = this.shapeOf(content.schema).safeParse(json);
    return error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
  }

  /** What of a JSON body is not as the document says; null where it describes no JSON body there. */
  problemsWithRequest(method: string, target: string, json: unknown): string[] | null {
    const schema = this.operationAt(method, target)?.requestBody?.content["application/json"]?.schema;
    if (schema === undefined) return null;
    return (
      this.shapeOf(schema)
        .safeParse(json)
        .error?.issues.map(({ message }) => message) ?? []
    );
  }

  private operationAt(method: string, target: string): Operation | undefined {
    const [address = ""] = target.split("?");
    return this.operations.find((one) => one.method === method && one.path.test(address))?.operation;
  }

  private shapeOf(schema: JsonSchema): z.ZodType {
    const known = this.shapes.get(schema);
    if (known !== undefined) return known;
    const $defs = this.document.components.schemas;
    const whole = JSON.stringify({ ...schema, $defs }).replaceAll("#/components/schemas/", "#/$defs/");
    const shape = z.fromJSONSchema(JSON.parse(whole) as Parameters<typeof z.fromJSONSchema>[0]);
    this.shapes.set(schema, shape);
    return shape;
  }
}
