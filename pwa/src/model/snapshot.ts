// What the projection reads: the rows of the phone, as they lie in its store. Plain values, so that it stays pure.
import type { ActivityDocument, CourseDocument, Operation, Outcome } from "../protocol.gen.ts";
import type { Score } from "./quiz.ts";

export type Document = CourseDocument | ActivityDocument;

export interface OutboxRow {
  seq: number;
  op: Operation;
  /** of a practice quiz: what the phone made of the answers */
  score: Score | null;
  /** null until the server has answered; then it stays here until the replica has caught up with `outcome.at` */
  outcome: Outcome | null;
  answered_at: string | null;
}
/** The ring of what the server has taken: pushed again when the server was restored from a backup. */
export type AcknowledgedRow = OutboxRow & { op_id: string; outcome: Outcome; answered_at: string };
export interface AttentionRow {
  op_id: string;
  seq: number;
  op: Operation;
  score: Score | null;
  /** rejected: the server's word; unsendable: it could not even be read there */
  why: "rejected" | "unsendable";
  code: string | null;
  at: string;
  seen: boolean;
}
export interface ReplicaRow {
  stream: string;
  entity: string;
  id: string;
  data: unknown;
}
export interface DocumentRow {
  hash: string;
  document: Document;
}
export interface Snapshot {
  replica: ReplicaRow[];
  outbox: OutboxRow[];
  acknowledged: AcknowledgedRow[];
  attention: AttentionRow[];
  documents: DocumentRow[];
  missing: [number, number][];
  /** the store was cleared, and what that cost is not known yet */
  storageLost: boolean;
  /** so many lost registrations the person has read of */
  lostSeen: number;
  seenReceipts: string[];
  partial: boolean;
  /** how far the server's clock is ahead of this phone's, as it was heard last; 0 where nobody knows */
  skewMs: number;
}

/** Of a phone on which nobody is signed in. */
export const NOTHING: Snapshot = {
  replica: [],
  outbox: [],
  acknowledged: [],
  attention: [],
  documents: [],
  missing: [],
  storageLost: false,
  lostSeen: 0,
  seenReceipts: [],
  partial: false,
  skewMs: 0,
};
