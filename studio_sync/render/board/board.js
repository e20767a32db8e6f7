"use strict";
(() => {
  const root = document.documentElement;
  const tools = document.getElementById("tools");
  const form = tools.querySelector("form");
  const told = document.getElementById("told");
  const theme = document.getElementById("theme");
  const fold = document.getElementById("fold");
  const programs = [...document.querySelectorAll("details.program")];
  const places = new Map([...document.querySelectorAll("table.overview tr[data-of]")].map((r) => [r.dataset.of, r]));
  const total = document.querySelectorAll("tr.line").length;
  const NAMES = ["text", "client", "program", "status", "sort"];
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

  let sort = "";
  let unfolded = null; // what was open before a filter opened what it found

  // The address says what is looked at: it can be kept, sent and gone back to.
  function address() {
    const said = new URLSearchParams();
    for (const name of NAMES) {
      const value = name === "sort" ? sort : form.elements[name].value;
      if (value) said.set(name, value);
    }
    if (form.elements.needy.checked) said.set("needy", "yes");
    const open = programs.filter((p) => p.open && unfolded === null).map((p) => p.querySelector(".inner").id);
    if (open.length) said.set("open", open.join(" "));
    const fragment = String(said);
    if (fragment !== location.hash.slice(1)) history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  }

  function obey() {
    const hash = location.hash.slice(1);
    if (/^p\d+$/.test(hash)) return show(hash);
    if (hash === "main") return;
    const said = new URLSearchParams(hash);
    for (const name of NAMES) if (name !== "sort") form.elements[name].value = said.get(name) ?? "";
    form.elements.needy.checked = said.get("needy") === "yes";
    const open = (said.get("open") ?? "").split(" ").filter(Boolean);
    if (open.length) for (const p of programs) p.open = open.includes(p.querySelector(".inner").id);
    const [column, way] = (said.get("sort") ?? "").split(" ");
    if (column) order(Number(column), way === "descending");
    filter();
  }

  function show(id) {
    const inner = document.getElementById(id);
    const program = inner?.closest("details");
    if (!program) return;
    program.hidden = false;
    program.open = true;
    program.scrollIntoView({ behavior: "instant" });
    program.querySelector("summary").focus({ preventScroll: true });
    address();
  }

  function filter() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { client, program, status } = form.elements;
    const needy = form.elements.needy.checked;
    const narrowed = words.length > 0 || status.value !== "" || needy;
    let shown = 0;
    if (narrowed && unfolded === null) unfolded = programs.filter((p) => p.open);
    for (const section of programs) {
      const here = (!client.value || section.dataset.client === client.value)
        && (!program.value || section.dataset.program === program.value);
      let any = false;
      for (const body of section.querySelectorAll("tbody")) {
        let some = false;
        for (const row of body.querySelectorAll("tr.line")) {
          const fits = here && (!narrowed || (words.every((word) => row.dataset.text.includes(word))
            && (!status.value || row.dataset.statuses.split(" ").includes(status.value))
            && (!needy || row.dataset.needy === "yes")));
          if (row.hidden === fits) row.hidden = !fits;
          some ||= fits;
          shown += fits ? 1 : 0;
        }
        if (body.hidden !== (narrowed && !some)) body.hidden = narrowed && !some;
        any ||= some;
      }
      section.hidden = !here || (narrowed && !any);
      if (narrowed) section.open = !section.hidden;
      else if (unfolded !== null) section.open = unfolded.includes(section);
      else if (program.value && here) section.open = true;
      const place = places.get(section.querySelector(".inner").id);
      if (place) place.hidden = section.hidden;
    }
    if (!narrowed) unfolded = null;
    told.value = shown === total ? told.dataset.all : told.dataset.some.replace("{}", String(shown));
    address();
  }

  const heads = [...document.querySelectorAll("table.overview thead th")];
  function order(column, down) {
    const head = heads[column];
    if (!head) return;
    const numbers = head.dataset.how === "number";
    const value = (row) => row.children[column].dataset.sort ?? "";
    const rows = [...places.values()].sort((a, b) => (numbers
      ? Number(value(a)) - Number(value(b))
      : value(a).localeCompare(value(b), undefined, { numeric: true })));
    if (down) rows.reverse();
    rows[0]?.parentElement.append(...rows);
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    sort = `${column} ${down ? "descending" : "ascending"}`;
  }
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numbers = head.dataset.how === "number";
      const was = head.getAttribute("aria-sort");
      order(column, was ? was === "ascending" : numbers);
      address();
    });
  });

  fold.addEventListener("click", () => {
    const open = fold.getAttribute("aria-pressed") !== "true";
    for (const p of programs) if (!p.hidden) p.open = open;
    fold.setAttribute("aria-pressed", String(open));
    address();
  });
  document.querySelector("table.overview")?.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#p"]');
    if (!link) return;
    event.preventDefault();
    show(link.getAttribute("href").slice(1));
  });
  for (const p of programs) p.addEventListener("toggle", address);
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", obey);
  document.getElementById("print").addEventListener("click", () => print());
  tools.hidden = false;
  showTheme();
  obey();
})();
