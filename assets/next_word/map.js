// Which earlier words each word was predicted from: a row a predicted word, a column a word that was read before.
// Rows are a list of options, hence one tab stop: up and down move between them, left and right along their cells.
// Words go in as textContent. Cells of one strength are one path, whose colour is CSS and so follows the theme.

const states = new WeakMap();
const groups = (globalThis.attentionLabGroups ??= new Map()); // shared with the strip: what is pointed at lights up there
const LEVELS = 24;
const SMALLEST = 14, LARGEST = 26; // pixels of a cell

const element = (tag, name, content) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (content !== undefined) made.textContent = content;
  return made;
};
const short = (word) => word.slice(0, 40);

function weightAt(row, column) {
  return row.weights[column - row.from] ?? 0;
}

function describe(state, place, column) {
  const { data } = state;
  const row = data.rows[place];
  const at = data.first + place; // of the predicted word in the text
  const lines = [`“${short(row.word)}”, word ${at + 1}: ${row.told}`];
  if (column === null || column === undefined) return lines.join("\n");
  if (data.early && column === 0) {
    lines.push(`${row.early.toFixed(3)} on all words before “${short(data.columns[1] ?? "")}”`);
    return lines.join("\n");
  }
  const of = data.first_column + column - (data.early ? 1 : 0);
  const back = at - of;
  const word = `“${short(data.columns[column])}”`;
  if (back < 1) lines.push(`${word} comes ${back ? "later" : "now"}: it cannot be seen`);
  else if (back === 1) lines.push(`${word} was just read: its state asks, and is not weighed`);
  else if (back > row.reach + 1) lines.push(`${word} is ${back} back, outside the window`);
  else lines.push(`weight ${weightAt(row, of).toFixed(3)} on ${word}, ${back} words back`);
  return lines.join("\n");
}

function cells(state) {
  const { data } = state;
  const shift = data.early ? 1 : 0;
  const columns = data.columns.length;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${columns} ${data.rows.length}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const x = (column) => (state.mirrored ? columns - 1 - column : column);
  const square = (column, place) => `M${x(column) + 0.04} ${place + 0.04}h.92v.92h-.92z`;
  const paths = { reach: "", self: "", levels: Array(LEVELS).fill("") };
  data.rows.forEach((row, place) => {
    const at = data.first + place;
    for (let of = Math.max(data.first_column, at - 1 - row.reach); of <= at - 2; of++) {
      const column = of - data.first_column + shift;
      if (column >= columns) break;
      const share = Math.min(1, weightAt(row, of) / data.scale);
      const level = Math.round(share * LEVELS) - 1;
      paths.reach += square(column, place);
      if (level >= 0) paths.levels[level] += square(column, place);
    }
    const early = Math.round(Math.min(1, row.early / data.scale) * LEVELS) - 1;
    if (shift && early >= 0) paths.levels[early] += square(0, place);
    const self = at - 1 - data.first_column + shift;
    if (at > 0 && self >= shift && self < columns) paths.self += square(self, place);
  });
  const add = (name, path, share) => {
    if (!path) return;
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("class", name);
    shape.setAttribute("d", path);
    if (share !== undefined) shape.style.setProperty("--share", share);
    svg.append(shape);
  };
  add("reach", paths.reach);
  add("self", paths.self);
  paths.levels.forEach((path, level) => add("cell", path, ((level + 1) / LEVELS).toFixed(3)));
  return svg;
}

function build(state) {
  const { data, sheet } = state;
  sheet.dir = state.mirrored ? "rtl" : "ltr";
  const cols = element("div", "cols");
  cols.setAttribute("aria-hidden", "true");
  cols.classList.toggle("han", data.columns.some((word) => /\p{Script=Han}/u.test(word)));
  state.cols = data.columns.map((word, i) => element("span", data.early && i === 0 ? "early" : "", short(word)));
  cols.append(...state.cols);
  const list = element("div", "rows");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", data.label);
  state.rows = data.rows.map((row, place) => {
    const option = element("div", "", short(row.word));
    option.dir = "auto";
    option.dataset.place = place;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.setAttribute("aria-label", describe(state, place, null));
    option.tabIndex = -1;
    return option;
  });
  list.append(...state.rows);
  const field = element("div", "field");
  state.across = element("i", "bar across");
  state.down = element("i", "bar down");
  state.chosen = element("i", "bar chosen");
  for (const bar of [state.across, state.down, state.chosen]) bar.hidden = true;
  field.append(cells(state), state.across, state.down, state.chosen);
  Object.assign(state, { list, field, at: null, column: null });
  sheet.replaceChildren(element("div", "corner", data.corner), cols, list, field);
  const stop = state.rows[data.selected === null ? 0 : data.selected - data.first] ?? state.rows[0];
  if (stop) stop.tabIndex = 0;
}

