// dossier.js: light and dark, the filter, folding. The page can be read without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const ask = new URLSearchParams(location.search);
  const keep = {
    get() { try { return localStorage.getItem("assay.theme"); } catch { return null; } },
    set(v) { try { localStorage.setItem("assay.theme", v); } catch { /* private window */ } },
  };
  const theme = ask.get("theme") || keep.get();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  function fold(button, open) {
    button.setAttribute("aria-expanded", open);
    document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
  }

  document.addEventListener("click", (e) => {
    const open = e.target.closest(".open");
    if (open) return fold(open, open.getAttribute("aria-expanded") !== "true");
    const b = e.target.closest("[data-do]");
    if (!b) return;
    const sheet = b.closest(".sheet");
    if (b.dataset.do === "theme") {
      const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      root.dataset.theme = now === "dark" ? "light" : "dark";
      keep.set(root.dataset.theme);
    }
    if (b.dataset.do === "print") print();
    if (b.dataset.do === "open") {
      const on = b.getAttribute("aria-pressed") !== "true";
      b.setAttribute("aria-pressed", on);
      b.textContent = on ? b.dataset.hide : b.dataset.show;
      for (const o of sheet.querySelectorAll("tr.c:not([hidden]) .open")) fold(o, on);
    }
    if (b.dataset.do === "look") {
      const on = b.getAttribute("aria-pressed") !== "true";
      b.setAttribute("aria-pressed", on);
      for (const r of sheet.querySelectorAll("tr.c:not(.flag)")) {
        r.hidden = on;
        if (on) fold(r.querySelector(".open"), false);
      }
    }
  });

  // The filter looks at what the index says of a dataset and at the names of its columns.
  const box = document.querySelector("[data-filter]");
  const rows = [...document.querySelectorAll("[data-for]")].map((r) => {
    const part = document.getElementById(r.dataset.for);
    const names = [...part.querySelectorAll(".open b")].map((b) => b.textContent);
    return { row: r, part, text: (r.textContent + " " + r.dataset.more + " " + names.join(" ")).toLowerCase() };
  });
  function filter() {
    const want = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const r of rows) {
      const hit = want.every((w) => r.text.includes(w));
      r.row.hidden = r.part.hidden = !hit;
      if (hit) shown++;
    }
    document.querySelector("[data-shown]").textContent = shown;
    document.querySelector("[data-empty]").hidden = shown > 0;
  }
  if (box) {
    box.addEventListener("input", filter);
    document.addEventListener("keydown", (e) => {
      if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && e.target !== box) { e.preventDefault(); box.focus(); }
      if (e.key === "Escape" && e.target === box) { box.value = ""; filter(); box.blur(); }
    });
  }
})();
