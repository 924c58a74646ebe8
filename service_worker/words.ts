// The few words that the worker says by itself, where the page's texts are not at hand.
const WORDS = {
  sv: {
    title: "Rundtur",
    body: "Du har en påminnelse från Rundtur.",
    settled: "Klart. Inget mer att göra.",
    tomorrow: "I morgon",
    mute: "Sluta påminna",
  },
  en: {
    title: "Rundtur",
    body: "You have a reminder from Rundtur.",
    settled: "Done. Nothing more to do.",
    tomorrow: "Tomorrow",
    mute: "Stop reminding",
  },
};
export type Words = (typeof WORDS)["sv"];

export function wordsIn(language: string | null | undefined): Words {
  return language?.toLowerCase().startsWith("en") ? WORDS.en : WORDS.sv;
}
