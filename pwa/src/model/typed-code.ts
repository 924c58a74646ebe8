// The code that a guide reads out: 7 Crockford characters and a Luhn mod 32 check character, so that a slip of the
// finger is seen on the phone, with no network. Whether it is the right code only the server knows.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Forgiving: lower case, spaces and hyphens, and the letters that look like digits. */
export function tidyCode(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/[\s\-‐‑–—]/g, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
}

export function checkCharacter(seven: string): string | null {
  let sum = 0;
  let factor = 2;
  for (let n = seven.length - 1; n >= 0; n--) {
    const value = ALPHABET.indexOf(seven.charAt(n));
    if (value < 0) return null;
    const addend = factor * value;
    sum += Math.floor(addend / 32) + (addend % 32);
    factor = factor === 2 ? 1 : 2;
  }
  return ALPHABET.charAt((32 - (sum % 32)) % 32);
}

/** The tidy code where it can be one, else null: mistyped. */
export function readCode(typed: string): string | null {
  const code = tidyCode(typed);
  if (code.length !== 8) return null;
  return checkCharacter(code.slice(0, 7)) === code.charAt(7) ? code : null;
}
