/** As much of an OpenAPI 3.1 document as the reference reads and writes. */
export interface ApiDocument {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, Answer>;
  "x-suyuan-roles"?: string[];
  /** The largest body, decoded; absent where the call takes none. */
  "x-suyuan-max-body-bytes"?: number;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
  example?: unknown;
}

interface Answer {
  description: string;
  content?: Content;
}

export type Content = Record<string, { schema?: Schema; examples?: Record<string, ShownExample> }>;

/** An Example Object (OpenAPI 3.1.0, 4.8.19). */
export interface ShownExample {
  summary: string;
  value?: unknown;
}

/** A JSON Schema, as far as the reference shows it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** An operation with its method, in capitals, and its path without the API's prefix. */
export interface Place {
  method: string;
  path: string;
  operation: Operation;
}

/** Every operation, in the order of the routes. */
export function placesOf({ paths }: ApiDocument): Place[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}
