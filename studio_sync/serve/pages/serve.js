"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const live = document.getElementById("live");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const key = "studio-board-theme";
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  try { root.dataset.theme = localStorage.getItem(key) ?? ""; } catch { /* nothing is kept */ }
  if (!root.dataset.theme) delete root.dataset.theme;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem(key, root.dataset.theme); } catch { /* nothing is kept */ }
    showTheme();
  });
  dark.addEventListener("change", showTheme);
  showTheme();

  // --- a quiz, to be played

  function check(form) {
    const { how } = form.dataset;
    const out = form.querySelector("output");
    const answer = form.querySelector("details.answer");
    if (how === "open") {
      out.value = form.querySelector("textarea").value.trim() ? "Compare it with the answer." : "Write something first.";
      if (answer && form.querySelector("textarea").value.trim()) answer.open = true;
      return;
    }
    const choices = [...form.querySelectorAll("input")];
    if (!choices.some((c) => c.checked)) { out.value = "Choose first."; return; }
    for (const choice of choices) {
      const label = choice.closest("label");
      const feedback = label.querySelector(".feedback");
      label.classList.toggle("right", choice.checked && choice.dataset.right === "yes");
      label.classList.toggle("wrong", choice.checked && choice.dataset.right !== "yes");
      feedback.hidden = !choice.checked || !feedback.textContent;
    }
    const good = choices.every((c) => c.checked === (c.dataset.right === "yes"));
    out.value = good ? "Right." : how === "many" ? "Not quite: some are missing or too many." : "Not right.";
    if (answer) answer.open = true;
  }
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form.question");
    if (!form) return;
    event.preventDefault();
    check(form);
  });

  // --- what was saved shows, at the place that was looked at

  const place = () => {
    const lines = [...document.querySelectorAll("[data-line]")];
    const first = lines.find((e) => e.getBoundingClientRect().bottom > 0);
    return first ? { part: first.closest("section")?.id, line: Number(first.dataset.line), text: first.textContent, top: first.getBoundingClientRect().top } : null;
  };
  function goTo(was) {
    if (!was) return;
    const section = was.part ? document.getElementById(was.part) : null;
    const lines = [...(section ?? document).querySelectorAll("[data-line]")];
    const far = (e) => Math.abs(Number(e.dataset.line) - was.line);
    const [same] = lines.filter((e) => e.textContent === was.text).sort((a, b) => far(a) - far(b)).concat(
      lines.filter((e) => Number(e.dataset.line) <= was.line).reverse(), lines);
    if (same) scrollBy({ top: same.getBoundingClientRect().top - was.top, behavior: "instant" });
  }
  const answers = () => new Map([...document.querySelectorAll("form.question")].map((form, n) =>
    [n, [...form.querySelectorAll("input, textarea")].map((e) => (e.type === "radio" || e.type === "checkbox" ? e.checked : e.value))]));
  function answerAgain(kept) {
    document.querySelectorAll("form.question").forEach((form, n) => {
      const fields = [...form.querySelectorAll("input, textarea")];
      const was = kept.get(n);
      if (!was || was.length !== fields.length) return;
      fields.forEach((e, k) => { if (typeof was[k] === "boolean") e.checked = was[k]; else e.value = was[k]; });
    });
  }
  async function renew() {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const text = await answer.text();
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
      if (!fresh) return;
      const was = place();
      const kept = answers();
      const open = new Set([...document.querySelectorAll("details[open]")].map((d) => d.closest("section")?.id + d.className));
      document.getElementById("main").replaceWith(fresh);
      for (const d of document.querySelectorAll("details.authors")) d.open = open.has(d.closest("section")?.id + d.className);
      answerAgain(kept);
      goTo(was);
      live.textContent = "";
      root.dataset.renewed = String(Number(root.dataset.renewed ?? 0) + 1);
    } catch { live.textContent = "The server has ended."; }
  }
  const { at, root: prefix } = document.body.dataset;
  const from = new URLSearchParams(location.search).get("from");
  if (at && (!from || from === "files") && location.pathname.startsWith(`${prefix}/at/`)) {
    const source = new EventSource(`${prefix}/events?at=${encodeURIComponent(at)}`);
    let busy = Promise.resolve();
    source.addEventListener("change", () => { busy = busy.then(renew); });
    source.addEventListener("error", () => { live.textContent = "Not connected; trying again."; });
    source.addEventListener("open", () => { live.textContent = ""; root.dataset.live = "yes"; });
  }
})();
