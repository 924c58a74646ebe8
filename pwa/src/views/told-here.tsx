// How it stands with reminders on this phone, in one clear sentence.
import { here } from "../reminder-state.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";

export function ToldHere({ spoken = false }: { spoken?: boolean }) {
  const state = here.value;
  if (!state) return null;
  const told = wordsFor(state);
  return (
    <Banner tone={told.tone} icon={told.tone === "done" ? "bell" : "bell_off"} spoken={spoken}>
      <p>{t(told.words)}</p>
    </Banner>
  );
}

function wordsFor({ permission, answer, mended }: NonNullable<typeof here.value>): {
  tone: "done" | "calm" | "soon";
  words: TextKey;
} {
  if (permission === "unsupported") return { tone: "calm", words: "told.unsupported" };
  if (permission === "denied") return { tone: "soon", words: "told.denied" };
  if (mended === "closed") return { tone: "calm", words: "told.closed" };
  if (answer !== "yes" || permission !== "granted") return { tone: "calm", words: "told.off" };
  return mended === "on" ? { tone: "done", words: "told.on" } : { tone: "calm", words: "told.later" };
}
