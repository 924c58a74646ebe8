import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Operation, Reminder } from "../../pwa/src/protocol.gen.ts";
import { followingWhatIsOver, oneAfterTheOther, type Shown } from "../../pwa/src/push/shown.ts";
import { knowDevice } from "../../pwa/src/storage/device.ts";
import { keepTwice, openSpare } from "../../pwa/src/storage/spare.ts";
import { wipePerson } from "../../pwa/src/storage/wiping.ts";
import { readMessage } from "../../service_worker/message.ts";
import { type PushedPorts, receivePush, tidy } from "../../service_worker/pushing.ts";
import { tapped } from "../../service_worker/tapping.ts";
import { withBuckets } from "./support/buckets.ts";
import { course, entry, reminder } from "./support/cast.ts";
import { COURSE, makePhone, type Phone, step } from "./support/phone.ts";
import { FakeBadge, FakeRegistration } from "./support/push.ts";

const ORIGIN = "https://rundtur.example";
const PAYLOAD = { title: "Rundtur", body: "Du har en påminnelse från Rundtur.", lang: "sv" };

/** A phone with a course of one step, and a reminder of it that the server has published. */
async function remindedPhone(over: Partial<Reminder> = {}) {
  const phone = makePhone();
  const id = randomUUID();
  const publish = (more: Partial<Reminder> = {}) =>
    phone.server.publish("reminder", id, reminder({ reminder_id: id, ...over, ...more }));
  phone.server.publish("catalogue_entry", COURSE, entry());
  await phone.store.write(["documents"], (tx) =>
    tx.objectStore("documents").put({ hash: "doc-v1", document: course(1, course().modules[0]?.steps.slice(0, 1)) }),
  );
  await phone.engine.run();
  publish();
  return { phone, id, publish, ...worker(phone, id) };
}

function worker(phone: Phone, id: string) {
  const registration = new FakeRegistration();
  const badging = new FakeBadge();
  const ports: PushedPorts = {
    registration: registration.shown,
    badging,
    origin: ORIGIN,
    language: "sv-SE",
    now: () => phone.time.now,
    sync: async () => void (await phone.engine.run()),
    setTimer: phone.time.setTimer,
  };
  const payload = (more: object = {}) =>
    JSON.stringify({
      web_push: 8030,
      notification: { ...PAYLOAD, tag: id, navigate: `${ORIGIN}/reminders/${id}`, ...more },
    });
  const opened: string[] = [];
  const clients: Parameters<typeof tapped>[2]["clients"] = {
    matchAll: async () => [],
    openWindow: async (url) => void opened.push(url),
  };
  const flush = async () => void (await phone.engine.run());
  const tap = (action = "", more: Partial<Parameters<typeof tapped>[2]> = {}) => {
    const data = registration.history.at(-1)?.data ?? null;
    return tapped(action, data, { clients, language: "sv", now: ports.now, flush, ...more });
  };
  return { registration, badging, ports, payload, opened, clients, tap };
}

test("a push is shown as it came, once for each reminder, and the icon counts what is new", async () => {
  const { registration, badging, ports, payload, id } = await remindedPhone();
  await receivePush(payload(), ports);
  await receivePush(payload(), ports);
  assert.deepEqual(
    registration.notes.map(({ title, body, tag, data }) => ({ title, body, tag, data })),
    [
      {
        title: PAYLOAD.title,
        body: PAYLOAD.body,
        tag: id,
        data: { navigate: `${ORIGIN}/reminders/${id}`, reminderId: id },
      },
    ],
  );
  assert.equal(badging.count, 1);
  assert.deepEqual(
    registration.notes[0]?.actions?.map(({ title }) => title),
    ["I morgon", "Sluta påminna"],
  );
});

test("what is done on this phone is not asked for again: the notification says so, in the person's language", async () => {
  const { phone, registration, ports, payload } = await remindedPhone();
  await phone.engine.run();
  await phone.act(step("a"));
  const offline = { ...ports, sync: () => Promise.reject(new TypeError("no network")) };
  await receivePush(payload(), offline);
  assert.equal(registration.notes[0]?.body, "Klart. Inget mer att göra.");
  assert.equal(registration.notes[0]?.actions, undefined);
  await phone.act({ kind: "preference_set", name: "language", value: "en" });
  await receivePush(payload(), offline);
  assert.equal(registration.notes[0]?.body, "Done. Nothing more to do.");
});

test("what another phone has done is heard before anything is shown", async () => {
  const { registration, ports, payload, publish } = await remindedPhone();
  publish({ closed_at: "2026-11-23T08:00:00.000Z", closed_why: "done" });
  await receivePush(payload(), ports);
  assert.equal(registration.notes[0]?.body, "Klart. Inget mer att göra.");
});

