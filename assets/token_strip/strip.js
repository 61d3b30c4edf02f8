// One text, its tokens coloured. Text arrives as strings and leaves as textContent: nothing typed is ever markup.
// Tokens and the gaps between them come as strings, since Python counts code points and this language UTF-16 units.

const states = new WeakMap();
// Instances that show the same tokens light up together; shared with rows.js, which is another module.
const groups = (globalThis.attentionLabGroups ??= new Map());

const clamp = (x) => Math.min(1, Math.max(0, x));
const plain = (x, digits = 3) => x.toFixed(digits).replace("-", "−");
const signed = (x) => (x < 0 ? "" : "+") + plain(x, 2);

function ranks(values) {
  const order = values.map((_, i) => i).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
  const rank = [];
  order.forEach((i, place) => (rank[i] = place + 1));
  return rank;
}

function describe(state, i) {
  const { data } = state;
  const lines = [];
  if (data.told) {
    if (data.told[i]) lines.push(data.told[i]);
  } else if (data.values) {
    state.ranks ??= ranks(data.values);
    const rank = `rank ${state.ranks[i]} of ${data.values.length}`;
    const value = data.values[i];
    lines.push(
      data.kind === "weight"
        ? `${plain(value)} · ${(value * data.values.length).toFixed(1)} × uniform · ${rank}`
        : `${signed(value)} ${value < 0 ? "against" : "for"} ${data.target} · ${rank} by size`,
    );
  }
  if (data.lane) lines.push(`${data.lane_name} ${signed(data.lane[i])}`);
  const sentence = data.sentences?.find(([start, end]) => start <= i && i < end);
  if (sentence) lines.push(`in a sentence with weight ${plain(sentence[2])}`);
  if (state.unknown.has(i)) lines.push("unknown word: the model reads a stand-in");
  return lines.join("\n");
}

// A token that stays keeps its node, with all that is laid out, pointed at and focused in it.
function build(state, text) {
  const { data } = state;
  const [first, last] = shared(state);
  if (!first && !last) {
    const list = document.createElement("span");
    list.className = "list";
    list.setAttribute("role", "listbox");
    if (data.marking) list.setAttribute("aria-multiselectable", "true");
    Object.assign(state, { list, marking: data.marking, sentences: data.sentences, tokens: [], gaps: [] });
  }
  for (const element of state.tokens) if (element.tabIndex === 0) element.tabIndex = -1;
  if (data.sentences) inSentences(state);
  else replaceTokens(state, first, last);
  if (state.tokens[0]) state.tokens[0].tabIndex = 0; // one tab stop, however many tokens
  const parts = [...(state.tokens.length ? [state.list] : []), ...rest(data)];
  while (text.lastChild && text.lastChild !== parts[0]) text.lastChild.remove();
  text.append(...parts.slice(text.childNodes.length));
}

// How many tokens begin both texts, and how many end both; none where a list made anew is laid out sooner.
function shared(state) {
  const { data, tokens, gaps } = state;
  if (state.marking !== data.marking || state.sentences || data.sentences) return [0, 0];
  const same = (i, j) => tokens[i].textContent === data.tokens[j] && gaps[i].data === data.gaps[j];
  const [before, after] = [tokens.length, data.tokens.length];
  const most = Math.min(before, after);
  let [first, last] = [0, 0];
  while (first < most && same(first, first)) first++;
  while (last < most - first && same(before - 1 - last, after - 1 - last)) last++;
  return 2 * (first + last) < Math.max(before, after) ? [0, 0] : [first, last];
}

function tokenOf(token, i) {
  const element = document.createElement("span");
  element.textContent = token;
  element.dataset.i = i;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  element.tabIndex = -1;
  return element;
}

// Makes the tokens between the `first` and the `last` ones that both texts have.
function replaceTokens(state, first, last) {
  const { data, list, tokens, gaps } = state;
  const [before, after] = [tokens.length, data.tokens.length];
  for (let i = first; i < before - last; i++) {
    tokens[i].remove();
    gaps[i].remove();
  }
  const fresh = data.tokens.slice(first, after - last).map((token, k) => tokenOf(token, first + k));
  const spaces = fresh.map((_, k) => document.createTextNode(data.gaps[first + k]));
  const nodes = fresh.flatMap((element, k) => [spaces[k], element]);
  const behind = gaps[before - last];
  if (behind) behind.before(...nodes);
  else list.append(...nodes);
  tokens.splice(first, before - last - first, ...fresh);
  gaps.splice(first, before - last - first, ...spaces);
  if (before !== after) for (let i = after - last; i < after; i++) tokens[i].dataset.i = i;
}

