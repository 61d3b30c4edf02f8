"use strict";
// Without this script every panel of the page is shown. It lets a reader choose among them, and point at marks.
// Nothing from the data becomes markup here: texts are written by textContent alone.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  document.documentElement.classList.add("script");
  for (const control of all(".needs-script")) control.hidden = false;

  // -- switches: one panel of a group is shown, and all switches of the group stand the same ----------------------
  const choose = (group, value) => {
    for (const panel of all(`[data-panel="${group}"]`)) {
      panel.hidden = panel.dataset.value !== value;
      const title = panel.querySelector(":scope > .panel-title");
      if (title) title.hidden = true;
    }
    for (const control of all(`[data-switch="${group}"]`)) {
      if (control.type === "radio") control.checked = control.value === value;
      else control.value = value;
    }
    quiet();
  };
  const groups = new Set(all("[data-panel]").map((panel) => panel.dataset.panel));

  // -- tips: the mark nearest to the pointer, or the next one by the arrow keys, says its numbers -----------------
  const tip = one("tip"), told = one("told");
  let marked = null;
  function quiet() {
    if (marked) marked.classList.remove("on");
    marked = null;
    tip.hidden = true;
  }
  const point = (mark, words, speak) => {
    if (mark === marked && !speak) return;
    quiet();
    marked = mark;
    mark.classList.add("on");
    tip.textContent = words;
    tip.hidden = false;
    const box = mark.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = box.left + box.width / 2 - own.width / 2;
    const above = box.top - own.height - 8;
    tip.style.left = `${scrollX + Math.max(6, Math.min(left, document.documentElement.clientWidth - own.width - 6))}px`;
    tip.style.top = `${scrollY + (above > 4 ? above : box.bottom + 8)}px`;
    if (speak) told.textContent = words;
  };
  const marksOf = (plot) => all("[data-tip]", plot).filter((mark) => mark.getClientRects().length);
  const centre = (mark) => {
    const box = mark.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const nearest = (event) => {
    const plot = event.target.closest(".plot");
    if (plot) {
      let best = null, least = 48;
      for (const mark of marksOf(plot)) {
        const [x, y] = centre(mark);
        const distance = Math.hypot(x - event.clientX, y - event.clientY);
        if (distance < least) [best, least] = [mark, distance];
      }
      return best ? point(best, best.dataset.tip) : quiet();
    }
    const token = event.target.closest(".text i");
    if (token) return point(token, weightOf(token));
    quiet();
  };
  const weightOf = (token) => {
    const text = token.closest(".text");
    const share = Number(token.style.getPropertyValue("--a")), value = share * Number(text.dataset.most);
    const digits = value.toPrecision(2).replace(/e.*/, "");
    if (text.classList.contains("weight")) return `${token.textContent}: weight ${digits}`;
    return `${token.textContent}: ${token.classList.contains("n") ? "\u2212" : "+"}${digits} of the logit`;
  };
  document.addEventListener("pointermove", nearest);
  document.addEventListener("pointerdown", nearest);
  document.documentElement.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") quiet();  // a finger that was lifted has left too, but its reader still reads
  });
  for (const plot of all(".plot[role=img]")) {
    if (!plot.querySelector("[data-tip]")) continue;
    plot.setAttribute("tabindex", "0");
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const marks = marksOf(plot);
      if (plot.classList.contains("lines") === false) marks.sort((a, b) => centre(a)[0] - centre(b)[0]);
      const place = marks.indexOf(marked);
      const next = marks[place < 0 ? (step > 0 ? 0 : marks.length - 1) : (place + step + marks.length) % marks.length];
      if (next) point(next, next.dataset.tip, true);
    });
    plot.addEventListener("blur", quiet);
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") quiet(); });

  // -- legend: a side leaves every chart and comes back -----------------------------------------------------------
  for (const button of all("[data-toggle]")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const off = button.getAttribute("aria-pressed") === "true";
      for (const same of all(`[data-toggle="${button.dataset.toggle}"]`)) same.setAttribute("aria-pressed", String(!off));
      for (const part of all(`[data-side="${button.dataset.toggle}"]`)) part.toggleAttribute("hidden", off);
      quiet();
    });
  }

  // -- texts: filter and sort -------------------------------------------------------------------------------------
  const examples = one("examples");
  if (examples) {
    const rows = all(".example", examples);
    const words = new Map(rows.map((row) => [row, row.querySelector(".text").textContent.toLowerCase()]));
    const order = new Map(rows.map((row, place) => [row, place]));
    const keys = {
      cell: (row) => order.get(row),
      change: (row) => -Math.abs(row.dataset.change),
      length: (row) => Number(row.dataset.length),
      order: (row) => Number(row.dataset.order),
    };
    const most = 6;
    let room = most;
    const filter = () => {
      const cell = one("filter-cell").value, label = one("filter-label").value;
      const asked = one("filter-words").value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const fits = (!cell || row.dataset.cell === cell) && (!label || row.dataset.label === label)
          && asked.every((word) => words.get(row).includes(word));
        row.dataset.fits = fits ? "yes" : "";
        left += fits;
      }
      one("found").textContent = left === rows.length ? `${left} texts` : `${left} of ${rows.length} texts`;
      one("no-examples").hidden = left > 0;
      const key = keys[one("filter-sort").value];
      let shown = 0;
      for (const row of rows.slice().sort((a, b) => key(a) - key(b))) {
        row.hidden = !row.dataset.fits || shown >= room;
        shown += !row.hidden;
        examples.append(row);
      }
      one("more-examples").hidden = shown === left;
      one("more-examples").textContent = `Show ${Math.min(most, left - shown)} more`;
    };
    for (const name of ["cell", "label", "words", "sort"]) {
      one(`filter-${name}`).addEventListener("input", () => { room = most; filter(); });
    }
    one("more-examples").addEventListener("click", () => { room += most; filter(); });
    filter();
  }

  // -- epochs and seeds: the words and the row of the map follow --------------------------------------------------
  const show = (grown, steps, chosen) => {
    steps.forEach((step, place) => { step.hidden = place !== chosen; });
    const values = (steps[chosen].dataset.w || "").split(" ");
    const tokens = all(".text i", grown);
    if (values.length === tokens.length) tokens.forEach((token, place) => token.style.setProperty("--a", values[place] / 100));
    const row = grown.querySelector(".row-mark");
    if (row) row.setAttribute("y", steps[chosen].dataset.row ?? -9);
    quiet();
  };
  const scrubber = one("epoch");
  if (scrubber) {
    const epochs = scrubber.dataset.epochs.split(" ").map(Number);
    const scrub = () => {
      const epoch = epochs[scrubber.value];
      const words = epoch ? `after epoch ${epoch}` : "before training";
      document.querySelector("output[for=epoch]").textContent = words;
      scrubber.setAttribute("aria-valuetext", words);
      for (const grown of all("[data-panel=growth] .grown")) {
        const steps = all("[data-epoch]", grown);
        if (!steps.length) continue;
        steps.forEach((step, place) => { step.dataset.row = place; });
        let chosen = 0;
        steps.forEach((step, place) => { if (Number(step.dataset.epoch) <= epoch) chosen = place; });
        show(grown, steps, chosen);
      }
    };
    scrubber.addEventListener("input", scrub);
    scrub();
  }
  const seed = (value) => {
    for (const grown of all("[data-panel=stability] .grown")) {
      const steps = all("[data-seed]", grown);
      steps.forEach((step, place) => { if (place) step.dataset.row = place - 1; });  // the mean has no row of its own
      const chosen = steps.findIndex((step) => step.dataset.seed === value);
      if (chosen >= 0) show(grown, steps, chosen);
    }
  };

  for (const control of all("[data-switch]")) {
    control.addEventListener("change", () => {
      if (control.dataset.switch === "seed") seed(control.value);
      else choose(control.dataset.switch, control.value);
    });
  }
  for (const group of groups) choose(group, document.querySelector(`[data-panel="${group}"]`).dataset.value);
  seed("mean");
})();
