// Opened from the pill: what needs a person, what waits on this phone, what has been sent.
import { useState } from "preact/hooks";
import { connection, pill, sendNow, view } from "../app-state.ts";
import type { ReceiptView } from "../model/view.ts";
import { exportAttention, markAttentionSeen } from "../rooms-state.ts";
import { paths } from "../router/paths.ts";
import { language, t, tOr } from "../texts/texts.ts";
import { ago } from "../texts/times.ts";
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
  const { receipts, lost } = view.value;
  const refused = receipts.filter((one) => one.status === "rejected");
  const waiting = receipts.filter((one) => one.status === "waiting");
  const told = receipts.filter((one) => one.status !== "rejected" && one.status !== "waiting");
  return (
    <Screen title={t("receipts.title")} back={{ href: paths.me, name: t("tab.me") }} below={<Lead />}>
      {lost > 0 && (
        <Banner tone="late">
          <p>{t("receipts.lost", { count: lost })}</p>
        </Banner>
      )}
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
            <p class="label">{t("receipt.saved_at", { time: ago(one.savedAt, now.value, language.value) })}</p>
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
            {one.status === "deferred" && <span class="label">{t("receipt.deferred.body")}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function when(one: ReceiptView): string {
  return ago(one.sentAt ?? one.savedAt, now.value, language.value);
}

function ReceiptStatus({ one }: { one: ReceiptView }) {
  const words = t(`receipt.status.${one.status}`);
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
