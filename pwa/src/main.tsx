// The composition root: the state starts, the screens are drawn from it.
import { render } from "preact";
import { start } from "./app-state.ts";
import { watchInstall } from "./ui/install-state.ts";
import { startClock } from "./ui/now.ts";
import { App } from "./views/app.tsx";

startClock();
watchInstall();
void start();

const root = document.getElementById("app");
if (root) render(<App />, root);
