// A few words and how likely each is: a bar a word, of which one is chosen. Words go in as textContent.

const states = new WeakMap();

const element = (tag, name, content) => {
  const made = document.createElement(tag);
  made.className = name;
  if (content !== undefined) made.textContent = content;
  return made;
};

function itemOf(state, { word, share, number, note, real }, i) {
  const item = element("div", real ? "item real" : "item");
  item.dataset.i = i;
  item.setAttribute("role", "radio");
  item.setAttribute("aria-label", [`“${word}”`, number, note].filter(Boolean).join(", "));
  const name = element("span", "word", word.slice(0, 60));
  if (note) name.append(element("small", "", note));
  const track = element("span", "track");
  const bar = element("i", "");
  bar.style.width = `${100 * share}%`;
  track.append(bar);
  item.append(name, track, element("span", "number", number));
  return item;
}

function choose(state, chosen) {
  state.items.forEach((item, i) => {
    item.setAttribute("aria-checked", String(i === chosen));
    item.tabIndex = i === (state.items[chosen] ? chosen : 0) ? 0 : -1;
  });
}

function pick(state, i, setStateValue) {
  choose(state, i);
  setStateValue("chosen", { word: state.data.items[i].word, of: state.data.of });
}

export default function ({ data, parentElement, setStateValue }) {
  let state = states.get(parentElement);
  if (state?.data.since > data.since) return; // late: what came after it is drawn already
  if (!state) states.set(parentElement, (state = { list: parentElement.querySelector(".list") }));
  const focused = state.items?.findIndex((item) => item.matches(":focus")) ?? -1;
  const [before, drawn] = [state.drawn ?? [], data.items.map((item) => JSON.stringify(item))];
  const items = data.items.map((item, i) => (drawn[i] === before[i] ? state.items[i] : itemOf(state, item, i)));
  Object.assign(state, { data, drawn });
  state.list.setAttribute("aria-label", data.label);
  if (items.length !== state.items?.length || items.some((item, i) => item !== state.items[i]))
    state.list.replaceChildren(...items);
  state.items = items;
  choose(state, data.chosen);
  if (focused >= 0) state.items[Math.min(focused, state.items.length - 1)]?.focus();
  state.list.onclick = (event) => {
    const item = event.target.closest?.(".item");
    if (item) pick(state, Number(item.dataset.i), setStateValue);
  };
  state.list.onkeydown = (event) => {
    const i = Number(event.target.dataset?.i);
    const last = state.items.length - 1;
    const target = { ArrowDown: i + 1, ArrowRight: i + 1, ArrowUp: i - 1, ArrowLeft: i - 1, Home: 0, End: last }[event.key];
    if (target !== undefined) state.items[(target + last + 1) % (last + 1)].focus();
    else if (event.key === "Enter" || event.key === " ") pick(state, i, setStateValue);
    else return;
    event.preventDefault();
  };
}
