// The shell: the page and its files, one cache a version. The version before stays too, because its pages may still be
// open and load their later parts; older ones go.
export interface Precached {
  url: string;
  /** null: the name carries a hash, and what was got once never changes */
  revision: string | null;
}
const PREFIX = "rundtur-shell-";
const STATE = "rundtur-shells";
const ACTIVATED = "/activated";

export async function installShell(caches: CacheStorage, version: string, files: readonly Precached[]): Promise<void> {
  const cache = await caches.open(PREFIX + version);
  await Promise.all(
    files.map(async ({ url, revision }) => {
      const known = revision === null ? await findIn(caches, await shellNames(caches), url) : undefined;
      if (known) return cache.put(url, known);
      // The page has just fetched most of them: a hashed file is taken as it is, another is asked for news only.
      const cacheMode = revision === null ? "default" : "no-cache";
      const response = await fetch(new Request(url, { cache: cacheMode, credentials: "same-origin" }));
      // A redirected page cannot answer a navigation, and a portal's page must not become the shell.
      if (!response.ok || response.redirected) throw new Error(`${url}: ${response.status}`);
      return cache.put(url, response);
    }),
  );
}

export async function forgetOldShells(caches: CacheStorage, version: string): Promise<void> {
  const state = await caches.open(STATE);
  const before = ((await (await state.match(ACTIVATED))?.json()) ?? []) as string[];
  // Not the newest cache but the version that was last in use: a version may be installed and never activated.
  const last = before.filter((one) => one !== version).at(-1);
  const kept = [...(last === undefined ? [] : [last]), version];
  for (const name of await shellNames(caches)) {
    if (!kept.includes(name.slice(PREFIX.length))) await caches.delete(name);
  }
  await state.put(ACTIVATED, new Response(JSON.stringify(kept)));
}

export async function shellPage(caches: CacheStorage, version: string, request: Request): Promise<Response> {
  const cached = await findIn(caches, [PREFIX + version], "/").catch(() => undefined);
  return cached ?? fromNetwork(request);
}

export async function shellFile(caches: CacheStorage, version: string, request: Request): Promise<Response> {
  try {
    const names = [PREFIX + version, ...(await shellNames(caches))];
    const cached = await findIn(caches, names, new URL(request.url).pathname);
    return cached ?? (await fromNetwork(request));
  } catch {
    return fromNetwork(request);
  }
}

export async function fromNetwork(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return new Response(notHere(navigator.language), {
      status: 504,
      headers: { "Content-Type": "text/plain; charset=utf-8" },
    });
  }
}

/** The worker has no page's texts at hand, nor a person whose language it could ask. */
function notHere(language: string): string {
  return language.toLowerCase().startsWith("en")
    ? "No coverage. This is not on the phone yet."
    : "Ingen täckning. Det här finns inte på telefonen än.";
}

async function shellNames(caches: CacheStorage): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

async function findIn(caches: CacheStorage, names: readonly string[], url: string): Promise<Response | undefined> {
  for (const name of names) {
    if (!(await caches.has(name))) continue;
    const found = await (await caches.open(name)).match(url, { ignoreVary: true });
    if (found) return found;
  }
  return undefined;
}
