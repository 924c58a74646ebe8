// What lies in a person's database. Rows are plain JSON: no Blobs (WebKit loses them), no class instances.
import type { DBSchema } from "idb";
import type { AcknowledgedRow, AttentionRow, Document, DocumentRow, OutboxRow, ReplicaRow } from "../model/snapshot.ts";

export type { AcknowledgedRow, AttentionRow, Document, DocumentRow, OutboxRow, ReplicaRow };

/** What the person or the app wants to have on this phone. */
export interface WishRow {
  hash: string;
  wish: "auto" | "tapped" | "paused" | "deleted";
}
export interface Meta {
  device_id: string;
  device_registered: boolean;
  last_seq: number;
  /** numbers up to here were given under an id that was given up */
  numbered_after: number;
  cursor: string | null;
  epoch: string | null;
  reached: Record<string, number>;
  /** the last server time that the phone heard, and what its own clock showed then */
  heard: { server_time: string; wall_ms: number; jumped: boolean } | null;
  /** the server asked to be left alone until then, by this phone's clock */
  not_before_ms: number;
  missing: [number, number][];
  /** acts of the outbox that were answered and wait for the replica; an older version of the app did not say */
  answered: number[];
  /** when the ring was last looked through for what is too old, in the server's time */
  ring_looked_ms: number;
  /** the store was cleared, and the server has not been told yet: numbers up to here had been given */
  lost_through: number;
  /** so many lost registrations the person has read of */
  lost_seen: number;
  /** a snapshot is half in: more pages are to come */
  partial: boolean;
  /** hands in what was done here when nobody is signed in, and the key that it is sealed to until then */
  ticket: Ticket;
  /** when the server was asked for it last */
  ticket_asked_ms: number;
  /** the screen that was open last: not in localStorage, which a kill can take back by half a minute */
  here: { path: string; at_ms: number };
  /** receipts of the server that the person has read */
  seen_receipts: string[];
  /** what a check-in saves, and who sees it */
  check_in_told: boolean;
  text_look: TextLook;
  /** reminders on this phone: what the person said when asked, and the subscription that the server has */
  push: PushMeta;
  [note: `draft.note.${string}`]: string;
  [quiz: `draft.quiz.${string}`]: QuizDraft;
}
/** How large and how airy texts are on this phone, each from 0, as the page has it. */
export interface TextLook {
  size: number;
  spacing: number;
}
/** A quiz half answered. */
export interface QuizDraft {
  index: number;
  answers: Record<string, string[]>;
  /** the question at `index` has been answered and its feedback is shown */
  judged: boolean;
}
export interface Ticket {
  secret: string;
  expires_ms: number;
  key_id: string;
  key: string;
}
export interface PushMeta {
  /** null: not asked yet */
  answer: "yes" | "no" | null;
  told: { endpoint: string; key_id: string; at_ms: number } | null;
}
export interface PersonSchema extends DBSchema {
  outbox: { key: number; value: OutboxRow };
  acknowledged: { key: string; value: AcknowledgedRow };
  attention: { key: string; value: AttentionRow };
  replica: { key: [string, string, string]; value: ReplicaRow; indexes: { stream: string } };
  documents: { key: string; value: DocumentRow };
  wishes: { key: string; value: WishRow };
  meta: { key: keyof Meta; value: { key: keyof Meta; value: Meta[keyof Meta] } };
}
export type StoreName = "outbox" | "acknowledged" | "attention" | "replica" | "documents" | "wishes" | "meta";
