// Before anything is drawn, so that a dark page does not flash white. A file of its own: the policy allows no inline script.
(function () {
  let chosen;
  try {
    chosen = JSON.parse(localStorage.getItem("lacre.preferences") || "{}");
  } catch {
    chosen = {};
  }
  const dark =
    chosen.theme === "dark" ||
    (chosen.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
