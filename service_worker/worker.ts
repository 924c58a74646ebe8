// The worker: wiring only. Every path of respondWith ends in a Response, for a rejection shows as a broken page on iOS.
import { oneAfterTheOther } from "../pwa/src/push/shown.ts";
import { flushAll, setTimer, syncAll } from "./flushing.ts";
import { mediaResponse } from "./media-response.ts";
import { type PushedPorts, receivePush, tidy } from "./pushing.ts";
import { mendAll } from "./renewing.ts";
import { routeOf } from "./routing.ts";
import { forgetOldShells, installShell, type Precached, shellFile, shellPage } from "./shell.ts";
import { tapped } from "./tapping.ts";

declare const self: ServiceWorkerGlobalScope;
declare const __VERSION__: string;
declare const __PRECACHE__: Precached[];

self.addEventListener("install", (event) => event.waitUntil(installShell(caches, __VERSION__, __PRECACHE__)));

self.addEventListener("activate", (event) =>
  event.waitUntil(forgetOldShells(caches, __VERSION__).then(() => self.clients.claim())),
);

self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") event.waitUntil(self.skipWaiting());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const route = routeOf(request, self.location.origin);
  switch (route) {
    case "network":
      return;
    case "page":
      return event.respondWith(shellPage(caches, __VERSION__, request));
    case "file":
      return event.respondWith(shellFile(caches, __VERSION__, request));
    case "media":
      return event.respondWith(mediaResponse(caches, request));
    default:
      return route satisfies never;
  }
});

/** Chromium only, and a bonus: the page is the one that sends. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
self.addEventListener("sync" as "activate", (event) => {
  if ((event as SyncEvent).tag === "rundtur-outbox") event.waitUntil(flushAll(__VERSION__).finally(() => tidy(here)));
});

const here: PushedPorts = {
  registration: oneAfterTheOther(self.registration),
  badging: self.navigator,
  origin: self.location.origin,
  language: self.navigator.language,
  now: () => Date.now(),
  sync: () => syncAll(__VERSION__),
  setTimer,
};
self.addEventListener("push", (event) => event.waitUntil(receivePush(event.data?.text() ?? null, here)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const flush = () => flushAll(__VERSION__).catch(() => undefined);
  event.waitUntil(tapped(event.action, event.notification.data, { ...here, clients: self.clients, flush }));
});

self.addEventListener("pushsubscriptionchange" as "activate", (event) => event.waitUntil(mendAll(__VERSION__)));
