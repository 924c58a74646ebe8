// What the three ways of signing in share: the frame, the one sentence about what went wrong, and the way on.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import type { SignInAnswer } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Wrong } from "../ui/field.tsx";
import { useHeading } from "../ui/heading.ts";
import { WordMark } from "../ui/screen.tsx";
import { loadedRooms } from "./later.ts";

interface FrameProps {
  title: string;
  lead: string;
  action: string;
  attempt: Attempt;
  onSubmit: () => void;
  children: ComponentChildren;
  below: ComponentChildren;
}

export function SignInFrame({ title, lead, action, attempt, onSubmit, children, below }: FrameProps) {
  const heading = useHeading(title);
  const Later = loadedRooms.value;
  return (
    <main class="screen sign-in">
      <WordMark />
      <img class="sign-in-picture" src="/static/pictures/islands.svg" alt="" width="320" height="180" />
      <div class="title">
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        <p class="lead quiet">{lead}</p>
      </div>
      {Later && <Later.SealedNote />}
      <form
        class="section sign-in-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!attempt.busy) onSubmit();
        }}
      >
        {children}
        {attempt.wrong && <Wrong words={attempt.wrong} />}
        <button type="submit" class="button button-main button-wide" aria-disabled={attempt.busy ? "true" : undefined}>
          {attempt.busy ? t("sign_in.busy") : action}
        </button>
      </form>
      <div class="sign-in-ways">{below}</div>
    </main>
  );
}

export interface Attempt {
  busy: boolean;
  wrong: string | null;
  run: (act: () => Promise<SignInAnswer>) => Promise<void>;
  refuse: (words: string) => void;
}

/** Runs one try and turns its answer into a sentence, or goes on to Today. */
export function useAttempt(wrongKey: TextKey): Attempt {
  const { route } = useLocation();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const run = async (act: () => Promise<SignInAnswer>) => {
    setBusy(true);
    setWrong(null);
    const answer = await act();
    setBusy(false);
    if (answer.ok) route(paths.today, true);
    else setWrong(reason(answer, wrongKey));
  };
  return { busy, wrong, run, refuse: setWrong };
}

function reason(answer: Extract<SignInAnswer, { ok: false }>, wrongKey: TextKey): string {
  switch (answer.why) {
    case "wrong":
      return t(wrongKey);
    case "throttled":
      return t("sign_in.throttled", { count: Math.max(1, Math.ceil((answer.retryAfterS ?? 60) / 60)) });
    case "offline":
      return t("sign_in.offline");
    case "server":
      return t("sign_in.server");
    case "storage":
      return t("broken.body");
    default:
      return answer.why satisfies never;
  }
}
