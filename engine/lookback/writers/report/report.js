"use strict";
// The list of units: of what lies packed in the page as many rows are drawn as are on the screen, searched, filtered, sorted; a
// click tells of one unit. Nothing is fetched; what is put into the page as HTML was escaped when it was written.
(() => {
  const at = (id) => document.getElementById(id);
  const scroller = at("list"), body = at("rows"), told = at("told"), inside = at("inside"), count = at("count");
  const begun = performance.now();
  if (typeof DecompressionStream === "undefined") {
    at("plain").innerHTML = document.querySelector("noscript").textContent;  // an old browser: the plain list
    return;
  }

  const unpack = (id) => {
    const text = atob(at(id).textContent), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  };

  const collator = new Intl.Collator(document.documentElement.lang);
  let data, columns, shown = [], from = -1, to = -1, sorted = null, height = 48, printing = false;
  const blocks = [];

  const text = (unit, c) => {
    const value = unit.cells[c], names = columns[c].names;
    return value === null ? "" : names ? names[value] : columns[c].number ? value.toLocaleString() : value;
  };

  const cell = (content, kind) => {
    const td = document.createElement(kind === "unit" ? "th" : "td"), div = document.createElement("div");
    if (kind === "unit") td.scope = "row";
    td.className = kind;
    div.append(content);
    td.append(div);
    return td;
  };

  const row = (place) => {
    const unit = data.units[shown[place]], tr = document.createElement("tr"), name = document.createElement("button");
    tr.dataset.place = place;
    tr.setAttribute("aria-rowindex", place + 2);
    name.type = "button";
    name.append(unit.label ?? unit.key);
    if (unit.label !== null) {
      const key = document.createElement("span");
      key.append(unit.key);
      name.append(" ", key);
    }
    tr.append(cell(name, "unit"));
    columns.forEach((column, c) => {
      const td = cell(text(unit, c), column.kind);
      if (column.kinds) td.firstChild.className = "mark " + column.kinds[unit.cells[c]];
      tr.append(td);
    });
    const some = unit.rules.slice(0, 2).map((rule) => data.rules[rule]);
    if (unit.rules.length > 2) some.push(data.words.more.replace("{n}", unit.rules.length - 2));
    tr.append(cell(some.join(data.words.between), "rules aside"));
    return tr;
  };

  const gap = (rows) => {
    const tr = document.createElement("tr"), td = document.createElement("td");
    tr.className = "gap";
    tr.setAttribute("aria-hidden", "true");
    td.colSpan = columns.length + 2;
    td.style.height = rows * height + "px";
    tr.append(td);
    return rows ? [tr] : [];
  };

  const draw = (again) => {
    let first = Math.max(0, Math.floor(scroller.scrollTop / height) - 10);
    let last = Math.min(shown.length, first + Math.ceil(scroller.clientHeight / height) + 20);
    if (printing) [first, last] = [0, shown.length];
    if (!again && first === from && last === to) return;
    [from, to] = [first, last];
    const held = body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.place : null;
    const rows = [];
    for (let place = first; place < last; place++) rows.push(row(place));
    body.replaceChildren(...gap(first), ...rows, ...gap(shown.length - last));
    if (held !== null) focus(+held, true);
  };

  const focus = (place, still) => {
    const button = body.querySelector(`tr[data-place="${place}"] button`);
    if (button) button.focus({ preventScroll: still === true });
  };

  const order = (units) => {
    if (sorted === null) return units;
    const { c, down } = sorted, sign = down ? -1 : 1, all = data.units;
    const key = (i) => (c < 0 ? all[i].label ?? all[i].key : all[i].cells[c]);
    const by = c >= 0 && (columns[c].number || columns[c].ordered);
    const compare = by
      ? (a, b) => (key(a) ?? -1) - (key(b) ?? -1)
      : (a, b) => collator.compare(c < 0 ? key(a) : text(all[a], c), c < 0 ? key(b) : text(all[b], c));
    return units.sort((a, b) => sign * compare(a, b) || a - b);
  };

  const choose = () => {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const asked = [...document.querySelectorAll("#tools select")].filter((select) => select.value !== "");
    const fits = (unit) =>
      words.every((word) => unit.said.includes(word)) &&
      asked.every(({ dataset, value }) =>
        dataset.column === "rule"
          ? unit.rules.includes(+value)
          : value === "some"
            ? unit.cells[+dataset.column] > 0
            : unit.cells[+dataset.column] === (value === "none" ? null : +value));
    shown = [];
    data.units.forEach((unit, i) => fits(unit) && shown.push(i));
    order(shown);
    scroller.scrollTop = 0;
    scroller.querySelector("table").setAttribute("aria-rowcount", shown.length + 1);
    draw(true);
    count.textContent = data.words[shown.length === data.units.length ? "all" : "some"]
      .replace("{n}", shown.length.toLocaleString()).replace("{of}", data.units.length.toLocaleString());
  };

  const open = async (place) => {
    const i = shown[place], block = Math.floor(i / data.block);
    blocks[block] ??= unpack("told" + block);
    inside.innerHTML = (await blocks[block])[i % data.block];
    told.showModal();
    told.scrollTop = 0;
  };

  const sort = (button) => {
    const c = +button.dataset.column, number = c >= 0 && (columns[c].number || columns[c].ordered);
    sorted = { c, down: sorted !== null && sorted.c === c ? !sorted.down : number };
    for (const other of document.querySelectorAll("#list thead th")) other.removeAttribute("aria-sort");
    button.closest("th").setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    choose();
  };

  body.addEventListener("click", (event) => {
    const tr = event.target.closest("tr[data-place]");
    if (tr) open(+tr.dataset.place);
  });
  body.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    const tr = event.target.closest("tr[data-place]");
    if (!tr || !(event.key in steps)) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(shown.length - 1, +tr.dataset.place + steps[event.key]));
    const top = place * height, head = scroller.querySelector("thead").offsetHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + height + head > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + height + head - scroller.clientHeight;
    }
    draw();
    focus(place);
  });
  at("close").addEventListener("click", () => told.close());
  told.addEventListener("click", (event) => event.target === told && told.close());
  scroller.addEventListener("scroll", () => draw(), { passive: true });
  addEventListener("resize", () => draw());
  const print = (begins) => {
    const open = told.open;
    if (open) told.close();
    printing = begins;
    draw(true);
    if (open) begins ? told.show() : told.showModal();  // what lies above a page is not cut into pages
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  at("search").addEventListener("input", choose);
  at("tools").addEventListener("change", choose);
  for (const button of document.querySelectorAll("#list thead button")) button.addEventListener("click", () => sort(button));

  unpack("units").then((found) => {
    data = found;
    columns = data.columns;
    data.units = data.units.map(([key, label, cells, rules]) => ({ key, label, cells, rules }));
    for (const unit of data.units) {
      unit.said = [unit.key, unit.label ?? "", ...columns.map((column, c) => (column.searched ? text(unit, c) : ""))]
        .join("\n").toLowerCase();
    }
    for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
    choose();
    height = body.querySelector("tr[data-place]")?.offsetHeight || height;
    draw(true);
    performance.measure("opened", { start: 0 });
    performance.measure("list", { start: begun });
  });
})();
