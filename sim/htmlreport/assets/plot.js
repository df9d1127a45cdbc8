"use strict";
// What both pages draw with. All text goes through textContent, and so is never markup.

const svgNS = "http://www.w3.org/2000/svg";

// make builds an element: make("td", {class: "n"}, "text", child, …).
function make(tag, attributes, ...children) {
  const isSVG = ["svg", "g", "path", "line", "rect", "circle", "text", "title"].includes(tag);
  const e = isSVG ? document.createElementNS(svgNS, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(e.style, value);
    else e.setAttribute(name, value);
  }
  for (const c of children.flat()) e.append(c);
  return e;
}

const data = JSON.parse(document.getElementById("data").textContent);

// The theme: the system's, until the button chose another.
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const b = document.getElementById("theme");
  b.textContent = theme === "dark" ? "☀ light" : "☾ dark";
  b.setAttribute("aria-label", "change to the " + (theme === "dark" ? "light" : "dark") + " theme");
}
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = null;
setTheme(prefersDark.matches ? "dark" : "light");
prefersDark.addEventListener("change", () => { if (!chosenTheme) setTheme(prefersDark.matches ? "dark" : "light"); });
document.getElementById("theme").addEventListener("click", () => {
  chosenTheme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  setTheme(chosenTheme);
});

// The command that repeats it can be copied.
const copy = document.getElementById("copy");
if (copy) copy.addEventListener("click", () => {
  const command = document.getElementById("command");
  getSelection().selectAllChildren(command);
  const done = document.execCommand("copy"); // pages of files may not use the newer way
  copy.textContent = done ? "copied" : "selected";
  setTimeout(() => { copy.textContent = "copy"; }, 1500);
});

// Units: what a value is multiplied by, what stands behind it.
function unitOf(unit, most) {
  switch (unit) {
    case "share": return { factor: 100, text: "%" };
    case "B/s": return { factor: 0.001, text: "kB/s" };
    case "count": return { factor: 1, text: "" };
    case "ms": return most >= 20000 ? { factor: 0.001, text: "s" } : { factor: 1, text: "ms" };
    default: return { factor: 1, text: unit };
  }
}

// number writes a value with about three digits.
function number(v) {
  const a = Math.abs(v);
  if (a === 0) return "0";
  if (a >= 100) return Math.round(v).toLocaleString("en");
  if (a >= 10) return String(+v.toFixed(1));
  if (a >= 1) return String(+v.toFixed(2));
  return String(+v.toPrecision(2));
}

function withUnit(v, unit) {
  const u = unitOf(unit, Math.abs(v));
  return (number(v * u.factor) + " " + u.text).trim();
}

// ticks are round numbers that cover a range.
function ticks(low, high, about) {
  const span = high - low || 1;
  const raw = span / about, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const list = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) list.push(k * step);
  return { list, step };
}

function seconds(s) {
  if (s >= 120) return Math.floor(s / 60) + ":" + String(Math.round(s % 60)).padStart(2, "0") + " min";
  return number(s) + " s";
}

// A group's line: its colour, and a dash when the colours are used up.
function styleOf(i, name) {
  if (name === "all") return { color: "var(--call)", dash: "1 5", width: 2.5 };
  return { color: "var(--c" + (i % 6) + ")", dash: ["", "8 4", "2 4"][Math.floor(i / 6) % 3], width: 2 };
}

function swatch(style) {
  return make("svg", { class: "swatch", viewBox: "0 0 26 10", "aria-hidden": "true" },
    make("line", { x1: 1, x2: 25, y1: 5, y2: 5, stroke: style.color, "stroke-width": 3, "stroke-dasharray": style.dash, "stroke-linecap": "round" }));
}

// The one tooltip of a place; show puts it beside a point and keeps it within the place.
function tooltip(place) {
  const tip = make("div", { class: "tip", role: "status" });
  tip.hidden = true;
  place.append(tip);
  return {
    hide() { tip.hidden = true; },
    show(x, y, ...content) {
      tip.replaceChildren(...content);
      tip.hidden = false;
      const room = place.getBoundingClientRect(), own = tip.getBoundingClientRect();
      let left = x + 16;
      if (room.left + left + own.width > document.documentElement.clientWidth - 8) left = x - own.width - 16;
      tip.style.left = Math.max(left, 8 - room.left) + "px";
      const lowest = document.documentElement.clientHeight - 8 - room.top - own.height;
      tip.style.top = Math.max(Math.min(y - own.height / 2, lowest), 56 - room.top) + "px"; // below the navigation
    },
  };
}

