// Tells the other tabs, and the worker, that this person's rows have changed.
export type Topic = "outbox" | "replica" | "documents" | "media" | "pocket" | "signed_out";

export interface Notices {
  tell(topic: Topic): void;
  /** Heard here too, also for what was told here. */
  hear(listener: (topic: Topic) => void): () => void;
  close(): void;
}

export function openNotices(personId: string): Notices {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`rundtur-${personId}`);
  const listeners = new Set<(topic: Topic) => void>();
  const pass = (topic: Topic) => {
    for (const listener of listeners) listener(topic);
  };
  if (channel) channel.onmessage = (event: MessageEvent<Topic>) => pass(event.data);
  return {
    tell: (topic) => {
      channel?.postMessage(topic);
      pass(topic);
    },
    hear: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      listeners.clear();
      channel?.close();
    },
  };
}
