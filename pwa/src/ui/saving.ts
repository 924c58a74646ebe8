// An action either resolved ("saved on the phone") or nothing was saved; then the screen says so and stays.
import { useState } from "preact/hooks";

export function useSaving(): {
  failed: boolean;
  busy: boolean;
  save: (act: () => Promise<unknown>) => Promise<boolean>;
} {
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const save = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setFailed(false);
    try {
      await act();
      return true;
    } catch {
      setFailed(true);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { failed, busy, save };
}
