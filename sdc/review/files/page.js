"use strict";
// Draws what the data element holds; keeps no state but the cell that is looked at (in the address).
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const PALETTE = ["#fdf6d8", "#c3e0b4", "#74bcae", "#3585a4", "#274472"];
const say = (name, fill) => data.say[name].replace(/\{(\w+)\}/g, (_, key) => fill[key]);
let table = data.tables[0];
let at = [];

function node(name, attributes, ...children) {
  const space = ["svg", "path", "title", "defs", "pattern", "rect"].includes(name);
  const made = space
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") made.addEventListener(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const label = (dim, i) => dim.labels[i] === dim.codes[i] ? dim.codes[i] : dim.codes[i] + " " + dim.labels[i];
const flat = (t, place) => place.reduce((sum, p, i) => sum * t.dims[i].codes.length + p, 0);
const root = (dim) => dim.parents.indexOf(-1);
const number = (v) => v.toLocaleString(data.language);
const shown = (t, i) => t.printed[i] === "9" ? number(t.value[i]) : t.printed[i];
function place(t, i) {
  const out = [];
  for (let d = t.dims.length - 1; d >= 0; d--) {
    const n = t.dims[d].codes.length;
    out.unshift(i % n);
    i = Math.floor(i / n);
  }
  return out;
}
const name = (t, p) => t.dims.map((d, i) => label(d, p[i])).join(" × ");

// The same round class limits as on the published maps: 5, 10, 20, 50, …
function breaks(values) {
  const top = Math.max(1, ...values);
  const below = [];
  for (let power = 1; power < top; power *= 10)
    for (const step of [1, 2, 5]) if (power * step < top) below.push(power * step);
  return below.slice(-4).filter((b) => b >= 5);
}
const SPREAD = [[0], [0, 2], [0, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3, 4]];
const colour = (v, limits) => PALETTE[SPREAD[limits.length][limits.filter((b) => v >= b).length]];

function choose(t, p) {
  table = t;
  at = p;
  const cell = [t.id, ...p.map((x, i) => t.dims[i].codes[x])].map(encodeURIComponent).join("/");
  history.replaceState(null, "", "#" + cell);
  drawAll();
}

function drawChoice() {
  const tables = node("select", { id: "table", change: (e) => {
    const t = data.tables[e.target.selectedIndex];
    choose(t, t.dims.map(root));
  } });
  for (const t of data.tables)
    tables.append(node("option", t === table ? { selected: "" } : {}, t.title + " (" + t.id + ")"));
  const parts = [node("label", {}, data.say.table + " ", tables)];
  table.dims.forEach((dim, d) => {
    if (d === table.geo) return;
    const select = node("select", { "data-dim": dim.name, change: (e) => {
      choose(table, at.map((x, i) => i === d ? Number(e.target.value) : x));
    } });
    dim.codes.forEach((c, i) => select.append(
      node("option", i === at[d] ? { value: i, selected: "" } : { value: i }, label(dim, i))));
    parts.push(node("label", {}, dim.title + " ", select));
  });
  byId("choice").replaceChildren(...parts);
}

function drawMap(svg, drawing, limits, published) {
  const dim = table.dims[table.geo];
  svg.replaceChildren();
  svg.setAttribute("viewBox", "-5 -5 " + (drawing.width + 10) + " " + (drawing.height + 10));
  const hatch = svg.id + "-hatch";
  svg.append(node("defs", {}, node("pattern",
    { id: hatch, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    node("rect", { width: 8, height: 8, fill: "#e4e4e4" }), node("rect", { width: 3, height: 8, fill: "#8a8a8a" }))));
  if (drawing.water) svg.append(node("path", { d: drawing.water, class: "water" }));
  dim.codes.forEach((code, k) => {
    if (!drawing.paths[code]) return;
    const p = at.map((x, i) => i === table.geo ? k : x);
    const i = flat(table, p);
    const hidden = published && "XG".includes(table.printed[i]);
    const marks = "area" + (published && table.status[i] === "P" ? " P" : "") + (at[table.geo] === k ? " chosen" : "");
    svg.append(node("path", {
      d: drawing.paths[code], class: marks, "data-code": code,
      fill: hidden ? "url(#" + hatch + ")" : colour(table.value[i], limits),
      click: () => choose(table, p),
    }, node("title", {}, label(dim, k) + ": " + (published ? shown(table, i) : number(table.value[i])))));
  });
  for (const code of Object.keys(drawing.before))
    svg.append(node("path", { d: drawing.before[code], class: "merged" }));
}

function drawMaps() {
  const drawing = table.geo >= 0 && data.maps[table.dims[table.geo].name];
  byId("maps").hidden = !drawing;
  byId("legend").hidden = !drawing;
  if (!drawing) return;
  const dim = table.dims[table.geo];
  const values = dim.codes.map((c, k) => drawing.paths[c]
    ? table.value[flat(table, at.map((x, i) => i === table.geo ? k : x))] : 0);
  const limits = breaks(values);
  drawMap(byId("before"), drawing, limits, false);
  drawMap(byId("after"), drawing, limits, true);
  const entries = [0, ...limits].map((low, k) => node("li", {},
    node("b", { style: "background:" + colour(low, limits) }),
    number(low) + " – " + (k < limits.length ? number(limits[k] - 1) : "")));
  const hatched = "background:repeating-linear-gradient(45deg,#e4e4e4 0 4px,#8a8a8a 4px 6px)";
  entries.push(node("li", {}, node("b", { style: hatched }), say("hidden")));
  entries.push(node("li", {}, node("b", { style: hatched + ";border:2px solid #c0392b" }), say("hidden_primary")));
  if (Object.keys(drawing.before).length)
    entries.push(node("li", {}, node("b", { style: "border:2px dashed #6c3483" }), say("merged")));
  byId("legend").replaceChildren(...entries);
}

// The sums a cell takes part in: along each dimension, with its siblings, and with what it sums up.
function sums(t, p) {
  const out = [];
  t.dims.forEach((dim, d) => {
    const move = (k) => flat(t, p.map((x, i) => i === d ? k : x));
    const family = (up) => [up, ...dim.parents.flatMap((q, k) => q === up ? [k] : [])].map(move);
    if (dim.parents[p[d]] >= 0) out.push(family(dim.parents[p[d]]));
    if (dim.parents.includes(p[d])) out.push(family(p[d]));
  });
  return out;
}

function drawWhy() {
  const i = flat(table, at);
  const state = table.status[i];
  const parts = [node("h3", {}, name(table, at)),
    node("p", {}, say("true") + ": ", node("b", { id: "true" }, number(table.value[i])), " " + table.unit,
      " → " + say("printed") + ": ", node("b", { id: "printed" }, shown(table, i)), " ",
      state === "." || state === "G" ? say(state) : node("tag", { class: state }, say(state)))];
  if (state !== "." && state !== "G") {
    const [low, high] = table.range[i] || [null, null];
    parts.push(node("p", { id: "reason" }, say("why") + ": " + data.reasons[table.reason[i]]));
    if (low !== null) parts.push(node("p", { id: "range" },
      say("range", { low: number(low), high: number(high) })));
    const list = node("ul", { id: "sums" });
    for (const family of sums(table, at)) {
      const hidden = family.filter((j) => j !== i && table.printed[j] === "X");
      const words = hidden.slice(0, 12).map((j) => name(table, place(table, j))
        + (table.status[j] === "P" ? " (" + say("primary") + ")" : ""));
      list.append(node("li", {}, say("total", {
        name: name(table, place(table, family[0])), shown: shown(table, family[0]), n: hidden.length }) + (words.length ? ": " + words.join("; ") : "")
        + (hidden.length > 12 ? " …" : "")));
    }
    parts.push(node("p", {}, say("sums") + ":"), list);
    const asked = table.dims.map((d, k) => d.name + "=" + d.codes[at[k]]).join(",");
    parts.push(node("p", {}, say("proof") + ": ",
      node("code", {}, "sdc explain CONFIG.toml " + table.id + " " + asked)));
  }
  const same = data.tables.filter((t) => t !== table && t.cell.includes(table.cell[i])).map((t) => t.id);
  if (same.length) parts.push(node("p", {}, say("also") + ": " + same.join(", ")));
  byId("why").replaceChildren(...parts);
}

function drawGrid() {
  const rows = table.geo >= 0 ? table.geo : 0;
  const columns = table.dims.findIndex((d, i) => i !== rows);
  const across = columns < 0 ? [0] : table.dims[columns].codes.map((c, k) => k);
  const head = node("tr", {}, node("th", {}, table.dims[rows].title),
    ...across.map((k) => node("th", {}, columns < 0 ? table.unit : label(table.dims[columns], k))));
  const body = table.dims[rows].codes.map((code, r) => {
    const line = node("tr", {}, node("th", {}, label(table.dims[rows], r)));
    for (const c of across) {
      const p = at.map((x, i) => i === rows ? r : i === columns ? c : x);
      const i = flat(table, p);
      const mine = p.every((x, d) => x === at[d]);
      const text = table.printed[i] === "X" ? "X (" + number(table.value[i]) + ")" : shown(table, i);
      line.append(node("td", { class: table.status[i] + (mine ? " chosen" : ""), click: () => choose(table, p) }, text));
    }
    return line;
  });
  byId("grid").replaceChildren(node("table", {}, node("thead", {}, head), node("tbody", {}, ...body)));
}

function drawAll() {
  drawChoice();
  drawMaps();
  drawWhy();
  drawGrid();
}

function start() {
  const [id, ...codes] = decodeURI(location.hash.slice(1)).split("/").map(decodeURIComponent);
  const t = data.tables.find((x) => x.id === id) || table;
  const p = t.dims.map((d, i) => Math.max(d.codes.indexOf(codes[i]), -1));
  table = t;
  at = p.includes(-1) ? t.dims.map(root) : p;
  drawAll();
  if (!location.hash)
    byId("why").replaceChildren(node("p", {}, say("hint")));
}
start();
window.addEventListener("hashchange", start);
