// How far the replica has come in each stream, and whether an operation's effect is already in it.
export type Reached = Readonly<Record<string, number>>;

export function mergeReached(before: Reached, reset: readonly string[], now: Reached): Record<string, number> {
  const kept = Object.entries(before).filter(([stream]) => !reset.includes(stream));
  return { ...Object.fromEntries(kept), ...now };
}

/**
 * True when every stream that this phone follows has passed the operation's effect. A check-in also touches the guides'
 * stream, which a participant never follows: a stream that is not in `reached` after the last page does not hold it back.
 */
export function isReached(at: Reached | null, reached: Reached, more: boolean): boolean {
  return Object.entries(at ?? {}).every(([stream, seq]) => {
    const here = reached[stream];
    return here === undefined ? !more : here >= seq;
  });
}
