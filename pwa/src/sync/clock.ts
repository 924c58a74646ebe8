// What a phone may say about time: its own clock, the last server time it had heard, and whether its clock has jumped
// since. A sleeping phone's monotonic clock stands still in some engines, which looks like a jump forward; so a jump
// forward is believed only while the page was visible, a jump backward always.
import type { Stamp, Watch } from "../storage/outbox.ts";
import type { Meta } from "../storage/schema.ts";

const JUMP_MS = 120_000;

export interface SyncClock extends Watch {
  /** the server's time has just been heard: the clocks are compared afresh from here */
  heard(): void;
  /** the page was asleep or hidden until now */
  resumed(): void;
  /** compares the clocks now; whether they have parted since the server was heard */
  hasJumped(): boolean;
}

export function createClock(wall: () => number, monotonic: () => number): SyncClock {
  let wallAt = wall();
  let monotonicAt = monotonic();
  let jumped = false;

  const anchor = () => {
    wallAt = wall();
    monotonicAt = monotonic();
  };
  const drift = () => wall() - wallAt - (monotonic() - monotonicAt);
  const hasJumped = () => {
    if (Math.abs(drift()) > JUMP_MS) jumped = true;
    return jumped;
  };

  return {
    now: wall,
    hasJumped,
    heard: () => {
      jumped = false;
      anchor();
    },
    resumed: () => {
      if (drift() < -JUMP_MS) jumped = true;
      anchor();
    },
    stamp: (heard: Meta["heard"]): Stamp => {
      // Across a restart there is no monotonic clock; but time that lies before what was heard has been turned back.
      const turnedBack = heard !== null && wall() < heard.wall_ms - JUMP_MS;
      return {
        occurred_at: new Date(wall()).toISOString(),
        heard_server_at: heard?.server_time ?? null,
        clock_jumped: hasJumped() || turnedBack || (heard?.jumped ?? false),
      };
    },
  };
}
