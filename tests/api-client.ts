/** How tests call the API of a service, in process or not. Uses web globals only, so other runtimes can run it too. */
export interface ApiClient {
  /** The key that the first start made. */
  operatorKey: string;
  /** Calls the API. A `body` that is neither text nor bytes is sent as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
}

export interface CallOptions {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Called {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are checked field by field
  json: any;
}

/** A service that tests reach by HTTP alone. */
export interface Served {
  /** Answers a request; the host in its URL does not matter. Redirects are not followed. */
  fetch(request: Request): Promise<Response>;
  operatorKey: string;
  /** Stops the service and removes its data. */
  dispose(): Promise<void>;
}

export function apiClient({ fetch, operatorKey }: Pick<Served, "fetch" | "operatorKey">): ApiClient {
  return {
    operatorKey,
    call: async (method, path, options) => calledOf(await fetch(requestOf(method, path, options))),
  };
}

export function requestOf(method: string, path: string, { key, body, headers }: CallOptions = {}): Request {
  const sent = new Headers(headers);
  if (key) sent.set("Authorization", `Bearer ${key}`);
  const init: RequestInit = { method, headers: sent, redirect: "manual" };
  if (body !== undefined) {
    if (!sent.has("Content-Type")) sent.set("Content-Type", "application/json");
    init.body =
      typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body);
  }
  return new Request(`http://localhost${path}`, init);
}

/** Reads an answer whole; `json` is there if its media type is JSON. */
export async function calledOf(response: Response): Promise<Called> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = /[/+]json\b/.test(headers.get("Content-Type") ?? "");
  return { status, headers, text, json: isJson && text ? JSON.parse(text) : undefined };
}
