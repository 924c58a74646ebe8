import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Tone = "calm" | "done" | "soon" | "late";
const SIGNS: Record<Tone, IconName> = { calm: "phone", done: "tick", soon: "clock", late: "alert" };

interface BannerProps {
  tone?: Tone;
  icon?: IconName;
  /** polite: it came because of what the person just did */
  spoken?: boolean;
  children: ComponentChildren;
}

export function Banner({ tone = "calm", icon, spoken = false, children }: BannerProps) {
  return (
    <div class={`banner banner-${tone}`} role={spoken ? "status" : undefined}>
      <Icon name={icon ?? SIGNS[tone]} />
      <div>{children}</div>
    </div>
  );
}
