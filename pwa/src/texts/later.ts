// The texts of what is not on the first screen: they are loaded with the rooms behind it, and weigh nothing before.
import en from "./later.en.json" with { type: "json" };
import sv from "./later.sv.json" with { type: "json" };
import { addTexts, type InterfaceLanguage, type Text } from "./texts.ts";

export type LaterKey = keyof typeof sv;

const LATER = { sv, en } satisfies Record<InterfaceLanguage, Record<LaterKey, Text>>;

addTexts(LATER);
