// What the screens build on: the state as signals, and what a person can do as functions. Views import nothing deeper.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Actions, createActions } from "./actions/acting.ts";
import { beginLife, type Life, type LifePorts } from "./actions/living.ts";
import { flushAndCount, forgetIfTold, inTime, type SignInAnswer, signInAnswerOf } from "./actions/signing.ts";
import { registerWorker, type Updating } from "./actions/updating.ts";
import type { DownloadState } from "./downloads/plan.ts";
import { project } from "./model/project.ts";
import { NOTHING } from "./model/snapshot.ts";
import type { View } from "./model/view.ts";
import type { SignedIn } from "./protocol.gen.ts";
import { NotSaved } from "./storage/failures.ts";
import { keepHere, readHere } from "./storage/here.ts";
import { dropOrphans, keepsakeIn, noStorage } from "./storage/keepsake.ts";
import { forgetTicketOf } from "./storage/ticket.ts";
import { measureUse, type StorageUse } from "./storage/use.ts";
import { personsHere, wipePerson } from "./storage/wiping.ts";
import type { EngineState } from "./sync/engine.ts";
import { askSession, endSession, redeemHandoverCode, signInByCode, signInByPassword } from "./sync/session.ts";
import { createTransport, isOver, type Result } from "./sync/transport.ts";

export type { Actions, CodeResult, QuizResult } from "./actions/acting.ts";
export type { SignInAnswer } from "./actions/signing.ts";
export type { DownloadState } from "./downloads/plan.ts";
export type { Accuracy } from "./model/place.ts";
export { type PlaceReading, type RouteReading, watchPlace, watchRoute } from "./place/watching.ts";
/** The reason that an action rejects with: nothing was saved, and the screen must say so. */
export { NotSaved } from "./storage/failures.ts";
export type { PocketKey, PocketOf, QuizDraft, TextLook } from "./storage/pocket.ts";

declare const __VERSION__: string;

export type Phase = "starting" | "signed_out" | "ready" | "storage_broken";
export type PillState = "saved" | "sending" | "sent" | "attention" | "signed_out";
export interface Pill {
  state: PillState;
  waiting: number;
  attention: number;
}

export const phase: Signal<Phase> = signal("starting");
export const view: Signal<View> = signal(emptyView());
export const connection: Signal<"unknown" | "online" | "offline"> = signal("unknown");
/** By the hash of a document: `course.source.hash`, `departure.source.hash`. No entry means absent. */
export const downloads: Signal<Record<string, DownloadState>> = signal({});
export const update: Signal<"none" | "ready"> = signal("none");
export const storage: Signal<StorageUse> = signal({ usedBytes: 0, quotaBytes: null, persisted: null });
const engineState: Signal<EngineState> = signal("idle");
/** The truth at each moment, in the order of what a person should know first. */
export const pill: ReadonlySignal<Pill> = computed(() => {
  const { waiting, attention } = view.value;
  return { state: pillState(engineState.value, waiting, attention), waiting, attention };
});

export const setTimer = (act: () => void, ms: number): (() => void) => {
  const id = setTimeout(act, ms);
  return () => clearTimeout(id);
};
const plain = globalThis.localStorage ?? noStorage();
const keepsake = keepsakeIn(plain);
export const appVersion = typeof __VERSION__ === "undefined" ? "0" : __VERSION__;
export const transport = createTransport({ fetch: (url, init) => fetch(url, init), setTimer, appVersion });
let life: Life | null = null;
let downloadsHeld = false;
let here: { path: string; at_ms: number } | null = null;
let updating: Updating | null = null;
let isOutage = false;

/** What the screens keep for the person who is signed in, and for nobody else. */
export const pocket = () => life?.pocket ?? null;
/** For the part of this state that is loaded later (reminder-state.ts). */
export const lifeNow = (): Life | null => life;
/** Set by those parts: what is done before somebody leaves, and how what only this phone knows of is sealed. */
export const leaving = {
  before: async (): Promise<void> => undefined,
  seal: async (_life: Life): Promise<boolean> => false,
};

/** The screen that was open when the app was last used. */
export const hereAtStart = () => here;

/** The screen that is open now. Losing it costs a tap, so nothing waits for it. */
export function keepPath(path: string): void {
  if (life) void keepHere(life.store, path, Date.now()).catch(() => undefined);
}

/** Opens the last person's database and shows it before anything is asked of the network. */
export async function start(): Promise<void> {
  dropOrphans(plain);
  await finishWipe().catch(() => undefined);
  const person = keepsake.get("person") || (keepsake.get("leaving") ? null : await lastPersonHere());
  if (person) await enterLife(person);
  else await resumeSession();
  updating = await registerWorker(() => {
    update.value = "ready";
  });
  updating.check();
  void measureStorage();
}

export async function signIn(email: string, password: string): Promise<SignInAnswer> {
  return enterWith(await signInByPassword(transport, email, password));
}

export async function signInWithCode(email: string, code: string, newPassword: string): Promise<SignInAnswer> {
  return enterWith(await signInByCode(transport, email, code, newPassword));
}

export async function redeemHandover(code: string): Promise<SignInAnswer> {
  return enterWith(await redeemHandoverCode(transport, code));
}

/**
 * Tries to tell what waits (SYNC §6.8); what stays behind is sealed, and the rest of the person is wiped. Where this phone
 * cannot seal, nobody leaves. Handing over is the same for who is in a hurry.
 */
