// A server that takes nothing on trust: it checks each request as the real one does, and counts every effect.
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type {
  Change,
  DeviceRegistration,
  Operation,
  Outcome,
  SyncRequest,
  SyncResponse,
  UploadTicket,
} from "../../../pwa/src/protocol.gen.ts";

export type Fault =
  | "request_lost"
  | "answer_lost"
  | "portal"
  | "cut"
  | { status: number; code?: string; retryAfter?: number }
  | ((answer: SyncResponse) => unknown);
/** What the server says to one operation, where it is not simply applied. */
export type Verdict = Partial<Pick<Outcome, "status" | "code" | "retry_after_s" | "at">>;

export class FakeServer {
  personId: string;
  epoch = "epoch-1";
  now = Date.parse("2026-11-23T08:00:00.000Z");
  requests: SyncRequest[] = [];
  registrations = 0;
  labels: string[] = [];
  /** false: whoever asks has to sign in again */
  hasSession = true;
  /** the ticket that phones are given, while there is one */
  ticket: UploadTicket | null = null;
  /** each effect by op_id: not idempotent on purpose, so that doubling shows */
  effects = new Map<string, number>();
  faults: (Fault | null)[] = [];
  verdicts = new Map<string, Verdict>();
  poison = new Set<string>();
  pageSize = 500;
  most = 100;
  /** true: the effect reaches the stream only with the next request, as when another process publishes it */
  publishesLate = false;
  #ledger = new Map<string, { text: string; outcome: Outcome }>();
  #rows = new Map<string, Change & { seq: number }>();
  #head = 0;
  #unpublished: (() => void)[] = [];
  #devices = new Map<string, { after: number; lost: number; seen: Set<number> }>();

  constructor(personId: string) {
    this.personId = personId;
  }

  get stream(): string {
    return `person:${this.personId}`;
  }

  publish(entity: string, id: string, value: object | null): number {
    const seq = ++this.#head;
    const body = value as Record<string, unknown> | null;
    const change = { stream: this.stream, entity, id, deleted: value === null, v: 1, data: body, seq };
    this.#rows.set(`${entity}/${id}`, change);
    return seq;
  }

  /** A backup comes back: a new epoch, and what was taken since is gone. */
  restore(epoch: string): void {
    this.epoch = epoch;
    this.#ledger.clear();
    this.#devices.clear();
    this.#rows.clear();
    this.effects.clear();
    this.#head = 0;
  }

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = init.headers as Record<string, string>;
    assert.equal(headers["X-Rundtur-Client"], "test");
    if (init.method !== "GET") assert.equal(headers["Content-Type"], "application/json");
    const body = readBody(init.body, headers["Content-Encoding"]);
    const byTicket = headers.Authorization === `Ticket ${this.ticket?.secret}`;
    if (!this.hasSession && !byTicket) return refusal(401, "sign_in_needed");
    if (url === "/api/devices") return this.#register(body as DeviceRegistration);
    assert.equal(url, "/api/sync");
    if (!byTicket) return this.#sync(body as SyncRequest);
    assert.equal(init.credentials, "omit", "nobody's cookie goes along");
    const told = (await (await this.#sync(body as SyncRequest)).json()) as SyncResponse;
    return json({ ...told, changes: [], reset: [], reached: {}, cursor: "", more: false });
  };

  #register({ device_id, person_id, label, numbered_after, lost_through, wants_ticket }: DeviceRegistration): Response {
    if (person_id !== this.personId) return refusal(409, "wrong_person");
    this.registrations++;
    this.labels.push(label);
    if (!this.#devices.has(device_id))
      this.#devices.set(device_id, { after: numbered_after, lost: 0, seen: new Set() });
    const device = this.#devices.get(device_id);
    if (device) device.lost = Math.max(device.lost, lost_through);
    const missing = lost_through > 0 ? this.#gaps(device_id) : [];
    const ticket = wants_ticket ? this.ticket : null;
    return json({ device_id, registered_at: this.#instant(), missing, ticket });
  }

  /** The numbers of this device that never came, as a list of ranges. */
  #missing({ device_id, operations }: SyncRequest): [number, number][] {
    const device = this.#devices.get(device_id) ?? { after: 0, lost: 0, seen: new Set<number>() };
    this.#devices.set(device_id, device);
    for (const { seq } of operations) device.seen.add(seq);
    return this.#gaps(device_id);
  }

  #gaps(device_id: string): [number, number][] {
    const device = this.#devices.get(device_id);
    if (!device) return [];
    const ranges: [number, number][] = [];
    let expected = device.after + 1;
    for (const seq of [...device.seen].sort((a, b) => a - b)) {
      if (seq > expected) ranges.push([expected, seq - 1]);
      expected = Math.max(expected, seq + 1);
    }
    if (device.lost >= expected) ranges.push([expected, device.lost]);
    return ranges;
  }

  async #sync(request: SyncRequest): Promise<Response> {
    this.requests.push(request);
    const fault = this.faults.shift() ?? null;
    if (fault === "request_lost") throw new TypeError("network");
    if (fault === "portal")
      return new Response("<html>Log in to HotelNet</html>", { headers: { "Content-Type": "text/html" } });
    if (fault !== null && typeof fault === "object") return refusal(fault.status, fault.code, fault.retryAfter);
    const wrong = this.#check(request);
    if (wrong) return wrong;
    const answer = this.#answer(request);
    if (fault === "answer_lost") throw new TypeError("network");
    const text = JSON.stringify(typeof fault === "function" ? fault(answer) : answer);
    return new Response(fault === "cut" ? text.slice(0, text.length / 2) : text, {
      headers: { "Content-Type": "application/json" },
    });
  }

