// The engine's push behind a door of our own: the page and the worker see the same few things of it, and tests too.
export type Permission = "unsupported" | "default" | "granted" | "denied";

/** A subscription as the server wants to know it. */
export interface Held {
  endpoint: string;
  p256dh: string;
  auth: string;
  /** the server's key that it was made with, base64url; null where the engine does not say */
  key: string | null;
}
export interface PushDoor {
  permission(): Permission;
  held(): Promise<Held | null>;
  /** Rejects where the engine, its push service or the person says no. */
  subscribe(key: string): Promise<Held>;
  unsubscribe(): Promise<void>;
}
/** As much of a registration as push needs. */
export type PushSide = Pick<ServiceWorkerRegistration, "pushManager">;

export function pushDoor(
  registration: PushSide | null,
  permission: () => NotificationPermission | undefined,
): PushDoor {
  const push: PushManager | undefined = registration?.pushManager;
  return {
    permission: () => (push && permission()) || "unsupported",
    held: async () => {
      const subscription = await push?.getSubscription();
      return subscription ? heldOf(subscription) : null;
    },
    subscribe: async (key) => {
      if (!push) throw new DOMException("no push here", "NotSupportedError");
      return heldOf(await push.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64Url(key) }));
    },
    unsubscribe: async () => {
      await (await push?.getSubscription())?.unsubscribe();
    },
  };
}

function heldOf(subscription: PushSubscription): Held {
  const { endpoint, keys } = subscription.toJSON();
  if (!endpoint || !keys?.p256dh || !keys.auth) throw new DOMException("half a subscription", "DataError");
  const key = subscription.options?.applicationServerKey;
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth, key: key ? toBase64Url(new Uint8Array(key)) : null };
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function toBase64Url(bytes: Uint8Array): string {
  const plain = btoa(String.fromCharCode(...bytes));
  return plain.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
