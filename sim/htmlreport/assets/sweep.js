"use strict";
(() => {
  const place = document.getElementById("maps"), groupOf = document.getElementById("group"), what = document.getElementById("what");
  const tip = tooltip(place), signs = { good: "✓ good", fair: "! fair", bad: "✗ bad", unknown: "? unknown", void: "– void" };
  const axes = data.axes, x = axes[axes.length - 1], y = axes.length > 1 ? axes[axes.length - 2] : null, others = axes.slice(0, -2);
  const cells = new Map(data.cells.map((c) => [JSON.stringify(c.values), c]));

  for (const g of data.groups) groupOf.append(make("option", { value: g }, g));
  groupOf.value = data.groups[data.groups.length - 1];
  what.append(make("option", { value: "" }, "verdict"));
  const judged = data.cells.some((c) => c.expectations);
  if (judged) what.append(make("option", { value: "expected" }, "expectations"));
  for (const f of data.figures) what.append(make("option", { value: f.name }, f.title + " (" + f.name + ")"));
  groupOf.addEventListener("change", draw);
  what.addEventListener("change", draw);

  // breakable is a value that may go on in the next line after a comma.
  function breakable(text) { return text.replaceAll(",", ",\u200b"); }

  // every combination of the axes that are not drawn in a map.
  function combinations(list) {
    return list.reduce((sofar, a) => sofar.flatMap((c) => a.values.map((v) => [...c, v])), [[]]);
  }

  function draw() {
    const figure = data.figures.find((f) => f.name === what.value), range = figure && rangeOf(figure);
    const maps = make("div", { class: others.length ? "cards" : "" });
    for (const fixed of combinations(others)) maps.append(map(fixed, figure, range));
    place.replaceChildren(maps);
    place.append(tipElement);
    document.getElementById("scale").textContent = what.value === "expected" ? "of all players; kept on each seed" : !figure ? "" :
      "from " + withUnit(range[0], figure.unit) + " to " + withUnit(range[1], figure.unit) + (figure.better ? "; " + figure.better + " is better: blue is the best, orange the worst" : "; blue is the least, orange the most");
  }
  const tipElement = place.querySelector(".tip");

  function rangeOf(figure) {
    const all = data.cells.map((c) => mean(c, figure)).filter((v) => v !== undefined);
    return all.length ? [Math.min(...all), Math.max(...all)] : [0, 1];
  }

  function mean(c, figure) { return c.groups[groupOf.value]?.figures[figure.name]?.mean; }

  function map(fixed, figure, range) {
    const box = make("section", { class: others.length ? "card scroll" : "scroll" });
    if (others.length) box.append(make("h3", {}, others.map((a, i) => a.setting + " = " + fixed[i]).join(", ")));
    const head = make("tr", {}, make("th", { class: "axis" }, y ? y.setting + " ↓  " + x.setting + " →" : x.setting + " →"), x.values.map((v) => make("th", { scope: "col" }, breakable(v))));
    const rows = (y ? y.values : [null]).map((v) => make("tr", {}, make("th", { scope: "row" }, v === null ? "" : breakable(v)),
      x.values.map((w) => make("td", {}, cell([...fixed, ...(v === null ? [] : [v]), w], figure, range)))));
    box.append(make("table", { class: "map" }, make("thead", {}, head), make("tbody", {}, rows)));
    return box;
  }

  function cell(values, figure, range) {
    const c = cells.get(JSON.stringify(values)), o = c && c.groups[groupOf.value];
    const b = make("button", { type: "button" });
    if (!o) {
      b.append("did not run");
      b.style.background = "var(--map-unknown)";
      return b;
    }
    const kept = keptIn(c);
    if (what.value === "expected") {
      b.append(kept ? kept.text : "~");
      if (kept && kept.missed.length) b.append(make("small", {}, breakable(kept.missed[0].text) + (kept.missed.length > 1 ? ", …" : "")));
      b.style.background = "var(--map-" + (!kept ? "unknown" : kept.missed.length ? "bad" : "good") + ")";
    } else if (!figure) {
      b.append(signs[o.grade] || o.grade);
      if (data.seeds.length > 1) b.append(make("small", {}, o.grades[o.grade] + " of " + data.seeds.length));
      if (kept) b.append(make("small", {}, "expected: " + kept.text));
      b.style.background = "var(--map-" + (o.grade === "void" ? "unknown" : o.grade) + ")";
    } else {
      const s = o.figures[figure.name];
      b.append(s ? withUnit(s.mean, figure.unit) : "~");
      if (s && s.runs > 1) b.append(make("small", {}, "± " + withUnit(s.deviation, figure.unit)));
      let share = s && range[1] > range[0] ? (s.mean - range[0]) / (range[1] - range[0]) : 0;
      if (figure.better === "more") share = 1 - share;
      b.style.background = "color-mix(in oklab, var(--map-bad) " + Math.round(share * 100) + "%, var(--map-good))";
    }
    b.setAttribute("aria-label", values.join(", ") + ": " + o.grade + (kept ? ", expected: " + kept.text : "") + (o.reasons[0] ? ", " + o.reasons[0] : ""));
    const show = () => {
      const p = place.getBoundingClientRect(), r = b.getBoundingClientRect();
      tip.show(r.right - p.left - 10, r.top - p.top + r.height / 2, ...explain(values, o, kept));
    };
    b.addEventListener("pointerenter", show);
    b.addEventListener("focus", show);
    b.addEventListener("click", show);
    b.addEventListener("pointerleave", () => tip.hide());
    b.addEventListener("blur", () => tip.hide());
    return b;
  }

  // keptIn tells how many of a combination's expectations were kept on each seed, and which were not; null: none could be judged.
  function keptIn(c) {
    const list = (c.expectations || []).filter((k) => k.judged), missed = list.filter((k) => k.kept < k.judged);
    if (!list.length) return null;
    return { missed, text: (missed.length ? "✗ " : "✓ ") + (list.length - missed.length) + " of " + list.length };
  }

  function explain(values, o, kept) {
    const grades = Object.entries(o.grades).map(([g, n]) => n + " " + g).join(", ");
    const content = [make("b", {}, axes.map((a, i) => a.setting + " = " + values[i]).join(", ")),
      make("div", {}, signs[o.grade] + (data.seeds.length > 1 ? " (of the seeds: " + grades + ")" : ""))];
    if (o.reasons.length) content.push(make("ul", {}, o.reasons.slice(0, 5).map((r) => make("li", {}, r))));
    if (kept) {
      content.push(make("div", {}, "expectations: " + kept.text));
      if (kept.missed.length) content.push(make("ul", {}, kept.missed.slice(0, 5).map((k) => make("li", {}, make("code", {}, k.text), " on " + (k.judged - k.kept) + " of " + k.judged + (k.judged > 1 ? " seeds" : " seed") + ", worst " + (k.worst.measured || k.worst.note)))));
    }
    const rows = data.figures.filter((f) => o.figures[f.name]).map((f) => make("tr", {}, make("td", {}, f.title + " ", make("code", {}, f.name)), make("td", {}, withUnit(o.figures[f.name].mean, f.unit))));
    content.push(make("table", {}, make("tbody", {}, rows)));
    return content;
  }
  draw();
})();
