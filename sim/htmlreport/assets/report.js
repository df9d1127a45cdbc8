"use strict";
(() => {
  const groups = data.groups;
  const lines = (values) => groups.map((name, i) => ({ name, style: styleOf(i, name), values: values[name] })).filter((l) => l.values);

  for (const l of document.querySelectorAll(".legend")) legend(l, groups);

  // The table of players is sorted by what its heads are clicked for.
  const players = document.querySelector("table.players");
  if (players) {
    const heads = [...players.tHead.rows[0].cells], body = players.tBodies[0];
    for (const cell of body.querySelectorAll("th")) {
      const i = groups.indexOf(cell.dataset.group);
      if (i >= 0 && groups.length > 1) cell.prepend(swatch(styleOf(i, cell.dataset.group)));
    }
    heads.forEach((head, column) => {
      const b = head.querySelector("button");
      if (b) b.addEventListener("click", () => sortPlayers(heads, body, column));
    });
  }

  // sortPlayers sorts by a column: by what is worst first, and when it was sorted so already, the other way round. What was not
  // measured comes last.
  function sortPlayers(heads, body, column) {
    const head = heads[column], worst = column < 2 || "few" in head.dataset ? "ascending" : "descending";
    const by = head.getAttribute("aria-sort") !== worst ? worst : worst === "ascending" ? "descending" : "ascending";
    for (const h of heads) h.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", by);
    const value = (row) => row.cells[column].dataset.sort, sign = by === "ascending" ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => (value(a) === "") - (value(b) === "") || sign * (value(a) - value(b)) || a.cells[0].dataset.sort - b.cells[0].dataset.sort);
    body.append(...rows);
  }

  // Timelines.
  const times = document.getElementById("times");
  if (times) {
    const shared = [], last = data.ends[data.ends.length - 1] || 1;
    const middles = data.ends.map((end, i) => (end + (i ? data.ends[i - 1] : 0)) / 2);
    const xTicks = (room) => ticks(0, last, Math.max(2, Math.min(8, room / 70))).list.map((at) => ({ at, text: last > 120 ? seconds(at).replace(" min", "") : number(at) + " s" }));
    const more = document.getElementById("more-times");
    for (const s of data.series) {
      plot(s.main ? times : more, {
        title: s.title, name: s.name, unit: s.unit, x: middles, xRange: [0, last], xTicks, lines: lines(s.values), group: shared,
        xText: (i) => "from " + seconds(i ? data.ends[i - 1] : 0) + " to " + seconds(data.ends[i]),
        marks: data.events.map((e, i) => ({ at: e.at, number: i + 1, text: (i + 1) + ": " + e.text })),
      });
    }
  }

  // Distributions, on a scale on which a normal distribution is a straight line.
  const curves = document.getElementById("curves");
  if (curves) {
    const shared = [], more = document.getElementById("more-curves");
    const edge = 3.35, named = (room) => room > 420 ? [0, 0.1, 1, 10, 50, 90, 99, 99.9, 100] : [0, 1, 10, 50, 90, 99, 100];
    const x = data.curveAt.map((p) => Math.max(-edge, Math.min(edge, probit(p / 100))));
    for (const c of data.curves) {
      plot(c.main ? curves : more, {
        title: c.title, name: c.name, about: c.doc, unit: c.unit, x, xRange: [-edge, edge], lines: lines(c.values), group: shared,
        xTicks: (room) => named(room).map((p) => ({ at: Math.max(-edge, Math.min(edge, probit(p / 100))), text: p === 0 ? "min" : p === 100 ? "max" : "p" + p })),
        xText: (i) => ({ 0: "the smallest", 100: "the largest" }[data.curveAt[i]] || data.curveAt[i] + " % of all values are at most"),
      });
    }
  }
  for (const p of all) p.draw();

  // probit is the inverse of the normal distribution, by bisection: thirty points do not need more.
  function probit(p) {
    if (p <= 0) return -Infinity;
    if (p >= 1) return Infinity;
    let low = -6, high = 6;
    for (let i = 0; i < 50; i++) {
      const mid = (low + high) / 2;
      if (normal(mid) < p) low = mid; else high = mid;
    }
    return (low + high) / 2;
  }

  // normal is the normal distribution, by its power series.
  function normal(z) {
    let sum = z, term = z;
    for (let k = 1; k < 200; k++) { term *= z * z / (2 * k + 1); sum += term; }
    return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  }

  // Bytes by kind.
  const bytes = document.getElementById("bytes");
  if (bytes) {
    const kinds = [...new Set(data.bytes.flatMap((g) => g.kinds.map((k) => k.kind)))];
    const color = (kind) => ({ transport: "var(--soft)", "IP and UDP": "var(--call)" }[kind] || "var(--c" + kinds.indexOf(kind) % 6 + ")");
    const most = Math.max(1, ...data.bytes.flatMap((g) => ["up", "down"].map((d) => g.kinds.reduce((sum, k) => sum + k[d], 0))));
    const place = make("div", { style: { position: "relative" } }), tip = tooltip(place), rows = make("div", { class: "bars" });
    place.append(make("div", { class: "legend" }, kinds.map((k) => make("span", {}, swatch({ color: color(k), dash: "" }), " " + k))), rows);
    for (const g of data.bytes) {
      for (const d of ["up", "down"]) {
        const sum = g.kinds.reduce((s, k) => s + k[d], 0);
        const bar = make("div", { class: "bar" });
        for (const k of g.kinds) {
          if (k[d] === 0) continue;
          const part = make("span", { style: { width: (100 * k[d] / most) + "%", background: color(k.kind) } });
          if (k[d] > 0.11 * most) part.append(k.kind);
          part.addEventListener("pointermove", (e) => {
            const r = place.getBoundingClientRect();
            tip.show(e.clientX - r.left, e.clientY - r.top, make("b", {}, g.group + ", " + d), make("div", {}, k.kind + ": " + withUnit(k[d], "B/s") + ", " + Math.round(100 * k[d] / sum) + " %"));
          });
          part.addEventListener("pointerleave", () => tip.hide());
          bar.append(part);
        }
        rows.append(make("span", {}, d === "up" ? g.group : ""), make("span", {}, d), bar, make("span", { class: "n" }, withUnit(sum, "B/s")));
      }
    }
    bytes.append(place);
  }

  for (const id of ["times", "curves"]) {
    const b = document.getElementById("all-" + id), more = document.getElementById("more-" + id);
    if (!b || !more) continue;
    if (!more.children.length) { b.hidden = true; continue; }
    b.addEventListener("click", () => {
      more.hidden = !more.hidden;
      b.textContent = more.hidden ? "show all" : "show fewer";
      for (const p of all) p.draw();
    });
  }
})();