function legend(state, place) {
  const key = (name, text) => {
    const part = element("span");
    part.append(element("i", name), text);
    return part;
  };
  const ramp = element("span");
  ramp.append("0", element("i", "ramp"), `${state.data.scale.toFixed(2)} and more`);
  place.replaceChildren(ramp, key("key-reach", "could be seen"), key("key-self", "the word just read: its state asks"));
}

function fit(state) {
  if (!state.field) return;
  state.width = state.box.clientWidth;
  const { columns, rows } = state.data;
  const names = state.list.offsetWidth;
  const cell = Math.min(LARGEST, Math.max(SMALLEST, Math.floor((state.width - names - 14) / Math.max(1, columns.length))));
  state.cell = cell;
  state.sheet.style.setProperty("--cell", `${cell}px`);
  state.field.style.width = `${cell * columns.length}px`;
  state.field.style.height = `${cell * rows.length}px`;
  look(state, state.at, state.column);
  choose(state, state.data.selected);
}

function look(state, place, column) {
  state.rows[state.at]?.classList.remove("on");
  state.cols[state.column]?.classList.remove("on");
  Object.assign(state, { at: place, column });
  state.rows[place]?.classList.add("on");
  state.cols[column]?.classList.add("on");
  state.across.hidden = place === null;
  state.down.hidden = column === null;
  if (place !== null) state.across.style.top = `${place * state.cell}px`;
  if (column !== null) state.down.style.insetInlineStart = `${column * state.cell}px`;
}

function choose(state, at) {
  const place = at === null ? -1 : at - state.data.first;
  state.rows.forEach((option, i) => option.setAttribute("aria-selected", String(i === place)));
  state.chosen.hidden = !state.rows[place];
  state.chosen.style.top = `${place * state.cell}px`;
}

// The triangle runs down to the right: who scrolls down a wide map would lose it.
function follow(state) {
  const { scroll } = state;
  if (scroll.scrollTop === state.top) return; // only sideways, as somebody wished
  state.top = scroll.scrollTop;
  const place = (state.top + scroll.clientHeight / 2) / state.cell;
  const diagonal = (place + state.data.first - state.data.first_column) * state.cell + state.list.offsetWidth;
  scroll.scrollLeft = (state.mirrored ? -1 : 1) * Math.max(0, diagonal - 0.75 * scroll.clientWidth);
}

function everyone(state, of) {
  for (const member of groups.get(state.group) ?? []) if (member !== state) member.hover(of);
}

function hover(state, i) {
  if (!state.rows || state.own) return; // its own pointer knows row and column
  const column = i === null ? -1 : i - state.data.first_column + (state.data.early ? 1 : 0);
  look(state, null, state.cols[column] ? column : null);
}

function show(state, place, column, x, y) {
  look(state, place, column);
  const shift = state.data.early ? 1 : 0;
  everyone(state, column === null || column < shift ? null : state.data.first_column + column - shift);
  state.tip.textContent = describe(state, place, column);
  state.tip.hidden = false;
  const { offsetWidth, offsetHeight } = state.tip;
  state.tip.style.left = `${Math.max(8, Math.min(x - offsetWidth / 2, window.innerWidth - offsetWidth - 8))}px`;
  state.tip.style.top = `${y - offsetHeight - 12 > 56 ? y - offsetHeight - 12 : y + 24}px`;
}

function leave(state) {
  state.own = false;
  state.tip.hidden = true;
  if (state.rows) look(state, null, null);
  everyone(state, null);
}

function pick(state, place, setStateValue) {
  const at = state.data.first + place;
  state.data.selected = state.data.selected === at ? null : at;
  choose(state, state.data.selected);
  setStateValue("selected", { place: state.data.selected, text: state.data.text_signature });
}