function inSentences(state) {
  const { data, list } = state;
  const starts = new Map(data.sentences.map(([start, , weight]) => [start, weight]));
  let place = list;
  state.tokens = data.tokens.map((token, i) => {
    if (data.gaps[i]) place.append(data.gaps[i]); // a gap before a sentence ends the one before it
    if (starts.has(i)) {
      place = document.createElement("span");
      place.className = "sentence";
      place.dataset.weight = plain(starts.get(i), 2);
      place.style.setProperty("--share", starts.get(i).toFixed(3));
      list.append(place);
    }
    const element = tokenOf(token, i);
    place.append(element);
    return element;
  });
}

function rest(data) {
  const parts = data.tail ? [data.tail] : [];
  if (data.cut) {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = "cut here: the rest is not read";
    const cut = document.createElement("span");
    cut.className = "cut";
    cut.textContent = data.cut;
    parts.push(mark, cut);
    if (data.cut_more) {
      const more = mark.cloneNode();
      more.textContent = `and ${data.cut_more.toLocaleString("en")} more characters`;
      parts.push(more);
    }
  }
  return parts;
}

// Only what looks otherwise than before is touched: each change costs the browser far more than finding it.
function colour(state) {
  const { data } = state;
  state.ranks = null;
  state.tokens.forEach((element, i) => {
    const value = data.values ? data.values[i] : 0;
    const lane = data.lane ? data.lane[i] : 0;
    const shade = data.scale ? clamp(Math.abs(value) / data.scale) ** data.gamma : 0;
    const height = data.lane_scale ? clamp(Math.abs(lane) / data.lane_scale) : 0;
    const marked = state.marked.has(i);
    const name =
      "tok" + (value < 0 ? " neg" : "") + (state.unknown.has(i) ? " unknown" : "") +
      (height > 0.06 ? (lane < 0 ? " down" : " up") : "") + (marked ? " marked" : "");
    const line = `${Math.round(3 * shade)}px`; // a second sign, for whom hues are alike
    const style = `--a: ${shade.toFixed(3)}; --line: ${line}; --l: ${height.toFixed(3)};`;
    if (element.named !== name) element.className = (element.named = name) + (state.hot === i ? " hot" : "");
    if (element.styled !== style) element.style.cssText = element.styled = style;
    if (data.marking) element.setAttribute("aria-selected", String(marked));
  });
}

const piece = (name, content) => {
  const element = document.createElement("span");
  element.className = name;
  element.append(...[content].flat());
  return element;
};

function legend(state, box) {
  const { data } = state;
  const parts = [];
  if (data.values && data.values.length && data.scale) {
    const ramp = piece("ramp", []);
    const uniform = data.uniform ?? 1 / data.values.length;
    if (data.kind === "bits") {
      parts.push(piece("scale", ["0", ramp, `${plain(data.scale, 1)} bits`]));
    } else if (data.kind === "weight") {
      if (uniform < data.scale) {
        const tick = piece("tick", []);
        tick.style.left = `${(100 * clamp(uniform / data.scale) ** data.gamma).toFixed(1)}%`;
        ramp.append(tick);
      }
      parts.push(piece("scale", ["0", ramp, `${plain(data.scale)} = ${(data.scale / uniform).toFixed(1)} × uniform`]));
      parts.push(piece("", `│ uniform ${plain(uniform)}`));
    } else {
      parts.push(piece("scale", [signed(-data.scale), ramp, signed(data.scale)]));
    }
  }
  if (data.lane && data.lane_scale) {
    const bars = piece("key-bars", [document.createElement("i"), document.createElement("i")]);
    parts.push(piece("scale", [bars, `${data.lane_name}: up for, down against ${data.target}, to ±${plain(data.lane_scale, 2)}`]));
  }
  if (data.flaw) parts.push(piece("key-flaw", data.flaw));
  if (state.marked.size) parts.push(piece("key-marked", "marked by you"));
  if (data.sentences) parts.push(piece("scale", [piece("key-sentence", []), "in the margin: the sentence's weight"]));
  if (state.unknown.size) parts.push(piece("key-unknown", "unknown word"));
  if (data.note) parts.push(piece("", data.note));
  box.replaceChildren(...parts);
}

