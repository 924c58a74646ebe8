// Falls back language by language: the person's own, its parent (sv-x-lattlast → sv), Swedish, English, whatever there is.
export function languageOrder(wanted: string): string[] {
  const parts = wanted.split("-");
  const own = parts.map((_, n) => parts.slice(0, parts.length - n).join("-")).filter((tag) => !tag.endsWith("-x"));
  return [...new Set([...own, "sv", "en"])];
}

export function pickByLanguage<T>(choices: Record<string, T>, wanted: string): { language: string; value: T } | null {
  for (const language of [...languageOrder(wanted), ...Object.keys(choices).sort()]) {
    const value = choices[language];
    if (value !== undefined) return { language, value };
  }
  return null;
}

export function pickText(texts: Record<string, string>, wanted: string): string {
  return pickByLanguage(texts, wanted)?.value ?? "";
}

/** Null where the got language is the person's own or its parent: that is no falling back. */
export function fellBack(got: string, wanted: string): string | null {
  return got.split("-")[0] === wanted.split("-")[0] ? null : got;
}
