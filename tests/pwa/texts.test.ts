// The first screen carries its own words only; those of the rooms behind it come with them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import firstEnglish from "../../pwa/src/texts/en.json" with { type: "json" };
import laterEnglish from "../../pwa/src/texts/later.en.json" with { type: "json" };
import later from "../../pwa/src/texts/later.sv.json" with { type: "json" };
import first from "../../pwa/src/texts/sv.json" with { type: "json" };

type Catalogue = Record<string, string | { one: string; other: string }>;
const IMPORT = /^(?:import|export)\s(?!type\b)[^;]*?from "(\.[^"]+\.tsx?)"/gm;

/** Every file that is loaded before the first screen stands. */
function loadedFirst(path: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(path) || !existsSync(path)) return found;
  const text = readFileSync(path, "utf8");
  found.set(path, text);
  for (const [, to = ""] of text.matchAll(IMPORT)) loadedFirst(resolve(dirname(path), to), found);
  return found;
}

test("no file of the first screen asks for a text that is loaded after it", () => {
  const sources = [...loadedFirst(resolve("pwa/src/main.tsx")).values()].join("\n");
  assert.ok(sources.includes("today.next."), "the files are found");
  assert.deepEqual(
    Object.keys(later).filter((key) => sources.includes(`"${key}"`)),
    [],
  );
});

test("no text stands in both catalogues, and the languages have the same gaps", () => {
  assert.deepEqual(
    Object.keys(later).filter((key) => key in first),
    [],
  );
  const gaps = (of: Catalogue, key: string) => {
    const forms = typeof of[key] === "string" ? [of[key]] : Object.values(of[key] ?? {});
    return [...new Set(forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
  };
  for (const [sv, en] of [
    [first, firstEnglish],
    [later, laterEnglish],
  ] as [Catalogue, Catalogue][]) {
    assert.deepEqual(Object.keys(en).sort(), Object.keys(sv).sort());
    for (const key of Object.keys(sv)) assert.deepEqual(gaps(en, key), gaps(sv, key), key);
  }
});
