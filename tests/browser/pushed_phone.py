"""A phone that takes push. Chromium gets no subscription without its maker's service, so subscribing is stood in for, and
nothing else: our page asks, our server encrypts and signs, the service checks and decrypts, our worker shows.
"""

import json
from typing import Any

from tests.support.push_service import PushService, Subscribed, to_text

from .driving import Phone, wait_until

STAND_IN = """(() => {
  if (!("PushManager" in self)) return;
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes.buffer ?? bytes)))
    .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const wrapped = ({ key, ...held }) => ({
    endpoint: held.endpoint,
    options: { userVisibleOnly: true, applicationServerKey: bytes(key).buffer },
    toJSON: () => held,
    unsubscribe: () => pushUnsubscribe().then(() => true),
  });
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new DOMException("silent", "NotAllowedError");
    if (Notification.permission !== "granted") throw new DOMException("denied", "NotAllowedError");
    return wrapped(await pushSubscribe(text(applicationServerKey)));
  };
  PushManager.prototype.getSubscription = async () => {
    const held = await pushHeld();
    return held && wrapped(held);
  };
})()"""
COUNT_SHOWS = """() => {
  if (self.shows !== undefined) return self.shows;
  const show = self.registration.showNotification.bind(self.registration);
  self.shows = 0;
  self.registration.showNotification = (...what) => show(...what).finally(() => self.shows++);
  return 0;
}"""
TAP = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""


class PushedPhone:
    """One of the phones of a test, and what its push service holds for it."""

    def __init__(self, one: Phone, service: PushService) -> None:
        self.phone, self.service = one, service
        self.subscribed: Subscribed | None = None
        one.context.expose_function("pushSubscribe", self._subscribe)
        one.context.expose_function("pushHeld", self._held)
        one.context.expose_function("pushUnsubscribe", self._unsubscribe)
        one.context.add_init_script(STAND_IN)

    def _subscribe(self, key: str) -> dict[str, Any] | None:
        self.subscribed = self.subscribed or self.service.subscribe(key)
        return self._held()

    def _held(self) -> dict[str, Any] | None:
        if self.subscribed is None:
            return None
        keys = {"p256dh": self.subscribed.p256dh, "auth": to_text(self.subscribed.auth)}
        return {"endpoint": self.subscribed.endpoint, "key": self.subscribed.key, "keys": keys}

    def _unsubscribe(self) -> None:
        if self.subscribed:
            self.service.phones.pop(self.subscribed.token, None)
        self.subscribed = None

    @property
    def endpoint(self) -> str | None:
        """Where it takes messages now; asked through the page, so that what the page has asked for is answered first."""
        self.phone.page.evaluate("1")
        return self.subscribed.endpoint if self.subscribed else None

    def turn_on(self) -> None:
        """Yes to the question on Today, with the usual quiet hours."""
        self.phone.visit("/")
        self.phone.press("Ja, påminn mig")
        self.phone.press("Slå på påminnelser")
        self.phone.wait_for("Påminnelserna är på")

    def deliver(self) -> dict[str, Any]:
        """What its service took last for this phone reaches the worker, as the browser would hand it over, and is shown.

        Nobody looks at the lock screen meanwhile: Chromium forgets a notification that is being shown while it is asked
        for all of them (8 of 600, where it was asked each 50 ms).
        """
        worker = self.phone.context.service_workers[0]
        before = worker.evaluate(COUNT_SHOWS)
        mine = [one.message for one in self.service.taken if self.subscribed and one.token == self.subscribed.token]
        wire = self.phone.context.new_cdp_session(self.phone.page)
        known: list[dict[str, Any]] = []
        wire.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
        wire.send("ServiceWorker.enable")
        while not known:
            self.phone.page.wait_for_timeout(20)
        wire.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self.phone.url, "registrationId": known[-1]["registrationId"], "data": json.dumps(mine[-1])},
        )
        wire.detach()
        wait_until(lambda: worker.evaluate("self.shows") > before, "the worker shows the push")
        return mine[-1]

    @property
    def shown(self) -> list[str]:
        """What stands on the lock screen."""
        return list(
            self.phone.page.evaluate(
                "navigator.serviceWorker.ready.then(one => one.getNotifications())"
                ".then(all => all.map(({ body }) => body))"
            )
        )

    def wait_for_shown(self, *bodies: str) -> None:
        wait_until(lambda: self.shown == list(bodies), f"the lock screen shows {bodies}")

    def tap(self, reminder: str, action: str = "") -> None:
        """The notification, or one of its buttons."""
        self.phone.context.service_workers[0].evaluate(TAP, [reminder, action])
