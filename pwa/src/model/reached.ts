// How far the replica has come in each stream, and whether an operation's effect is already in it.
export type Reached = Readonly<Record<string, number>>;

export function mergeReached(before: Reached, reset: readonly string[], now: Reached): Record<string, number> {
  const kept = Object.entries(before).filter(([stream]) => !reset.includes(stream));
  return { ...Object.fromEntries(kept), ...now };
}

/**
 * True when the replica has caught up, and every stream that this phone follows has passed the operation's effect. Not on a
 * page of several: its row may have been touched again since, and then lies on a later one. A check-in also touches the
 * guides' stream, which a participant never follows: a stream that is not in `reached` does not hold it back.
 */
export function isReached(at: Reached | null, reached: Reached, more: boolean): boolean {
  return !more && Object.entries(at ?? {}).every(([stream, seq]) => (reached[stream] ?? seq) >= seq);
}
