// Every word of the interface. Swedish decides which keys exist; the compiler holds English to them.
import { computed, type ReadonlySignal } from "@preact/signals";
import { view } from "../app-state.ts";
import en from "./en.json" with { type: "json" };
import type { LaterKey } from "./later.ts";
import sv from "./sv.json" with { type: "json" };

export type TextKey = keyof typeof sv | LaterKey;
export type Values = Record<string, string | number>;
export type Text = string | { one: string; other: string };

const CATALOGUES = { sv, en } satisfies Record<string, Record<keyof typeof sv, Text>>;
export type InterfaceLanguage = keyof typeof CATALOGUES;
export const LOCALES: Record<InterfaceLanguage, string> = { sv: "sv-SE", en: "en-GB" };

/** Texts of rooms behind the first screen come with those rooms. */
const known: Record<InterfaceLanguage, Record<string, Text>> = { sv: { ...sv }, en: { ...en } };
export function addTexts(more: Record<InterfaceLanguage, Record<string, Text>>): void {
  Object.assign(known.sv, more.sv);
  Object.assign(known.en, more.en);
}

/** Before anybody is signed in the phone's own language decides. */
export function interfaceLanguage(wanted: string | undefined): InterfaceLanguage {
  return wanted?.toLowerCase().startsWith("en") ? "en" : "sv";
}

export const language: ReadonlySignal<InterfaceLanguage> = computed(() =>
  interfaceLanguage(view.value?.self ? view.value.language : globalThis.navigator?.language),
);

export const zone: ReadonlySignal<string> = computed(() => view.value.zone);

/** Plain-language variants (sv-x-lattlast) take their parent's plural rules, so the tag may be used as it is. */
const plurals = new Map<string, Intl.PluralRules>();
function isOne(count: number, of: InterfaceLanguage): boolean {
  const rules = plurals.get(of) ?? new Intl.PluralRules(of);
  plurals.set(of, rules);
  return rules.select(count) === "one";
}

export function say(of: InterfaceLanguage, key: TextKey, values: Values = {}): string {
  const text = known[of][key] ?? known.sv[key] ?? key;
  const pattern = typeof text === "string" ? text : isOne(Number(values.count), of) ? text.one : text.other;
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Reads the language signal, so a component that calls it redraws when the person changes language. */
export function t(key: TextKey, values?: Values): string {
  return say(language.value, key, values);
}

/** For keys that arrive on the wire (a refusal's code, an operation's kind) and may be newer than this app. */
export function tOr(key: string, otherwise: TextKey, values?: Values): string {
  return t(key in known.sv ? (key as TextKey) : otherwise, values);
}

/** One text out of a map by language: the person's own, else Swedish, else whatever there is. */
export function pick(texts: Record<string, string>): string {
  return texts[language.value] ?? texts.sv ?? Object.values(texts)[0] ?? "";
}

export function list(items: string[]): string {
  return new Intl.ListFormat(LOCALES[language.value], { type: "conjunction" }).format(items);
}
