// Opened from the pill: what needs a person, what waits on this phone, what has been sent.
import { useState } from "preact/hooks";
import { connection, pill, sendNow, view } from "../app-state.ts";
import { isTaken } from "../model/receipts.ts";
import type { ReceiptView } from "../model/view.ts";
import { exportAttention, markAttentionSeen, markLostSeen } from "../rooms-state.ts";
import { paths } from "../router/paths.ts";
import { language, t, tOr } from "../texts/texts.ts";
import { clockTime, dateOf, moment } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";
import { Empty } from "../ui/empty.tsx";
import { Icon } from "../ui/icon.tsx";
import { now } from "../ui/now.ts";
import { saveTextFile } from "../ui/save-file.ts";
import { Screen } from "../ui/screen.tsx";
import { Status } from "../ui/status.tsx";
import { quizResult } from "./item-words.tsx";

const FIRST = 20;

export function Receipts() {
  const { receipts } = view.value;
  const refused = receipts.filter((one) => one.status === "rejected");
  const waiting = receipts.filter((one) => one.status === "waiting");
  const told = receipts.filter((one) => one.status !== "rejected" && one.status !== "waiting");
  return (
    <Screen title={t("receipts.title")} back={{ href: paths.me, name: t("tab.me") }} below={<Lead />}>
      <Lost />
      {receipts.length === 0 && (
        <Empty picture="quay" title={t("receipts.empty.title")} body={t("receipts.empty.body")} />
      )}
      {refused.length > 0 && <Attention refused={refused} />}
      {waiting.length > 0 && (
        <section class="section">
          <h2>{t("receipts.waiting")}</h2>
          <ReceiptRows receipts={waiting} />
        </section>
      )}
      {told.length > 0 && <Told receipts={told} />}
    </Screen>
  );
}

function Lead() {
  const { waiting, attention, state } = pill.value;
  if (state === "signed_out") {
    return (
      <Banner tone="soon" icon="lock">
        <p>{t("receipts.signed_out")}</p>
        <a href={paths.signIn}>{t("pill.signed_out")}</a>
      </Banner>
    );
  }
  if (waiting === 0 && (attention > 0 || view.value.lost > 0)) return null;
  if (waiting === 0) return <p class="quiet">{t("receipts.lead.none")}</p>;
  return (
    <>
      <p>{t(connection.value === "offline" ? "receipts.offline" : "receipts.lead.saved")}</p>
      <div>
        <button type="button" class="button button-second" onClick={sendNow}>
          <Icon name="sending" />
          {t("receipts.send")}
        </button>
      </div>
    </>
  );
}

/** What was on this phone and never came: said until the person has read it, and listed after that. */
function Lost() {
  const { lost, lostSeen, storageLost } = view.value;
  if (storageLost) {
    return (
      <Banner tone="soon">
        <p>{t("receipts.storage_lost")}</p>
      </Banner>
    );
  }
  if (lost === 0) return null;
  return (
    <Banner tone="late">
      <p>{t("receipts.lost", { count: lost })}</p>
      {!lostSeen && (
        <div>
          <button type="button" class="button button-second" onClick={() => void markLostSeen()}>
            {t("receipts.read")}
          </button>
        </div>
      )}
    </Banner>
  );
}

function Attention({ refused }: { refused: ReceiptView[] }) {
  const save = async () => saveTextFile("rundtur-registreringar.json", await exportAttention());
  return (
    <section class="section">
      <h2>{t("receipts.attention")}</h2>
      <ul class="section">
        {refused.map((one) => (
          <li class="card card-attention" key={one.opId}>
            <p class="strong">{subject(one)}</p>
            <p>{tOr(`refusal.${one.code}`, "refusal.other")}</p>
            <Reason one={one} />
            <p class="label">{when(one)}</p>
            {!one.seen && (
              <div>
                <button type="button" class="button button-second" onClick={() => void markAttentionSeen(one.opId)}>
                  {t("receipts.read")}
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
      <p class="quiet">{t("receipts.export.why")}</p>
      <div>
        <button type="button" class="button button-second" onClick={() => void save()}>
          <Icon name="download" />
          {t("receipts.export")}
        </button>
      </div>
    </section>
  );
}

function Told({ receipts }: { receipts: ReceiptView[] }) {
  const [all, setAll] = useState(false);
  return (
    <section class="section">
      <h2>{t("receipts.sent")}</h2>
      <ReceiptRows receipts={all ? receipts : receipts.slice(0, FIRST)} />
      {!all && receipts.length > FIRST && (
        <div>
          <button type="button" class="button button-plain" onClick={() => setAll(true)}>
            {t("today.see_all")}
          </button>
        </div>
      )}
    </section>
  );
}

function ReceiptRows({ receipts }: { receipts: ReceiptView[] }) {
  return (
    <ul class="rows">
      {receipts.map((one) => (
        <li class="row" key={one.opId}>
          <span class="row-text">
            <span class="row-name">{subject(one)}</span>
            <span class="stop-more">
              <ReceiptStatus one={one} />
              <span>{when(one)}</span>
            </span>
            {one.result && <span>{quizResult(one.result)}</span>}
            {one.status === "review" && <span class="label">{tOr(`refusal.${one.code}`, "receipt.review.body")}</span>}
            {one.status === "deferred" && (
              <span class="label">{tOr(`refusal.${one.code}`, "receipt.deferred.body")}</span>
            )}
            {one.decided && isTaken(one) && <span class="label">{t("receipt.decided")}</span>}
            <Reason one={one} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Why a person has decided as they did, in their own words. */
function Reason({ one }: { one: ReceiptView }) {
  const reason = one.decided?.reason;
  return reason ? <span class="label">{t("receipt.reason", { reason })}</span> : null;
}

/** "Sparat i dag 09.14 · skickat 11.02": only the person sees these times. */
function when({ savedAt, sentAt }: ReceiptView): string {
  const saved = t("receipt.saved_at", { time: moment(savedAt, now.value, language.value) });
  if (sentAt === null) return saved;
  const isSameDay = dateOf(new Date(savedAt)) === dateOf(new Date(sentAt));
  const time = isSameDay ? clockTime(sentAt, language.value) : moment(sentAt, now.value, language.value);
  return t("receipt.saved_and_sent", { saved, time });
}

/** What learns or attends counts; a note or a setting is only told. */
function counts({ kind, result }: ReceiptView): boolean {
  return kind === "step_completed" || kind === "checked_in" || (kind === "quiz_attempted" && result?.passed === true);
}

function ReceiptStatus({ one }: { one: ReceiptView }) {
  const words = t(
    one.status !== "superseded" && isTaken(one) && !counts(one)
      ? "receipt.status.sent"
      : `receipt.status.${one.status}`,
  );
  switch (one.status) {
    case "waiting":
      return <Status state="saved" words={words} />;
    case "applied":
    case "merged":
    case "superseded":
      return <Status state="done" words={words} />;
    case "review":
    case "deferred":
      return <Status state="soon" words={words} />;
    case "rejected":
      return <Status state="late" words={words} />;
    default:
      return one.status satisfies never;
  }
}

function preferenceName(subject: string): string {
  const name = tOr(`preference.${subject}`, "language.other");
  return name === t("language.other") ? tOr(`language.own.${subject}`, "language.other") : name;
}

function subject(one: ReceiptView): string {
  const name = one.kind === "preference_set" ? preferenceName(one.subject) : one.subject;
  return tOr(`receipt.kind.${one.kind}`, "receipt.kind.other", { subject: name });
}
