// Leaves nothing of a person on this phone (SYNC §6.8), and finds whose databases are here.
import { PREFIX, SPARE_PREFIX } from "./database.ts";
import { MEDIA_CACHE } from "./media.ts";
import { openNotices } from "./notice.ts";
import { databasesHere, deleteDatabase } from "./opening.ts";

/** The other tabs are told first: none may go on for a person who has left. */
export async function wipePerson(personId: string): Promise<void> {
  const notices = openNotices(personId);
  notices.tell("signed_out");
  notices.close();
  await deleteDatabase(SPARE_PREFIX + personId); // first: left alone, it would bring back what has gone
  await deleteDatabase(PREFIX + personId);
  if (typeof caches !== "undefined") await caches.delete(MEDIA_CACHE);
}

/** Firefox before 126 cannot tell; the keepsake names the person there. */
export async function personsHere(): Promise<string[]> {
  const names = (await databasesHere()).filter((name) => name.startsWith(PREFIX));
  return [...new Set(names.map((name) => name.slice(PREFIX.length)))];
}
