import { enrolmentToken } from "./pages/sign-in/enrolment-token.js";
import "virtual:theme-variables.css";
import "./theme/page.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { resume } from "./api/session.js";
import { preferences } from "./theme/preferences.js";
import { speak } from "./words/use-words.js";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
// Somebody who follows an enrolment link is about to get a session.
if (enrolmentToken === undefined) resume();
try {
  await speak(preferences().language);
  createRoot(root).render(<App />);
} catch {
  // Not even words were loaded.
  root.textContent = "The console could not be loaded. Load this page again.";
}
