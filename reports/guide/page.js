"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);

  // what changes from run to run stands in one block, so that committed reports differ only where results do
  const when = one("#when") && JSON.parse(one("#when").textContent);
  const told = (s) => (s < 1 ? `${Math.round(s * 1000)} ms` : s < 60 ? `${s.toFixed(1)} s` : `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`);
  if (when) {
    if (when.started) one("#started").textContent = ` · ${when.started.replace("T", " ").replace("+00:00", " UTC")}, ${told(when.seconds)}`;
    for (const row of all("tr[data-case]")) {
      const seconds = when.cases[row.dataset.case];
      const cell = one(".time", row);
      cell.dataset.s = seconds;
      cell.textContent = seconds ? told(seconds) : "";
    }
  }

  // filter by verdict, area and text
  const form = one(".filters");
  const rows = all("tr[data-case], tr[data-row]").map((row) => ({ row, word: row.dataset.word, concept: row.dataset.concept, text: row.textContent.toLowerCase() }));
  const narrow = () => {
    const words = new Set(all('.chip[aria-pressed="true"]', form).map((chip) => chip.dataset.word));
    const area = form.area ? form.area.value : "";
    const texts = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const concepts = new Set();
    let shown = 0;
    for (const { row, word, concept, text } of rows) {
      const fits = (!words.size || words.has(word)) && (!area || concept.split(".")[0] === area) && texts.every((t) => text.includes(t));
      row.hidden = !fits;
      if (fits) { shown += 1; concepts.add(concept); }
    }
    for (const element of all(".lane")) element.hidden = !concepts.has(element.dataset.concept);
    for (const group of all(".area")) group.hidden = !one(".lane:not([hidden])", group);
    for (const table of all("section.letter")) table.hidden = !one("tr[data-row]:not([hidden])", table);
    one("output", form).textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
  };
  if (form) {
    form.addEventListener("click", (event) => {
      const chip = event.target.closest(".chip");
      if (!chip) return;
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      narrow();
    });
    form.addEventListener("input", narrow);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      for (const chip of all(".chip", form)) chip.setAttribute("aria-pressed", "false");
      setTimeout(narrow);
    });
  }

  // sort
  const key = (row, column, kind) => {
    const cell = row.children[column];
    const value = cell.dataset.s ?? cell.firstChild?.textContent ?? "";
    if (!kind) return value.trim();
    const number = value === "inf" ? Infinity : Number.parseFloat(value);
    return Number.isNaN(number) ? -1 : number;
  };
  for (const button of all("thead button")) {
    button.addEventListener("click", () => {
      const heading = button.closest("th");
      const body = heading.closest("table").tBodies[0];
      const column = heading.cellIndex;
      const numeric = Boolean(button.dataset.kind);
      const before = heading.getAttribute("aria-sort");
      const down = before ? before === "ascending" : button.dataset.kind === "n";
      for (const other of all("th", heading.parentElement)) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = [...body.rows].map((row) => [key(row, column, button.dataset.kind), row]);
      keyed.sort(([a], [b]) => (numeric ? a - b : a.localeCompare(b, "en", { numeric: true })) * (down ? -1 : 1));
      body.append(...keyed.map(([, row]) => row));
    });
  }

  // a link into a closed section opens it
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let element = target; element; element = element.parentElement) {
      if (element.tagName === "DETAILS") { element.open = true; element.hidden = false; }
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  reveal();
})();