test("a phone whose clock is a day ahead does not say of what is still to come that it is over", async () => {
  const { phone, registration, ports, payload } = await remindedPhone({ expires_at: "2026-11-23T12:00:00.000Z" });
  phone.server.now = phone.time.now;
  phone.time.now += 86_400_000;
  await receivePush(payload(), ports);
  assert.equal(registration.notes[0]?.body, PAYLOAD.body);
});

test("a server that hangs holds nothing up for longer than five seconds", async () => {
  const { phone, registration, ports, payload } = await remindedPhone();
  const showing = receivePush(payload(), { ...ports, sync: () => new Promise(() => undefined) });
  assert.equal(phone.time.pass(4_900), 0);
  assert.equal(registration.history.length, 0);
  assert.equal(phone.time.pass(200), 1);
  await showing;
  assert.equal(registration.notes[0]?.body, PAYLOAD.body);
});

test("whatever comes, something is shown: three silent pushes, and a phone takes the subscription back", async () => {
  const { registration, ports } = await remindedPhone();
  for (const text of [null, "", "not json", "null", "[]", '{"notification":7}', '{"notification":{"title":{}}}']) {
    await receivePush(text, ports);
    const { title, body } = registration.history.at(-1) ?? {};
    assert.deepEqual([title, body], ["Rundtur", "Du har en påminnelse från Rundtur."], String(text));
  }
  assert.equal(registration.history.length, 7);
});

test("a push leads into the app and nowhere else", () => {
  const path = (navigate: unknown) => readMessage(JSON.stringify({ notification: { navigate } }), ORIGIN).path;
  assert.equal(path(`${ORIGIN}/site/1?with=code`), "/site/1?with=code");
  assert.equal(path("http://another.name/learn/x"), "/learn/x");
  for (const odd of ["javascript:alert(1)", "https://x//y.example", 7, null, "data:text/html,x"]) {
    assert.match(path(odd), /^\/(?!\/)/);
  }
});

test("what is seen, put off or closed elsewhere leaves the lock screen at the next exchange; the icon follows", async () => {
  for (const change of [
    { seen_at: "2026-11-23T08:00:00.000Z" },
    { snoozed_until: "2026-11-24" },
    { closed_at: "2026-11-23T08:00:00.000Z", closed_why: "ended" as const },
  ]) {
    const { phone, registration, ports, payload, publish } = await remindedPhone();
    await receivePush(payload(), ports);
    await registration.showNotification("of somebody else", { data: { navigate: "/", reminderId: randomUUID() } });
    publish(change);
    await tidy(ports);
    assert.equal(registration.notes.length, 2, "not heard yet");
    await phone.engine.run();
    await tidy(ports);
    assert.deepEqual(
      registration.notes.map(({ title }) => title),
      ["of somebody else"],
    );
  }
});

test("a page that stays open asks for what is shown only when something has become over, not at each change", async () => {
  let asked = 0;
  const { phone, registration, ports, payload, publish } = await remindedPhone();
  const page: Shown = {
    getNotifications: () => {
      asked++;
      return registration.getNotifications();
    },
  };
  const closing = followingWhatIsOver();
  const changed = async () => {
    await phone.engine.run();
    await closing(page, await phone.view());
  };
  await changed();
  await receivePush(payload(), ports);
  await phone.act({ kind: "preference_set", name: "language", value: "en" });
  await changed();
  await changed();
  assert.deepEqual([asked, registration.notes.length], [0, 1], "nothing is over: nobody asks while a push is shown");

  publish({ seen_at: "2026-11-23T08:00:00.000Z" });
  await changed();
  await changed();
  assert.deepEqual([asked, registration.notes.length], [1, 0]);

  // Put off, it comes again as news; when it is over once more, it is closed once more.
  publish({ seen_at: null });
  await changed();
  await registration.showNotification("again", { data: registration.history.at(-1)?.data });
  publish({ closed_at: "2026-11-23T09:00:00.000Z", closed_why: "done" });
  await changed();
  assert.deepEqual([asked, registration.notes.length], [2, 0]);
});

test("what could not be closed is asked for again at the next change", async () => {
  const { phone, registration, ports, payload, publish } = await remindedPhone();
  await receivePush(payload(), ports);
  publish({ snoozed_until: "2026-11-24" });
  await phone.engine.run();
  const closing = followingWhatIsOver();
  const broken: Shown = { getNotifications: () => Promise.reject(new TypeError("the engine is busy")) };
  await assert.rejects(closing(broken, await phone.view()));
  await closing(registration.shown, await phone.view());
  assert.equal(registration.notes.length, 0);
});

