// Writes pwa/src/protocol.gen.ts from the JSON Schema on standard input (or prints it with --stdout).
import { writeFileSync } from "node:fs";
import { text as readText } from "node:stream/consumers";
import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(await readText(process.stdin));
// Titles would become type names of their own ("OpId", "OpId1"); only the definitions are to be named.
const untitled = (node) => {
  if (Array.isArray(node)) return node.map(untitled);
  if (node === null || typeof node !== "object") return node;
  const { title, ...rest } = node;
  const kept = typeof title === "string" ? rest : node;
  if (kept.patternProperties) {
    kept.additionalProperties = Object.values(kept.patternProperties)[0];
    delete kept.patternProperties;
  }
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, untitled(value)]));
};
const defs = untitled(schema.$defs);
// With strict models every field is on the wire, also where the server has a default.
for (const def of Object.values(defs)) {
  if (def.type === "object" && def.properties) def.required = Object.keys(def.properties);
}
const text = await compile({ $defs: defs, type: "object", additionalProperties: false }, "Protocol", {
  bannerComment: "// Generated from server/protocol by script/protocol. Do not edit: change the models and run it again.",
  unreachableDefinitions: true,
  format: true,
  style: { printWidth: 120 },
  ignoreMinAndMaxItems: true,
});
const clean = text
  .replace(/export interface Protocol \{\}\n?/, "")
  .replace(/\/\*\*\n \* This interface was referenced by `Protocol`'s JSON-Schema\n \* via the `definition` "[^"]+"\.\n \*\/\n/g, "")
  .replace(/\n \*\n \* This interface was referenced by `Protocol`'s JSON-Schema\n \* via the `definition` "[^"]+"\./g, "");
if (process.argv.includes("--stdout")) process.stdout.write(clean);
else writeFileSync(new URL("../pwa/src/protocol.gen.ts", import.meta.url), clean);
