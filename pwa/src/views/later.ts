// The rooms behind Today, once they are here. What of them stands on Today comes in then, and never holds it up.
import { signal } from "@preact/signals";

export const rooms = () => import("./rooms.ts");
export const loadedRooms = signal<Awaited<ReturnType<typeof rooms>> | null>(null);

export async function loadRooms(): Promise<void> {
  const loaded = await rooms();
  loaded.beginReminding();
  loaded.beginSealing();
  loadedRooms.value = loaded;
}
