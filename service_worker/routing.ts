// Which requests the worker answers, and from where.
export type Route = "network" | "page" | "file" | "media";

/** The office is a room of its own, drawn by the server; texts lie in the app's own store. */
const NOT_OURS = ["/api/", "/office/", "/scim/", "/unsubscribe/", "/content/", "/health/"];

export function routeOf(request: Pick<Request, "method" | "mode" | "url">, origin: string): Route {
  const { origin: from, pathname } = new URL(request.url);
  if (request.method !== "GET" || from !== origin) return "network";
  if (pathname === "/sw.js" || NOT_OURS.some((start) => pathname.startsWith(start) || `${pathname}/` === start)) {
    return "network";
  }
  if (pathname.startsWith("/media/")) return "media";
  if (request.mode === "navigate") return pathname.startsWith("/static/") ? "network" : "page";
  return "file";
}
