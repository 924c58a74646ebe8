// Cache Storage in memory, with the browser's own refusals, and a quota that can be made small.
export class FakeCache {
  entries = new Map<string, { body: ArrayBuffer; status: number; headers: [string, string][] }>();
  full = false;

  #key(request: RequestInfo | URL): string {
    const { pathname, search } = new URL(
      typeof request === "object" && "url" in request ? request.url : `${request}`,
      "http://phone",
    );
    return pathname + search;
  }
  async match(request: RequestInfo | URL): Promise<Response | undefined> {
    const found = this.entries.get(this.#key(request));
    return found && new Response(found.body.slice(0), { status: found.status, headers: found.headers });
  }
  async put(request: RequestInfo | URL, response: Response): Promise<void> {
    if (response.status === 206) throw new TypeError("a 206 cannot be cached");
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    const body = await response.arrayBuffer();
    this.entries.set(this.#key(request), { body, status: response.status, headers: [...response.headers] });
  }
  async delete(request: RequestInfo | URL): Promise<boolean> {
    return this.entries.delete(this.#key(request));
  }
  async keys(): Promise<Request[]> {
    return [...this.entries.keys()].map((path) => new Request(`http://phone${path}`));
  }
}

export class FakeCaches {
  all = new Map<string, FakeCache>();
  async open(name: string): Promise<Cache> {
    if (!this.all.has(name)) this.all.set(name, new FakeCache());
    return this.all.get(name) as unknown as Cache;
  }
  async has(name: string): Promise<boolean> {
    return this.all.has(name);
  }
  async delete(name: string): Promise<boolean> {
    return this.all.delete(name);
  }
  async keys(): Promise<string[]> {
    return [...this.all.keys()];
  }
}
