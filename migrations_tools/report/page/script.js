"use strict";
// A table of the diagram, pointed at or reached by keyboard, shows what it refers to and what refers to it.
for (const diagram of document.querySelectorAll(".diagram")) {
  const tables = [...diagram.querySelectorAll(".table")];
  const edges = [...diagram.querySelectorAll(".edge")];
  const dim = () => {
    diagram.classList.remove("lit");
    for (const part of [...tables, ...edges]) part.classList.remove("near");
  };
  const light = (table) => {
    dim();
    const name = table.dataset.table;
    const near = new Set([name]);
    for (const edge of edges) {
      const { from, to } = edge.dataset;
      if (from !== name && to !== name) continue;
      edge.classList.add("near");
      near.add(from).add(to);
    }
    for (const other of tables) other.classList.toggle("near", near.has(other.dataset.table));
    diagram.classList.add("lit");
  };
  for (const table of tables) {
    table.addEventListener("focus", () => light(table));
    table.addEventListener("blur", dim);
    table.addEventListener("mouseenter", () => light(table));
    table.addEventListener("mouseleave", dim);
  }
}
// On paper everything that is folded is open.
const folded = () => [...document.querySelectorAll("details:not([open])")];
let opened = [];
addEventListener("beforeprint", () => { opened = folded(); for (const part of opened) part.open = true; });
addEventListener("afterprint", () => { for (const part of opened) part.open = false; });
// A link to a finding opens it.
const follow = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", follow);
follow();
