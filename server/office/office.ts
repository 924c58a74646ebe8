// The office works without this file; it only spares a few clicks.

for (const one of document.querySelectorAll<HTMLElement>(".only-js")) one.hidden = false;

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// What can be done for a minute is taken off the page when the minute is over.
for (const one of document.querySelectorAll<HTMLElement>("[data-over-in]")) {
  setTimeout(reloadOnceNobodyTypes, Number(one.dataset.overIn) * 1000);
}

// What somebody is about to say is not thrown away for it.
function reloadOnceNobodyTypes(): void {
  const isTyped = [...document.querySelectorAll<HTMLInputElement>("input, textarea")].some((one) => one.value !== one.defaultValue);
  if (isTyped) setTimeout(reloadOnceNobodyTypes, 5000);
  else location.reload();
}

// A choice made with the pointer is shown at once. With the keyboard one passes over choices, so Enter or the button shows it.
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-filters]")) {
  let isPointed = false;
  form.addEventListener("pointerdown", () => {
    isPointed = true;
  });
  form.addEventListener("keydown", () => {
    isPointed = false;
  });
  form.addEventListener("change", ({ target }) => {
    if (isPointed && target instanceof HTMLSelectElement) form.requestSubmit();
  });
  form.addEventListener("submit", () => leaveOutUnused(form));
}

// Empty choices stay out of the address.
function leaveOutUnused(form: HTMLFormElement): void {
  for (const control of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) {
    if (control.value === "") control.disabled = true;
  }
}

// Back from another page of the browser's history, the disabled ones are usable again.
window.addEventListener("pageshow", () => {
  for (const control of document.querySelectorAll<HTMLInputElement>("form[data-filters] :disabled")) control.disabled = false;
});

const search = document.querySelector<HTMLInputElement>("[data-search]");
const rows = [...document.querySelectorAll<HTMLAnchorElement>("[data-row]")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined) moveTo(rows.findIndex((row) => row === document.activeElement), step, event);
});

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

function moveTo(from: number, step: number, event: KeyboardEvent): void {
  const next = from < 0 ? undefined : rows[from + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.closest("tr")?.scrollIntoView({ block: "nearest" });
}

// The way back keeps the filters where one came from the board.
for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-back]")) {
  const from = sessionStorage.getItem("office.board");
  if (from?.startsWith("/office/?")) link.href = from;
}
if (!document.querySelector(".leave")) {
  sessionStorage.removeItem("office.board"); // signed out: the next person at the desk begins anew
} else if (document.body.classList.contains("board")) {
  sessionStorage.setItem("office.board", location.pathname + location.search);
}