// plot draws lines over a common x. options: title, about, unit, name, x (values), lines [{name, style, values}], xTicks
// [{at, text}], xText(i) for the tooltip, marks [{at, number, text}], group: plots that share a crosshair.
function plot(into, options) {
  const box = make("figure", { class: "card plot", style: { margin: 0 } },
    make("h3", {}, options.title, " ", make("small", {}, options.name || "")),
    make("p", {}, options.about || ""));
  const svg = make("svg", { role: "img", tabindex: "0", "aria-label": options.title + ". The table of figures below has the values." });
  box.append(svg);
  into.append(box);
  const tip = tooltip(box);
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16, line = 13 * scale;
  const height = 210 * scale, top = 18, bottom = 24 * scale, left = 52 * scale;
  let at = null, cross = null, sx = null, sy = null, width = 0;

  function shown() { return options.lines.filter((l) => !hidden.has(l.name)); }

  function draw() {
    width = Math.max(box.clientWidth - 24, 200);
    const lines = shown(), right = 12 + scale * Math.min(96, Math.max(0, ...lines.map((l) => l.name.length)) * 7);
    svg.replaceChildren();
    svg.setAttribute("viewBox", "0 0 " + width + " " + height);
    svg.style.height = height + "px";
    const values = lines.flatMap((l) => l.values).filter((v) => v !== null);
    let low = Math.min(0, ...values), high = Math.max(0, ...values);
    if (high === low) high = low + 1;
    const u = unitOf(options.unit, high);
    const t = ticks(low * u.factor, high * u.factor, 4);
    high = Math.max(high, Math.ceil(high * u.factor / t.step - 1e-9) * t.step / u.factor);
    low = Math.min(low, Math.floor(low * u.factor / t.step + 1e-9) * t.step / u.factor);
    const x0 = options.xRange[0], x1 = options.xRange[1];
    sx = (x) => left + (x - x0) / (x1 - x0 || 1) * (width - left - right);
    sy = (y) => height - bottom - (y - low) / (high - low) * (height - top - bottom);
    for (const v of ticks(low * u.factor, high * u.factor, 4).list) {
      const y = sy(v / u.factor);
      svg.append(make("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y }),
        make("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, number(v)));
    }
    svg.append(make("text", { x: left - 6, y: 10, "text-anchor": "end" }, u.text));
    for (const k of options.xTicks(width - left - right)) {
      svg.append(make("line", { class: "axis", x1: sx(k.at), x2: sx(k.at), y1: height - bottom, y2: height - bottom + 4 }),
        make("text", { x: sx(k.at), y: height - 6, "text-anchor": "middle" }, k.text));
    }
    svg.append(make("line", { class: "axis", x1: left, x2: width - right, y1: sy(Math.max(low, Math.min(0, high))), y2: sy(Math.max(low, Math.min(0, high))) }));
    let badge = -100;
    for (const m of options.marks || []) {
      const x = sx(m.at);
      svg.append(make("line", { class: "event", x1: x, x2: x, y1: top - 2, y2: height - bottom }));
      if (x - badge < 16) continue;
      badge = x;
      svg.append(make("circle", { class: "event-badge", cx: x, cy: 9, r: 8 }), make("text", { class: "event-number", x, y: 12.5 }, String(m.number)));
    }
    for (const l of lines) svg.append(make("path", { class: "curve", d: path(l.values), stroke: l.style.color, "stroke-width": l.style.width, "stroke-dasharray": l.style.dash }));
    labels(lines, width - right + 6);
    cross = make("g", {});
    svg.append(cross);
    if (at !== null) move(at);
  }

  // path draws a line, broken where there is no value; a value alone is a dot.
  function path(values) {
    let d = "", open = false;
    values.forEach((v, i) => {
      if (v === null) { open = false; return; }
      const x = sx(options.x[i]).toFixed(1), y = sy(v).toFixed(1);
      d += (open ? "L" : "M") + x + " " + y;
      if (!open && (i + 1 >= values.length || values[i + 1] === null)) d += "h0.1";
      open = true;
    });
    return d;
  }

  // labels name the lines at their ends, moved apart where they would overlap.
  function labels(lines, x) {
    const ends = lines.map((l) => {
      const last = l.values.findLast((v) => v !== null);
      return last === undefined ? null : { l, y: sy(last) + 4 };
    }).filter((e) => e).sort((a, b) => a.y - b.y);
    if (ends.length > 9) return; // the legend has to do
    const lowest = height - bottom + 4;
    for (let i = 1; i < ends.length; i++) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + line);
    for (let i = ends.length - 1, most = lowest; i >= 0; i--, most -= line) ends[i].y = Math.min(ends[i].y, most);
    for (const e of ends) {
      const name = e.l.name.length > 12 ? e.l.name.slice(0, 11) + "…" : e.l.name;
      svg.append(make("text", { x, y: e.y, style: { fill: e.l.style.color, fontWeight: 600 } }, name));
    }
  }

  // move puts the crosshair at an index.
  function move(i) {
    at = i;
    cross.replaceChildren();
    if (i === null) return;
    const x = sx(options.x[i]);
    cross.append(make("line", { class: "cross", x1: x, x2: x, y1: top, y2: height - bottom }));
    for (const l of shown()) {
      if (l.values[i] !== null && l.values[i] !== undefined) cross.append(make("circle", { cx: x, cy: sy(l.values[i]), r: 4, fill: l.style.color }));
    }
  }

  function tell(i) {
    const rows = shown().map((l) => ({ l, v: l.values[i] })).sort((a, b) => (b.v ?? -Infinity) - (a.v ?? -Infinity)).map(({ l, v }) =>
      make("tr", {}, make("td", {}, swatch(l.style)), make("td", {}, l.name), make("td", {}, v === null || v === undefined ? "~" : withUnit(v, options.unit))));
    const near = (options.marks || []).filter((m) => Math.abs(sx(m.at) - sx(options.x[i])) < 10).slice(0, 6);
    const content = [make("b", {}, options.xText(i)), make("table", {}, make("tbody", {}, rows))];
    if (near.length) content.push(make("ul", {}, near.map((m) => make("li", {}, m.text))));
    tip.show(svg.offsetLeft + sx(options.x[i]), svg.offsetTop + height / 2, ...content);
  }

  function nearest(event) {
    const r = svg.getBoundingClientRect(), px = (event.clientX - r.left) * width / r.width;
    let best = 0;
    options.x.forEach((x, i) => { if (Math.abs(sx(x) - px) < Math.abs(sx(options.x[best]) - px)) best = i; });
    return best;
  }

  function choose(i) {
    for (const p of options.group || []) p.move(i);
    move(i);
    if (i === null) tip.hide(); else tell(i);
  }
  svg.addEventListener("pointermove", (e) => choose(nearest(e)));
  svg.addEventListener("pointerleave", () => choose(null));
  svg.addEventListener("blur", () => choose(null));
  svg.addEventListener("keydown", (e) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!step) return;
    e.preventDefault();
    choose(Math.max(0, Math.min(options.x.length - 1, (at === null ? -1 : at) + step)));
  });
  new ResizeObserver(() => { if (Math.abs(Math.max(box.clientWidth - 24, 200) - width) > 1) draw(); }).observe(box);
  const self = { draw, move };
  if (options.group) options.group.push(self);
  all.push(self);
  return self;
}

const hidden = new Set(); // groups that are not drawn
const all = [];           // plots

// legend makes the buttons that show and hide groups.
function legend(into, groups) {
  groups.forEach((g, i) => {
    const b = make("button", { type: "button", "aria-pressed": "true", title: "show or hide " + g }, swatch(styleOf(i, g)), g);
    b.addEventListener("click", () => {
      if (hidden.has(g)) hidden.delete(g); else hidden.add(g);
      for (const other of document.querySelectorAll(".legend button")) {
        if (other.dataset.group === g) other.setAttribute("aria-pressed", String(!hidden.has(g)));
      }
      for (const p of all) p.draw();
    });
    b.dataset.group = g;
    into.append(b);
  });
}
