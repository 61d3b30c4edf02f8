// The same tokens under every method: one column a token, one row a method, bars in one path per sign and row.
// Rows that take longer arrive without values; once the others stand, this side asks for the next of them.

const states = new WeakMap();
const groups = (globalThis.attentionLabGroups ??= new Map());

const signed = (x, digits = 2) => (x < 0 ? "" : "+") + x.toFixed(digits).replace("-", "−");
const element = (tag, name, content) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (content !== undefined) made.textContent = content;
  return made;
};

function bars(values, columns, kind, mirrored) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${columns} 2`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const paths = { slot: "", weights: "", for: "", against: "" };
  const most = values.reduce((top, v) => Math.max(top, Math.abs(v)), 0) || 1;
  for (let i = 0; i < columns; i++) {
    const x = (mirrored ? columns - 1 - i : i) + 0.07;
    paths.slot += `M${x} 0h.86v2h-.86z`;
    if (i >= values.length) continue;
    const size = Math.abs(values[i]) / most;
    if (size < 0.004) continue;
    if (kind === "weight") paths.weights += `M${x} ${2 - 2 * size}h.86V2h-.86z`;
    else if (values[i] < 0) paths.against += `M${x} 1h.86v${size}h-.86z`;
    else paths.for += `M${x} ${1 - size}h.86v${size}h-.86z`;
  }
  for (const [name, path] of Object.entries(paths)) {
    if (!path) continue;
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("class", name);
    shape.setAttribute("d", path);
    svg.append(shape);
  }
  return svg;
}

function rowOf(row, state) {
  const line = element("div", "row");
  const field = element("div", "field");
  field.append(
    row.flaw
      ? element("div", "waiting flawed", row.flaw)
      : row.values
        ? bars(row.values, state.columns, row.kind, state.mirrored)
        : element("div", "waiting", row.waiting),
  );
  line.append(element("div", "name", row.name), field, element("div", "figures", row.figures));
  return line;
}

function wordsOf(data, state) {
  const line = element("div", "row");
  const words = element("div", "words");
  words.dir = state.mirrored ? "rtl" : "ltr";
  words.setAttribute("aria-hidden", "true");
  words.classList.toggle("han", data.tokens.some((t) => /\p{Script=Han}/u.test(t)));
  state.words = data.tokens.map((token) => element("span", "", token.slice(0, 40)));
  words.append(...state.words);
  line.append(element("div", "name"), words, element("div", "figures"));
  state.wordsLine = line;
}

function fit(state) {
  state.width = state.sheet.clientWidth;
  if (!state.wordsLine) return;
  state.wordsLine.style.display = "";
  const width = state.wordsLine.children[1].clientWidth / Math.max(1, state.columns);
  state.wordsLine.style.display = width >= 11 ? "" : "none";
}

function place(bar, i, state) {
  bar.hidden = i === null || i === undefined || i >= state.columns;
  if (bar.hidden) return;
  const column = state.mirrored ? state.columns - 1 - i : i;
  bar.style.left = `${(100 * column) / state.columns}%`;
  bar.style.width = `${100 / state.columns}%`;
}

function hover(state, i) {
  state.words?.[state.at]?.classList.remove("on");
  state.at = i;
  state.words?.[i]?.classList.add("on");
  place(state.hot, i, state);
}

function everyone(state, i) {
  for (const member of groups.get(state.group) ?? []) member.hover(i);
}

function describe(state, i, row) {
  const { data } = state;
  const shown = row?.values ? [row] : data.rows.filter((r) => r.values);
  const lines = shown.map((r) => {
    if (r.values[i] === undefined) return `${r.name}: not read`;
    if (r.kind !== "weight") return `${r.name} ${signed(r.values[i])}`;
    return `${r.name} ${r.values[i].toFixed(3)} · ${(r.values[i] / (r.uniform ?? 1 / r.values.length)).toFixed(1)} × uniform`;
  });
  return [`“${data.tokens[i].slice(0, 60)}”`, ...lines].join("\n");
}

function showTip(state, i, row, x, y) {
  state.tip.textContent = describe(state, i, row);
  state.tip.hidden = false;
  const width = state.tip.offsetWidth;
  state.tip.style.left = `${Math.max(8, Math.min(x - width / 2, window.innerWidth - width - 8))}px`;
  state.tip.style.top = `${Math.max(56, y - state.tip.offsetHeight - 10)}px`;
}

function columnAt(state, event) {
  const field = state.sheet.querySelector(".field");
  if (!field) return null;
  const area = field.getBoundingClientRect();
  const share = (event.clientX - area.left) / area.width;
  if (share < 0 || share >= 1) return null;
  const column = Math.floor(share * state.columns);
  return state.mirrored ? state.columns - 1 - column : column;
}

function pick(state, i, setStateValue) {
  state.selected = state.selected === i ? null : i;
  place(state.chosen, state.selected, state);
  setStateValue("selected", { token: state.selected, text: state.data.text_signature });
}

function listen(state, setStateValue) {
  const { sheet } = state;
  sheet.onpointermove = (event) => {
    const i = columnAt(state, event);
    if (i === null) return sheet.onpointerleave();
    const line = event.target.closest?.(".row");
    everyone(state, i);
    showTip(state, i, state.data.rows[Number(line?.dataset.row)], event.clientX, line ? line.getBoundingClientRect().top : event.clientY);
  };
  sheet.onpointerleave = sheet.onblur = () => {
    state.tip.hidden = true;
    everyone(state, null);
  };
  sheet.onclick = (event) => {
    const i = columnAt(state, event);
    if (i !== null) pick(state, i, setStateValue);
  };
  sheet.onkeydown = (event) => {
    const at = state.at ?? state.selected ?? -1;
    const last = state.columns - 1;
    const [next, back] = state.mirrored ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
    const target = { [next]: at + 1, [back]: at - 1, Home: 0, End: last }[event.key];
    if (target !== undefined) {
      const i = Math.min(last, Math.max(0, target));
      everyone(state, i);
      const area = sheet.getBoundingClientRect();
      const bar = state.hot.getBoundingClientRect();
      showTip(state, i, null, bar.left + bar.width / 2, area.top);
      speak(state, i);
      event.preventDefault();
    } else if ((event.key === "Enter" || event.key === " ") && state.at !== null && state.at !== undefined) {
      pick(state, state.at, setStateValue);
      event.preventDefault();
    } else if (event.key === "Escape") {
      sheet.onblur();
    }
  };
}

function speak(state, i) {
  state.sheet.setAttribute("aria-valuenow", i + 1);
  state.sheet.setAttribute("aria-valuetext", describe(state, i).replaceAll("\n", ", "));
}

// Rows that say what they said stay as they are: of five, four wait for the fifth.
function build(state) {
  const { data, sheet } = state;
  const before = new Map(state.lines?.map((line) => [line.drawn, line]));
  state.lines = data.rows.map((row, i) => {
    const drawn = JSON.stringify([state.columns, state.mirrored, { ...row, figures: "" }]);
    const line = before.get(drawn) ?? rowOf(row, state);
    before.delete(drawn); // two rows may say the same, but they are two
    Object.assign(line, { drawn }).dataset.row = i;
    if (line.lastChild.textContent !== row.figures) line.lastChild.textContent = row.figures;
    return line;
  });
  if (!state.cursor) {
    state.cursor = element("div", "cursor");
    state.hot = element("i", "hot");
    state.chosen = element("i", "chosen");
    state.cursor.append(state.hot, state.chosen);
  }
  const words = state.columns <= 120 ? JSON.stringify([data.tokens, state.mirrored]) : null;
  if (state.wordsDrawn !== words) {
    state.wordsLine = state.words = null;
    if (words) wordsOf(data, state);
    state.wordsDrawn = words;
  }
  arrange(sheet, [...(state.wordsLine ? [state.wordsLine] : []), ...state.lines, state.cursor]);
  sheet.style.setProperty("--n", state.columns);
  sheet.setAttribute("aria-label", data.label);
  sheet.setAttribute("aria-valuemax", Math.max(1, state.columns));
  speak(state, Math.min(state.selected ?? 0, state.columns - 1));
}

function arrange(parent, wanted) {
  const there = new Set(wanted);
  for (const child of [...parent.children]) if (!there.has(child)) child.remove();
  wanted.forEach((child, i) => parent.children[i] === child || parent.insertBefore(child, parent.children[i] ?? null));
}

export default function ({ data, parentElement, setStateValue }) {
  let state = states.get(parentElement);
  if (state?.data.since > data.since) return; // late: what came after it is drawn already
  if (!state) {
    state = { hover: (i) => hover(state, i), at: null, sheet: parentElement.querySelector(".sheet"), tip: parentElement.querySelector(".tip") };
    state.observer = new ResizeObserver(() => state.width !== state.sheet.clientWidth && fit(state));
    states.set(parentElement, state);
  }
  groups.get(state.group)?.delete(state);
  groups.set(data.group, (groups.get(data.group) ?? new Set()).add(state));
  Object.assign(state, { data, group: data.group, columns: data.tokens.length, mirrored: data.direction === "rtl", selected: data.selected });
  if (state.signature !== data.signature) {
    state.signature = data.signature;
    state.tip.hidden = true;
    build(state);
    fit(state);
  }
  state.observer.observe(state.sheet);
  hover(state, null);
  place(state.chosen, data.selected, state);
  listen(state, setStateValue);
  if (data.ask && state.asked !== data.ask) {
    state.asked = data.ask;
    // After the next frame, so that what is here is painted before anything slower is computed.
    requestAnimationFrame(() => setTimeout(() => setStateValue("asked", data.ask), 0));
  }
  return () => {
    if (state.data !== data) return; // once overtaken, there is nothing to end
    state.observer.disconnect();
    groups.get(state.group)?.delete(state);
  };
}
