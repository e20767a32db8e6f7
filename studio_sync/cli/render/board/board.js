"use strict";
(() => {
  const root = document.documentElement;
  const tools = document.getElementById("tools");
  const form = tools.querySelector("form");
  const told = document.getElementById("told");
  const theme = document.getElementById("theme");
  const rows = [...document.querySelectorAll("tr.line")];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const key = "studio-board-theme";
  const kept = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (value) => { try { localStorage.setItem(key, value); } catch { /* a page from a file may keep nothing */ } };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const showTheme = () => { theme.setAttribute("aria-pressed", String(isDark())); };
  if (kept() === "dark" || kept() === "light") root.dataset.theme = kept();
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep(root.dataset.theme);
    showTheme();
  });
  dark.addEventListener("change", showTheme);

  function filter() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { client, program, status } = form.elements;
    const needy = form.elements.needy.checked;
    const narrowed = words.length > 0 || status.value !== "" || needy;
    let shown = 0;
    for (const section of document.querySelectorAll("section.program")) {
      const here = (!client.value || section.dataset.client === client.value)
        && (!program.value || section.dataset.program === program.value);
      let any = false;
      for (const body of section.querySelectorAll("tbody")) {
        let some = false;
        for (const row of body.querySelectorAll("tr.line")) {
          const fits = here
            && words.every((word) => row.dataset.text.includes(word))
            && (!status.value || row.dataset.statuses.split(" ").includes(status.value))
            && (!needy || row.dataset.needy === "yes");
          row.hidden = !fits;
          some ||= fits;
          shown += fits ? 1 : 0;
        }
        body.hidden = narrowed && !some;
        any ||= some;
      }
      section.hidden = !here || (narrowed && !any);
    }
    told.value = shown === rows.length ? told.dataset.all : told.dataset.some.replace("{}", String(shown));
  }
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("print").addEventListener("click", () => print());
  tools.hidden = false;
  showTheme();
  filter();
})();
