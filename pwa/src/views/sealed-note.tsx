// What who comes after is told of what lies sealed on this phone: how many, and nothing else.
import { sealedHere } from "../sealed-state.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";

export function SealedNote() {
  const { waiting, refused } = sealedHere.value;
  return (
    <>
      {waiting > 0 && (
        <Banner icon="lock" spoken>
          <p>{t("sealed.waiting", { count: waiting })}</p>
        </Banner>
      )}
      {refused > 0 && (
        <Banner tone="soon" icon="lock" spoken>
          <p>{t("sealed.refused", { count: refused })}</p>
        </Banner>
      )}
    </>
  );
}
