// What the browser lets a person do about the home screen, and what they have decided in this tab.
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { holdDownloads, view } from "../app-state.ts";

/** Chromium's event; not in TypeScript's DOM. */
interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

const TAB = "rundtur-tab";
const HANDOVER = "rundtur-handover-until";
const HINT = "rundtur-install-hint";

export type TabChoice = "undecided" | "stay" | "handed_over";

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Asked again next time, then.
  }
}

export const isStandalone =
  globalThis.matchMedia?.("(display-mode: standalone)").matches === true ||
  (globalThis.navigator as { standalone?: boolean } | undefined)?.standalone === true;

/** iPadOS calls itself a Mac, but no Mac has a touch screen. */
export const isIos =
  /iPhone|iPad|iPod/.test(globalThis.navigator?.userAgent ?? "") ||
  (/Macintosh/.test(globalThis.navigator?.userAgent ?? "") && (globalThis.navigator?.maxTouchPoints ?? 0) > 1);

export const tabChoice = signal<TabChoice>((kept(TAB) as TabChoice | null) ?? "undecided");
/** iPhone: until when the code is good that carries the session over */
export const handoverUntil = signal(kept(HANDOVER) ?? "");
export const installPrompt = signal<InstallPrompt | null>(null);
const hintClosed = signal(kept(HINT) === "closed");

/** iPhone: the home-screen app starts empty, so this comes before anything is downloaded. */
export const homeScreenFirst: ReadonlySignal<boolean> = computed(
  () => isIos && !isStandalone && tabChoice.value === "undecided",
);

/** Android: once, after the first saved act; closed means closed. */
export const showInstallHint: ReadonlySignal<boolean> = computed(
  () => installPrompt.value !== null && !isStandalone && !hintClosed.value && (view.value?.receipts.length ?? 0) > 0,
);

export function chooseTab(choice: TabChoice): void {
  tabChoice.value = choice;
  keep(TAB, choice);
}

export function handOver(validUntil: string): void {
  handoverUntil.value = validUntil;
  keep(HANDOVER, validUntil);
  chooseTab("handed_over");
}

export function closeInstallHint(): void {
  hintClosed.value = true;
  keep(HINT, "closed");
}

export function watchInstall(): void {
  // A tab whose session goes to the home screen has no use for courses; the app there fetches its own.
  effect(() => holdDownloads(isIos && !isStandalone && tabChoice.value !== "stay"));
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installPrompt.value = event as InstallPrompt;
  });
  addEventListener("appinstalled", () => {
    installPrompt.value = null;
  });
}

export async function install(): Promise<void> {
  await installPrompt.value?.prompt();
  installPrompt.value = null;
}