function along(state, key) {
  const [right, left] = state.mirrored ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
  const nearest = (place) => Math.min(state.cols.length - 1, Math.max(0, state.data.first + place - 2 - state.data.first_column + (state.data.early ? 1 : 0)));
  const step = { [right]: 1, [left]: -1 }[key];
  return step === undefined ? undefined : (place) => Math.min(state.cols.length - 1, Math.max(0, state.column === null ? nearest(place) : state.column + step));
}

function keys(state, event, setStateValue) {
  const place = Number(event.target.dataset?.place);
  if (Number.isNaN(place)) return;
  const last = state.rows.length - 1;
  const down = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + 10, PageUp: place - 10, Home: 0, End: last }[event.key];
  const across = along(state, event.key);
  if (down !== undefined) {
    const target = Math.min(last, Math.max(0, down));
    state.rows[place].tabIndex = -1;
    state.rows[target].tabIndex = 0;
    state.rows[target].focus();
  } else if (across) {
    const column = across(place);
    state.cols[column].scrollIntoView({ block: "nearest", inline: "nearest" });
    point(state, place, column);
    state.say.textContent = describe(state, place, column);
  } else if (event.key === "Enter" || event.key === " ") {
    pick(state, place, setStateValue);
  } else if (event.key === "Escape") {
    leave(state);
  } else return;
  event.preventDefault();
}

function point(state, place, column) {
  state.own = true;
  const row = state.rows[place].getBoundingClientRect();
  const x = column === null ? row.right : state.cols[column].getBoundingClientRect().left;
  show(state, place, column, x, row.top);
}

function cellAt(state, event) {
  const option = event.target.closest?.("[data-place]");
  if (option) return [Number(option.dataset.place), null];
  const area = state.field.getBoundingClientRect();
  const x = state.mirrored ? area.right - event.clientX : event.clientX - area.left;
  const [column, place] = [Math.floor(x / state.cell), Math.floor((event.clientY - area.top) / state.cell)];
  return event.target.closest?.(".field") && state.rows[place] && state.cols[column] ? [place, column] : null;
}

function listen(state, setStateValue) {
  const { sheet } = state;
  sheet.onpointermove = (event) => {
    const found = cellAt(state, event);
    if (!found) return leave(state);
    state.own = true;
    show(state, ...found, event.clientX, event.clientY);
  };
  sheet.onpointerleave = () => leave(state);
  sheet.onclick = (event) => {
    const found = cellAt(state, event);
    if (found) pick(state, found[0], setStateValue);
  };
  sheet.onkeydown = (event) => keys(state, event, setStateValue);
}

export default function ({ data, parentElement, setStateValue }) {
  let state = states.get(parentElement);
  if (state?.data.since > data.since) return; // late: what came after it is drawn already
  if (!state) {
    const find = (name) => parentElement.querySelector(name);
    state = { sheet: find(".sheet"), box: find(".box"), scroll: find(".scroll"), top: 0, tip: find(".tip"), say: find(".say") };
    state.hover = (i) => hover(state, i);
    state.observer = new ResizeObserver(() => state.width !== state.box.clientWidth && fit(state));
    state.scroll.addEventListener("scroll", () => state.list && follow(state), { passive: true });
    state.sheet.addEventListener("focusin", (event) => event.target.dataset?.place && event.target.matches(":focus-visible") && point(state, Number(event.target.dataset.place), null));
    state.sheet.addEventListener("focusout", () => leave(state));
    states.set(parentElement, state);
  }
  groups.get(state.group)?.delete(state);
  groups.set(data.group, (groups.get(data.group) ?? new Set()).add(state));
  Object.assign(state, { data, group: data.group, mirrored: data.direction === "rtl" });
  if (state.signature !== data.signature) {
    state.signature = data.signature;
    state.tip.hidden = true;
    build(state);
    legend(state, parentElement.querySelector(".legend"));
    fit(state);
  }
  choose(state, data.selected);
  state.observer.observe(state.box);
  listen(state, setStateValue);
  return () => {
    if (state.data !== data) return; // once overtaken, there is nothing to end
    state.observer.disconnect();
    groups.get(state.group)?.delete(state);
  };
}
