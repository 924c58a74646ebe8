// The engine's push, as strict as a browser: it checks what it is given, and forgets nothing.
import assert from "node:assert/strict";
import type { OwnDevice, PushSubscribed } from "../../../pwa/src/protocol.gen.ts";
import type { PushSide } from "../../../pwa/src/push/door.ts";
import { toBase64Url } from "../../../pwa/src/push/door.ts";
import type { Shown } from "../../../pwa/src/push/shown.ts";
import type { Refused, Transport } from "../../../pwa/src/sync/transport.ts";

export const keyOf = (seed: number): string => toBase64Url(Uint8Array.from({ length: 65 }, (_, n) => (n ? seed : 4)));

export class FakePushManager {
  permission: NotificationPermission = "granted";
  /** what the next subscribing fails with */
  fails: DOMException | null = null;
  subscriptions = 0;
  tellsKey = true;
  #held: { endpoint: string; key: Uint8Array } | null = null;

  async subscribe({ userVisibleOnly, applicationServerKey }: PushSubscriptionOptionsInit): Promise<PushSubscription> {
    assert.equal(userVisibleOnly, true, "an engine refuses silent push");
    const key = applicationServerKey as Uint8Array;
    assert.ok(key instanceof Uint8Array, "bytes, which every engine takes");
    assert.deepEqual([key.length, key[0]], [65, 4], "an uncompressed point");
    if (this.permission !== "granted") throw new DOMException("not allowed", "NotAllowedError");
    if (this.fails) throw this.fails;
    if (this.#held && toBase64Url(this.#held.key) !== toBase64Url(key)) {
      throw new DOMException("another key", "InvalidStateError");
    }
    this.#held ??= { endpoint: `https://push.example/${++this.subscriptions}`, key };
    return this.#subscription();
  }

  async getSubscription(): Promise<PushSubscription | null> {
    return this.#held && this.#subscription();
  }

  /** The engine drops it, or renews it, and tells nobody. */
  lose(): void {
    this.#held = null;
  }

  get endpoint(): string | null {
    return this.#held?.endpoint ?? null;
  }

  #subscription(): PushSubscription {
    assert.ok(this.#held);
    const { endpoint, key } = this.#held;
    return {
      endpoint,
      options: { userVisibleOnly: true, applicationServerKey: this.tellsKey ? key.buffer : null },
      toJSON: () => ({ endpoint, keys: { p256dh: "p256dh", auth: "auth" } }),
      unsubscribe: async () => {
        this.#held = null;
        return true;
      },
    } as unknown as PushSubscription;
  }
}

/** The server's part of it: one key, and the subscriptions by device. */
export class FakeSubscriptions {
  key = { key: keyOf(1), key_id: "k1" };
  told = new Map<string, PushSubscribed>();
  calls: string[] = [];
  refuses: { code: string } | "offline" | null = null;

  transport: Transport = async ({ method, url, body, read }) => {
    this.calls.push(`${method} ${url.replace(/[0-9a-f-]{36}/, "…")}`);
    if (this.refuses) return refused(this.refuses === "offline" ? null : this.refuses.code);
    if (url === "/api/push/key") return answer(read(this.key));
    if (method === "GET") return answer(read({ devices: this.#listed(url.split("=").at(-1) ?? "") }));
    if (method === "DELETE") this.told.delete(url.split("/").at(-1) ?? "");
    else {
      const said = body as PushSubscribed;
      if (said.key_id !== this.key.key_id) return refused("key_is_old");
      this.told.set(said.device_id, said);
    }
    return answer(read(null));
  };

  #listed(asking: string): Partial<OwnDevice>[] {
    const mine = { device_id: asking, is_this: true, gets_push: this.told.has(asking) };
    return [mine, { device_id: "another", is_this: false, gets_push: true }];
  }
}

function answer<T>(value: T | null): { ok: true; value: T } {
  assert.ok(value !== null, "the phone takes what the server answers");
  return { ok: true, value };
}

function refused(code: string | null): Refused {
  return { ok: false, why: code === null ? "offline" : "server", code, retryAfterS: null };
}

type Options = NotificationOptions & { actions?: { action: string; title: string }[] };
export type Note = Options & { title: string };

export class FakeRegistration {
  push = new FakePushManager();
  notes: Note[] = [];
  /** everything that ever stood on the lock screen */
  history: Note[] = [];

  async showNotification(title: string, options: Options = {}): Promise<void> {
    const note = { title, ...options };
    this.notes = [...this.notes.filter(({ tag }) => !tag || tag !== note.tag), note];
    this.history.push(note);
  }

  async getNotifications(): Promise<Notification[]> {
    return this.notes.map(
      (note) =>
        ({
          data: structuredClone(note.data),
          close: () => {
            this.notes = this.notes.filter((one) => one !== note);
          },
        }) as Notification,
    );
  }

  get pushSide(): PushSide {
    return { pushManager: this.push as unknown as PushManager };
  }

  get shown(): Shown & Pick<ServiceWorkerRegistration, "showNotification"> {
    return this as unknown as Shown & Pick<ServiceWorkerRegistration, "showNotification">;
  }
}

export class FakeBadge {
  count = 0;
  setAppBadge = async (count = 0): Promise<void> => {
    this.count = count;
  };
  clearAppBadge = async (): Promise<void> => {
    this.count = 0;
  };
}
