// Leaves nothing of a person on this phone (SYNC §6.8), and finds whose databases are here.
import { deleteDB } from "idb";
import { PREFIX } from "./database.ts";
import { MEDIA_CACHE } from "./media.ts";
import { openNotices } from "./notice.ts";

/** The other tabs are told first: none may go on for a person who has left. */
export async function wipePerson(personId: string): Promise<void> {
  const notices = openNotices(personId);
  notices.tell("signed_out");
  notices.close();
  await deleteDB(PREFIX + personId);
  if (typeof caches !== "undefined") await caches.delete(MEDIA_CACHE);
}

/** Firefox before 126 cannot tell; the keepsake names the person there. */
export async function personsHere(): Promise<string[]> {
  const all = (await globalThis.indexedDB.databases?.()) ?? [];
  return all.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));
}