function hover(state, i) {
  state.tokens[state.hot]?.classList.remove("hot");
  state.hot = i;
  state.tokens[i]?.classList.add("hot");
}

function mark(state, i) {
  state.tokens[state.selected]?.setAttribute("aria-selected", "false");
  state.selected = i;
  state.tokens[i]?.setAttribute("aria-selected", "true");
}

function everyone(state, i) {
  for (const member of groups.get(state.group) ?? []) member.hover(i);
}

function showTip(state, tip, element) {
  const content = describe(state, Number(element.dataset.i));
  tip.hidden = !content;
  if (!content) return;
  tip.textContent = content;
  const place = element.getBoundingClientRect();
  const width = tip.offsetWidth;
  tip.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - width - 8))}px`;
  const above = place.top - tip.offsetHeight - 6;
  tip.style.top = `${above > 56 ? above : place.bottom + 16}px`;
}

function step(state, key, i) {
  const forward = getComputedStyle(state.text).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
  const target = { [forward]: i + 1, ArrowDown: i + 1, [backward]: i - 1, ArrowUp: i - 1, Home: 0, End: state.tokens.length - 1 }[key];
  return target === undefined ? undefined : Math.min(state.tokens.length - 1, Math.max(0, target));
}

function listen(state, tip, setStateValue) {
  const tokenOf = (event) => event.target.closest?.(".tok");
  const pick = (element) => {
    const i = Number(element.dataset.i);
    if (state.data.marking) {
      if (!state.marked.delete(i)) state.marked.add(i);
      colour(state);
      setStateValue("marked", { tokens: [...state.marked].sort((a, b) => a - b), text: state.data.text_signature });
      return;
    }
    const chosen = state.selected === i ? null : i; // a second pick lets go
    mark(state, chosen);
    // With the text it belongs to: the same place in another text is another choice.
    setStateValue("selected", { token: chosen, text: state.data.text_signature });
  };
  state.text.onclick = (event) => tokenOf(event) && pick(tokenOf(event));
  state.text.onkeydown = (event) => {
    const element = tokenOf(event);
    if (!element) return;
    const target = step(state, event.key, Number(element.dataset.i));
    if (target !== undefined) {
      element.tabIndex = -1;
      state.tokens[target].tabIndex = 0;
      state.tokens[target].focus();
      event.preventDefault();
    } else if (event.key === "Enter" || event.key === " ") {
      pick(element);
      event.preventDefault();
    } else if (event.key === "Escape") {
      tip.hidden = true;
    }
  };
}

function point(state, tip) {
  const enter = (event) => {
    const element = event.target.closest?.(".tok");
    if (!element) return;
    showTip(state, tip, element);
    everyone(state, Number(element.dataset.i));
  };
  const leave = () => {
    tip.hidden = true;
    everyone(state, null);
  };
  state.text.addEventListener("pointerover", enter);
  state.text.addEventListener("pointerleave", leave);
  state.text.addEventListener("focusin", enter); // there is no onfocusin
  state.text.addEventListener("focusout", leave);
}

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".box");
  const text = parentElement.querySelector(".text");
  const tip = parentElement.querySelector(".tip");
  let state = states.get(parentElement);
  if (state?.data.since > data.since) return; // late: what came after it is drawn already
  if (!state) {
    state = { text, hover: (i) => hover(state, i), tokens: [], gaps: [], selected: null, hot: null };
    states.set(parentElement, state);
    point(state, tip);
  }
  groups.get(state.group)?.delete(state);
  state.group = data.group;
  groups.set(data.group, (groups.get(data.group) ?? new Set()).add(state));

  const signature = JSON.stringify([data.text_signature, data.sentences, data.marking]);
  const fresh = state.signature !== signature;
  Object.assign(state, { data, signature, unknown: new Set(data.unknown), marked: new Set(data.marked) });
  box.className = `box ${data.kind}${data.flaw ? " flawed" : ""}${data.marking ? " marking" : ""}`;
  text.className = `text${data.lane ? " lane" : ""}`;
  if (fresh) {
    hover(state, null);
    mark(state, null);
    tip.hidden = true;
    build(state, text);
  }
  state.list.setAttribute("aria-label", data.label);
  colour(state);
  legend(state, parentElement.querySelector(".legend"));
  if (!data.marking) mark(state, data.selected);
  listen(state, tip, setStateValue);
  return () => {
    if (state.data === data) groups.get(state.group)?.delete(state); // else it was overtaken, and there is nothing to end
  };
}