test("of two pushes at once neither is asked for away while it is being shown", async () => {
  const { registration, ports, payload } = await remindedPhone();
  let showing = 0;
  let met = 0;
  const engine = oneAfterTheOther({
    showNotification: async (...what) => {
      showing++;
      await new Promise((over) => setTimeout(over, 5));
      await registration.showNotification(...what);
      showing--;
    },
    getNotifications: async () => {
      met += showing;
      return registration.getNotifications();
    },
  });
  const other = payload({ tag: "try", navigate: `${ORIGIN}/me` });
  const both = { ...ports, registration: engine };
  await Promise.all([receivePush(payload(), both), receivePush(other, both), tidy(both)]);
  await Promise.all([receivePush(other, both), tidy(both)]);
  assert.deepEqual([met, registration.notes.length], [0, 2]);
});

test("“tomorrow” and “stop” are operations of this phone, kept before there is a network and then sent", async () => {
  for (const [action, kind] of [
    ["tomorrow", "reminder_snoozed"],
    ["mute", "reminder_muted"],
  ] as const) {
    const { phone, id, registration, ports, payload, tap, opened } = await remindedPhone();
    await receivePush(payload(), ports);
    await tap(action, { flush: async () => undefined });
    const [row] = await phone.outbox();
    const op = row?.op as Extract<Operation, { kind: typeof kind }>;
    assert.deepEqual([op.kind, op.reminder_id, row?.outcome], [kind, id, null]);
    if (op.kind === "reminder_snoozed") assert.equal(op.until_on, "2026-11-24");
    await phone.engine.run();
    assert.equal(phone.server.effects.get(op.op_id), 1);
    assert.deepEqual([opened, registration.history.length], [[], 1]);
  }
});

test("what a notification's button said is there again after the browser threw the store away", async (t) => {
  const buckets = withBuckets(t);
  const { phone, ports, payload, tap } = await remindedPhone();
  const spare = await openSpare(phone.store, null);
  await knowDevice(phone.store, null);
  await spare.tidy();
  await receivePush(payload(), ports);
  await tap("mute", { flush: async () => undefined });
  spare.close();
  phone.store.close();
  buckets.throwAway(`rundtur-${phone.personId}`);
  const after = phone.again();
  await openSpare(after.store, null);
  assert.deepEqual(
    (await after.outbox()).map(({ op }) => op.kind),
    ["reminder_muted"],
  );
});

test("a button of who has left since makes no place for them again", async (t) => {
  const buckets = withBuckets(t);
  const { phone } = await remindedPhone();
  const row = await phone.act({ kind: "reminder_muted", reminder_id: randomUUID() });
  phone.store.close();
  await wipePerson(phone.personId);
  await keepTwice(phone.personId, row);
  assert.deepEqual(buckets.names(), []);
});

test("a tap brings the window to the front before it goes to the screen, and opens one where there is none", async () => {
  const { id, ports, payload, tap, clients, opened } = await remindedPhone();
  const target = `${ORIGIN}/reminders/${id}`;
  await receivePush(payload(), ports);
  const did: string[] = [];
  const window = (mayNavigate: boolean) => {
    const one = {
      url: `${ORIGIN}/me`,
      focus: async () => {
        did.push("focus");
        return one;
      },
      navigate: async (url: string) => {
        did.push(`navigate ${url}`);
        if (!mayNavigate) throw new TypeError("not controlled");
      },
    };
    return one;
  };
  await tap();
  assert.deepEqual([did.splice(0), opened.splice(0)], [[], [target]]);
  clients.matchAll = async () => [window(true)];
  await tap();
  assert.deepEqual([did.splice(0), opened.splice(0)], [["focus", `navigate ${target}`], []]);
  clients.matchAll = async () => [window(false)];
  await tap();
  assert.deepEqual([did.length, opened], [2, [target]]);
});

test("where a tap was to go is kept, for phones that open the app at its first screen", async () => {
  const { phone, id, ports, payload, tap } = await remindedPhone();
  await receivePush(payload(), ports);
  await tap();
  const here = await phone.store.withDatabase((db) => db.get("meta", "here"));
  assert.deepEqual(here?.value, { path: `/reminders/${id}`, at_ms: phone.time.now });
});

test("a reminder that nobody here knows is shown as it came, and its buttons are not offered", async () => {
  const { registration, ports, payload, tap, opened } = await remindedPhone();
  await receivePush(payload({ navigate: `${ORIGIN}/reminders/${randomUUID()}`, tag: "x" }), ports);
  assert.deepEqual([registration.notes[0]?.body, registration.notes[0]?.actions], [PAYLOAD.body, undefined]);
  await tap();
  assert.equal(opened.length, 1);
});
