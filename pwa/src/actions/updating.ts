// The worker's registration and the change to a new version: offered once, taken only when the person says so.
const CHECK_EVERY_MS = 60 * 60_000;

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}
export interface Updating {
  /** at most once an hour, unless the server has said that this version is too old */
  check(now?: boolean): void;
  apply(): Promise<void>;
  /** Chromium only: the browser sends what waits when the network is back, also without the page */
  wakeLater(): void;
}

/** The registration is a script-URL sink: without the policy it silently never happens. */
function workerUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("app-url", { createScriptURL: (url) => url });
  return (policy?.createScriptURL("/sw.js") ?? "/sw.js") as string;
}

export async function registerWorker(onReady: () => void): Promise<Updating> {
  const container = navigator.serviceWorker;
  const none: Updating = { check: () => undefined, apply: async () => location.reload(), wakeLater: () => undefined };
  if (!container) return none;
  const registration = await container.register(workerUrl(), { updateViaCache: "none" }).catch(() => null);
  if (!registration) return none;

  // A first worker that takes control is no new version: only what waits behind another one is.
  const look = () => {
    if (registration.waiting && container.controller) onReady();
  };
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
  look();

  let checkedAt = 0;
  const check = (now = false) => {
    if (!now && checkedAt > 0 && Date.now() - checkedAt < CHECK_EVERY_MS) return;
    checkedAt = Date.now();
    void registration.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") check();
  });
  return {
    check,
    apply: async () => {
      const { waiting } = registration;
      if (!waiting) return location.reload();
      await new Promise<void>((resolve) => {
        container.addEventListener("controllerchange", () => resolve(), { once: true });
        waiting.postMessage("skip-waiting");
      });
      location.reload();
    },
    wakeLater: () => {
      const { sync } = registration as { sync?: { register(tag: string): Promise<void> } };
      void sync?.register("rundtur-outbox").catch(() => undefined);
    },
  };
}
