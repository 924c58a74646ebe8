// The rule of attendance (DESIGN §8): enough stops, and one of them by more than the phone's own word about its place.
import type { AttendanceRule, CheckIn } from "../protocol.gen.ts";

export type Confidence = CheckIn["confidence"];
const RANK: Record<Confidence, number> = { low: 0, medium: 1, high: 2 };

export function strongest(a: Confidence, b: Confidence): Confidence {
  return RANK[a] >= RANK[b] ? a : b;
}

export function confidenceOf(method: CheckIn["methods"][number]): Confidence {
  switch (method) {
    case "place":
      return "low";
    case "typed_code":
      return "medium";
    default:
      return method satisfies never;
  }
}

/** A stop counts once however often it was checked in; evidence under review does not lift the confidence. */
export function isAttended(
  rule: AttendanceRule,
  checkIns: readonly { stop_key: string; confidence: Confidence }[],
): boolean {
  const stops = new Set(checkIns.map(({ stop_key }) => stop_key));
  return stops.size >= rule.stops && checkIns.some(({ confidence }) => RANK[confidence] >= RANK.medium);
}
