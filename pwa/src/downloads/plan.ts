// What to download next, and how each download stands: pure decisions over what is wished and what is here.
import type { Document } from "../model/snapshot.ts";
import type { View } from "../model/view.ts";
import { bytesHere, type FileShape, isHeavy, isWhole } from "../storage/media.ts";
import type { WishRow } from "../storage/schema.ts";

export interface DownloadState {
  /** interrupted: no network, or not to be had just now; it goes on by itself */
  state: "absent" | "downloading" | "interrupted" | "paused" | "ready_text" | "ready" | "no_room" | "waiting_for_wifi";
  doneBytes: number;
  totalBytes: number;
  /** only with no_room: how much must be freed */
  missingBytes: number;
}
/** unknown: the engine cannot tell (iPhone, Firefox); then sound and film wait for a tap. */
export type Network = "unmetered" | "metered" | "unknown";

export interface Ground {
  wishes: readonly WishRow[];
  documents: ReadonlyMap<string, Document>;
  here: ReadonlySet<string>;
  network: Network;
  /** what failed for now, by URL: no network, or not there */
  failed: ReadonlySet<string>;
  /** bytes that must be freed before this document's files fit, by its hash */
  noRoom: ReadonlyMap<string, number>;
}
export type Task = { kind: "text"; hash: string } | { kind: "file"; hash: string; file: FileShape };

export const contentUrl = (hash: string): string => `/content/${hash}`;

const RANK: Record<WishRow["wish"], number> = { tapped: 0, auto: 1, paused: 2, deleted: 3 };

/** All texts first, then all pictures, then sound and film: the whole programme can be read before one film is here. */
export function nextTask(ground: Ground): Task | null {
  const active = ground.wishes.filter(({ wish }) => wish === "auto" || wish === "tapped");
  const ordered = [...active].sort((a, b) => RANK[a.wish] - RANK[b.wish]);
  const text = ordered.find(({ hash }) => !ground.documents.has(hash) && !ground.failed.has(contentUrl(hash)));
  if (text) return { kind: "text", hash: text.hash };
  return fileTask(ordered, ground, false) ?? fileTask(ordered, ground, true);
}

function fileTask(ordered: readonly WishRow[], ground: Ground, heavy: boolean): Task | null {
  for (const { hash, wish } of ordered) {
    if (ground.noRoom.has(hash) || (heavy && !mayTakeHeavy(wish, ground.network))) continue;
    const missing = (ground.documents.get(hash)?.media ?? []).filter((file) => !isWhole(file, ground.here));
    const file = missing.find((one) => isHeavy(one) === heavy && !ground.failed.has(one.url));
    if (file) return { kind: "file", hash, file };
  }
  return null;
}

function mayTakeHeavy(wish: WishRow["wish"], network: Network): boolean {
  return wish === "tapped" || (wish === "auto" && network === "unmetered");
}

export function judge(hash: string, wish: WishRow["wish"] | null, ground: Ground): DownloadState {
  const document = ground.documents.get(hash);
  const files = document?.media ?? [];
  const doneBytes = files.reduce((total, file) => total + bytesHere(file, ground.here), 0);
  const totalBytes = files.reduce((total, { bytes }) => total + bytes, 0);
  const missing = files.filter((file) => !isWhole(file, ground.here));
  const state = stateOf(document !== undefined, missing, wish, hash, ground);
  return { state, doneBytes, totalBytes, missingBytes: state === "no_room" ? (ground.noRoom.get(hash) ?? 0) : 0 };
}

function stateOf(
  hasText: boolean,
  missing: readonly FileShape[],
  wish: WishRow["wish"] | null,
  hash: string,
  { network, noRoom, failed }: Ground,
): DownloadState["state"] {
  if (hasText && missing.length === 0) return "ready";
  if (noRoom.has(hash)) return "no_room";
  if (wish === "paused") return "paused";
  if (wish !== "auto" && wish !== "tapped") return hasText && missing.every(isHeavy) ? "ready_text" : "absent";
  if (!hasText) return failed.has(contentUrl(hash)) ? "interrupted" : "downloading";
  const due = missing.filter((file) => !isHeavy(file) || mayTakeHeavy(wish, network));
  if (due.length > 0) return due.every(({ url }) => failed.has(url)) ? "interrupted" : "downloading";
  return network === "metered" ? "waiting_for_wifi" : "ready_text";
}

/**
 * What comes by itself: the departures ahead, the programme's courses, those that the person chose, is in the middle of or
 * has an older version of, and, where nothing is due, one open course: five curious minutes must be on the phone to be offered.
 */
export function wantedHashes(view: View, documents: ReadonlyMap<string, Document>): string[] {
  const held = new Set([...documents.values()].map(itemOf));
  const items = view.programmes.flatMap((programme) => programme.items);
  const isBusy = items.some(({ kind, completedAt }) => kind === "course" && completedAt === null);
  const curious = view.courses.filter(({ entry, completedAt }) => !isBusy && entry.is_open && completedAt === null);
  const tours = view.departures.filter(({ when, departure }) => when !== "past" && !departure.is_cancelled);
  const courses = view.courses.filter(
    ({ assigned, chosen, begun, completedAt, entry }) =>
      assigned || chosen || (begun && completedAt === null) || held.has(entry.item_id),
  );
  return [...new Set([...tours, ...courses, ...curious.slice(0, 1)].flatMap(({ source }) => source?.hash ?? []))];
}

export interface Retired {
  /** visibility lost: text and files go */
  gone: string[];
  /** an older version: no more of it is fetched, and the text stays (facts of it may still count) */
  old: string[];
  /** those of the old whose files go: the newer text is here, and says which of them it shares */
  spent: string[];
}

export function retiredHashes(view: View, documents: ReadonlyMap<string, Document>): Retired {
  const current = new Set<string>();
  const visible = new Set<string>();
  for (const { entry, source } of view.courses) {
    visible.add(entry.item_id);
    for (const { hash } of Object.values(entry.documents)) current.add(hash);
    if (source) current.add(source.hash);
  }
  for (const { departure } of view.departures) {
    visible.add(departure.activity_id);
    for (const { hash } of Object.values(departure.documents)) current.add(hash);
  }
  const gone: string[] = [];
  const old: string[] = [];
  const spent: string[] = [];
  const succeeded = new Set([...documents].flatMap(([hash, one]) => (current.has(hash) ? [itemOf(one)] : [])));
  for (const [hash, document] of documents) {
    const itemId = itemOf(document);
    if (!visible.has(itemId)) gone.push(hash);
    else if (!current.has(hash)) old.push(hash);
    if (!current.has(hash) && succeeded.has(itemId)) spent.push(hash);
  }
  return { gone, old, spent };
}

function itemOf(document: Document): string {
  return document.kind === "course" ? document.course_id : document.activity_id;
}

/** Files of these documents that no other one on the phone needs. */
export function filesToForget(hashes: ReadonlySet<string>, documents: ReadonlyMap<string, Document>): FileShape[] {
  const needed = new Set<string>();
  for (const [hash, { media }] of documents) {
    if (!hashes.has(hash)) for (const { url } of media) needed.add(url);
  }
  const all = [...hashes].flatMap((hash) => documents.get(hash)?.media ?? []);
  const byUrl = new Map(all.map((file) => [file.url, file]));
  return [...byUrl.values()].filter(({ url }) => !needed.has(url));
}