  #check({ protocol, person_id, operations, sent_at }: SyncRequest): Response | null {
    assert.equal(protocol, 1);
    assert.match(sent_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    if (person_id !== this.personId) return refusal(409, "wrong_person");
    if (operations.length > this.most) return refusal(413, "too_large");
    if (operations.some(({ op_id }) => this.poison.has(op_id))) return refusal(400, "malformed");
    const seqs = operations.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => a - b),
      "operations go in the order in which they were done",
    );
    assert.equal(new Set(seqs).size, seqs.length);
    return null;
  }

  #answer(request: SyncRequest): SyncResponse {
    for (const publish of this.#unpublished.splice(0)) publish();
    const outcomes = request.operations.map((op) => this.#take(op));
    const [epoch, from] = (request.cursor ?? `${this.epoch}:0`).split(":") as [string, string];
    const afresh = request.cursor === null || epoch !== this.epoch;
    const since = afresh ? 0 : Number(from);
    const news = [...this.#rows.values()].filter(({ seq }) => seq > since).sort((a, b) => a.seq - b.seq);
    const page = news.slice(0, this.pageSize);
    const more = news.length > page.length;
    const reached = more ? (page.at(-1)?.seq ?? since) : this.#head;
    return {
      protocol: 1,
      epoch: this.epoch,
      asked_at: request.sent_at,
      server_time: this.#instant(),
      outcomes,
      missing: this.#missing(request),
      changes: page.map(({ seq, ...change }) => change),
      reset: afresh ? [this.stream] : [],
      reached: { [this.stream]: reached },
      cursor: `${this.epoch}:${reached}`,
      more,
    };
  }

  #take(op: Operation): Outcome {
    const text = JSON.stringify(op);
    const known = this.#ledger.get(op.op_id);
    if (known) {
      assert.equal(text, known.text, "an operation is frozen: it is sent again exactly as it was");
      return known.outcome;
    }
    const verdict = this.verdicts.get(op.op_id) ?? {};
    const status = verdict.status ?? "applied";
    const bare = { op_id: op.op_id, status, code: null, effective_at: null, retry_after_s: null, at: null };
    const outcome: Outcome = { ...bare, ...verdict };
    if (status === "retry") return outcome;
    if (status === "applied" && !("at" in verdict)) outcome.at = { [this.stream]: this.#apply(op) };
    this.#ledger.set(op.op_id, { text, outcome });
    return outcome;
  }

  #apply(op: Operation): number {
    this.effects.set(op.op_id, (this.effects.get(op.op_id) ?? 0) + 1);
    const fact = factOf(op);
    if (!this.publishesLate) return this.publish(...fact);
    this.#unpublished.push(() => this.publish(...fact));
    return this.#head + 1;
  }

  #instant(): string {
    return new Date(this.now).toISOString();
  }
}

/** What an operation makes true: the entity, its id and its data. Scoring and confidence are the real server's matter. */
function factOf(op: Operation): [entity: string, id: string, data: object] {
  const { occurred_at } = op;
  switch (op.kind) {
    case "step_completed": {
      const { course_id, step_key, version } = op;
      return [
        "step_completion",
        `${course_id}/${step_key}`,
        { course_id, step_key, version, completed_at: occurred_at },
      ];
    }
    case "quiz_attempted": {
      const { course_id, step_key, version } = op;
      const score = { right: 1, questions: 1, passed: true };
      return ["attempt", op.op_id, { course_id, step_key, version, attempted_at: occurred_at, ...score }];
    }
    case "place_kept": {
      const { item_id, step_key, position_s } = op;
      return ["place", item_id, { item_id, step_key, position_s, kept_at: occurred_at }];
    }
    case "note_kept": {
      const { course_id, step_key, text } = op;
      return ["note", `${course_id}/${step_key}`, { course_id, step_key, text, kept_at: occurred_at }];
    }
    case "checked_in": {
      const { departure_id, stop_key, evidence } = op;
      const seen = { confidence: "medium", methods: [evidence.method], in_review: false };
      return [
        "check_in",
        `${departure_id}/${stop_key}`,
        { departure_id, stop_key, checked_in_at: occurred_at, ...seen },
      ];
    }
    case "preference_set":
      return ["preference", op.name, { name: op.name, value: op.value, set_at: occurred_at }];
    default:
      return ["preference", op.op_id, { name: "x", value: "", set_at: "" }];
  }
}

function readBody(body: unknown, encoding: string | undefined): unknown {
  if (body === undefined) return null;
  const text = encoding === "gzip" ? gunzipSync(Buffer.from(body as ArrayBuffer)).toString() : String(body);
  if (encoding === "gzip") assert.ok(text.length > 1024, "only bodies over 1 KiB are packed");
  return JSON.parse(text);
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

function refusal(status: number, code = "refused", retryAfter?: number): Response {
  return json({ code, message: "", retry_after_s: retryAfter ?? null }, status);
}