export async function signOut(inHurry = false): Promise<{ ok: true } | { ok: false; waiting: number }> {
  if (!life) return { ok: true };
  acting.flushPlaces();
  const waiting = await flushAndCount(life, setTimer, inHurry);
  if (waiting > 0 && !(await leaving.seal(life).catch(() => false))) return { ok: false, waiting };
  await leave();
  if (waiting > 0) updating?.wakeLater();
  return { ok: true };
}

export function sendNow(): void {
  life?.sendNow();
}

/** Reloads once the new version has taken over. */
export async function applyUpdate(): Promise<void> {
  acting.flushPlaces();
  await updating?.apply();
}

const acting = createActions({
  enter: (draft, score) => (life ? life.enter(draft, score) : Promise.reject(new NotSaved("signed_out"))),
  view: () => view.value,
  now: () => Date.now(),
  setTimer,
});
/** Each resolves when it is durable on the phone, and rejects with NotSaved else. */
export const actions: Actions = acting.actions;

/** While held, nothing downloads by itself; a tap still does. */
export function holdDownloads(hold: boolean): void {
  downloadsHeld = hold;
  if (!hold) void life?.refresh();
}

/** A tap: takes text, pictures and media, whatever the network. Also resumes. */
export async function startDownload(hash: string): Promise<void> {
  await life?.downloads.wish(hash, "tapped");
}
export async function pauseDownload(hash: string): Promise<void> {
  await life?.downloads.wish(hash, "paused");
}
export async function deleteDownload(hash: string): Promise<void> {
  await life?.downloads.remove(hash);
}

function pillState(engine: EngineState, waiting: number, attention: number): PillState {
  if (engine === "signed_out" || engine === "stopped") return "signed_out";
  if (attention > 0) return "attention";
  if (waiting === 0) return "sent";
  return engine === "sending" ? "sending" : "saved";
}

async function enterWith(answer: Result<SignedIn>): Promise<SignInAnswer> {
  if (!answer.ok) return signInAnswerOf(answer);
  const before = life?.personId ?? keepsake.get("person");
  life?.close();
  if (before && before !== answer.value.person_id) await forgetIfTold(before);
  keepsake.set("leaving", "");
  await forgetTicketOf(answer.value.person_id);
  await enterLife(answer.value.person_id);
  return phase.value === "ready" ? { ok: true } : { ok: false, why: "storage" };
}

async function enterLife(personId: string): Promise<void> {
  life?.close();
  life = null;
  engineState.value = "idle";
  try {
    life = await beginLife(personId, lifePorts(personId));
    here = await readHere(life.store);
    keepsake.set("person", personId);
    phase.value = "ready";
  } catch (error) {
    console.error(error);
    phase.value = "storage_broken";
  }
}

function lifePorts(personId: string): LifePorts {
  return {
    keepsake,
    transport,
    appVersion,
    setTimer,
    onView: (next) => {
      view.value = next;
    },
    onEngine: (state) => {
      // Not with each act: woken while there is a network, the worker would send each act in a request of its own.
      if (state === "waiting" && !isOutage) updating?.wakeLater();
      if (state !== "sending") isOutage = state === "waiting";
      engineState.value = state;
    },
    onConnection: (reached) => {
      connection.value = reached ? "online" : "offline";
    },
    onDownloads: (states) => {
      downloads.value = states;
      void measureStorage();
    },
    onStopped: (why) => {
      if (why === "upgrade") updating?.check(true);
      if (why === "erased") void forgetPerson(personId);
    },
    holdsDownloads: () => downloadsHeld,
    onBroken: () => {
      phase.value = "storage_broken";
    },
    onLeft: stepOut,
  };
}

/** A sign-out without network leaves the cookie behind: it is ended at the first chance, and never entered again. */
async function resumeSession(): Promise<void> {
  if (keepsake.get("leaving")) {
    const ended = await endSession(transport);
    if (ended.ok || isOver(ended.why)) keepsake.set("leaving", "");
  } else {
    const answer = await askSession(transport);
    if (answer.ok) return enterLife(answer.value.person_id);
  }
  phase.value = "signed_out";
}

async function leave(): Promise<void> {
  if (!life) return;
  const { personId } = life;
  await inTime(leaving.before, setTimer);
  let isEnded = false;
  const end = async () => {
    const ended = await endSession(transport);
    isEnded = ended.ok || isOver(ended.why);
  };
  await inTime(end, setTimer);
  await forgetPerson(personId, !isEnded);
}

/** Said before it is done: a page that is torn away in the middle leaves the rest to the next start. */
async function forgetPerson(personId: string, hasCookie = false): Promise<void> {
  keepsake.clear();
  if (hasCookie) keepsake.set("leaving", "1");
  keepsake.set("wiping", personId);
  stepOut();
  await finishWipe();
}

async function finishWipe(): Promise<void> {
  const personId = keepsake.get("wiping");
  if (personId) await wipePerson(personId);
  keepsake.set("wiping", "");
}

function stepOut(): void {
  life?.close();
  life = null;
  phase.value = "signed_out";
  view.value = emptyView();
  downloads.value = {};
  engineState.value = "idle";
}

async function lastPersonHere(): Promise<string | null> {
  const persons = await personsHere().catch(() => []);
  return persons.length === 1 ? (persons[0] ?? null) : null;
}

async function measureStorage(): Promise<void> {
  storage.value = (await measureUse(Date.now())) ?? storage.value;
}

function emptyView(): View {
  return project(NOTHING, "", navigator.language || "sv", Date.now());
}

globalThis.document?.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") acting.flushPlaces();
});
