// fetch → a result union. Nothing above this file sees a status number, and nothing but our own JSON counts as an answer:
// a captive portal's page with status 200 is no network.
export type Refused = {
  ok: false;
  why:
    | "offline"
    | "signed_out"
    | "disabled"
    | "wrong_person"
    | "erased"
    | "too_large"
    | "malformed"
    | "upgrade"
    | "busy"
    | "server";
  code: string | null;
  retryAfterS: number | null;
};
export type Result<T> = { ok: true; value: T } | Refused;

export interface TransportPorts {
  fetch(url: string, init: RequestInit): Promise<Response>;
  setTimer(act: () => void, ms: number): () => void;
  appVersion: string;
}
export interface Call<T> {
  method: "GET" | "POST" | "DELETE";
  url: string;
  body?: unknown;
  /** instead of the session: whoever's cookie lies here has no part in it */
  ticket?: string;
  /** reads a body of the right shape; null: it is not ours */
  read(body: unknown): T | null;
}
export type Transport = <T>(call: Call<T>) => Promise<Result<T>>;

const TIMEOUT_MS = 30_000;
const GZIP_FROM = 1_024;

export function createTransport({ fetch, setTimer, appVersion }: TransportPorts): Transport {
  return async ({ method, url, body, ticket, read }) => {
    const gaveUp = new AbortController();
    const stopTimer = setTimer(() => gaveUp.abort(), TIMEOUT_MS);
    try {
      const request = await requestOf(method, body, appVersion);
      if (ticket) Object.assign(request, { credentials: "omit", headers: withTicket(request.headers, ticket) });
      const response = await fetch(url, { ...request, signal: gaveUp.signal });
      return await answerOf(response, read);
    } catch {
      return refused("offline");
    } finally {
      stopTimer();
    }
  };
}

function withTicket(headers: HeadersInit | undefined, ticket: string): HeadersInit {
  return { ...(headers as Record<string, string>), Authorization: `Ticket ${ticket}` };
}

async function requestOf(method: string, body: unknown, appVersion: string): Promise<RequestInit> {
  const headers: Record<string, string> = { Accept: "application/json", "X-Rundtur-Client": appVersion };
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store", redirect: "manual" };
  if (body === undefined) {
    if (method !== "GET") headers["Content-Type"] = "application/json";
    return init;
  }
  headers["Content-Type"] = "application/json";
  const text = JSON.stringify(body);
  if (text.length <= GZIP_FROM || typeof CompressionStream === "undefined") return { ...init, body: text };
  headers["Content-Encoding"] = "gzip";
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  // Read to its end first: a stream as a body needs HTTP/2 and `duplex`, and Safari has neither.
  return { ...init, body: await new Response(packed).arrayBuffer() };
}

async function answerOf<T>(response: Response, read: (body: unknown) => T | null): Promise<Result<T>> {
  if (response.status === 204) {
    const nothing = read(null);
    return nothing === null ? refused("offline") : { ok: true, value: nothing };
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  if (response.ok) {
    if (!isJson) return refused("offline");
    const value = read(await response.json());
    return value === null ? refused("offline") : { ok: true, value };
  }
  const error = isJson ? asRefusal(await response.json().catch(() => null)) : null;
  const why = whyOf(response.status, error?.code ?? null);
  const header = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfterS = error?.retry_after_s ?? (Number.isFinite(header) ? header : null);
  return { ok: false, why, code: error?.code ?? null, retryAfterS };
}

/** A portal may answer with any status too: what would stop us for good must be said in the server's own words. */
function whyOf(status: number, code: string | null): Refused["why"] {
  if (status === 429 || status === 503) return "busy";
  if (status === 413) return "too_large";
  if (code === null) return status >= 500 ? "server" : "offline";
  switch (status) {
    case 400:
      return "malformed";
    case 401:
      return "signed_out";
    case 403:
      return code === "disabled" ? "disabled" : "server";
    case 409:
      return code === "wrong_person" ? "wrong_person" : "server";
    case 410:
      return code === "erased" ? "erased" : "server";
    case 426:
      return "upgrade";
    default:
      return "server";
  }
}

/** The session is over, whatever for: there is nothing left to end. */
export function isOver(why: Refused["why"]): boolean {
  return why === "signed_out" || why === "disabled" || why === "erased";
}

function asRefusal(body: unknown): { code: string; retry_after_s: number | null } | null {
  if (typeof body !== "object" || body === null) return null;
  const { code, retry_after_s } = body as { code?: unknown; retry_after_s?: unknown };
  if (typeof code !== "string") return null;
  return { code, retry_after_s: typeof retry_after_s === "number" ? retry_after_s : null };
}

function refused(why: Refused["why"]): Refused {
  return { ok: false, why, code: null, retryAfterS: null };
}
