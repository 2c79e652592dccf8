// The report without a network: the theme, filtering, sorting, and rows that open. All of it works by keyboard.
"use strict";
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);

function dark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
one("#theme").addEventListener("click", () => {
  root.dataset.theme = dark() ? "light" : "dark";
  one("#theme").textContent = dark() ? "Light" : "Dark";
});
one("#theme").textContent = dark() ? "Light" : "Dark";

// Each measured row is followed by its details.
const body = one("#rows tbody");
const pairs = all("tr.row", body).map((row) => ({ row, detail: row.nextElementSibling }));
let wantedState = "";

function show() {
  const words = one("#filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { row, detail } of pairs) {
    const text = `${row.textContent} ${detail.textContent}`.toLowerCase();
    const fits = words.every((word) => text.includes(word)) && (!wantedState || row.dataset.state === wantedState);
    row.hidden = !fits;
    detail.hidden = !fits || row.querySelector(".open").getAttribute("aria-expanded") !== "true";
    shown += fits;
  }
  one("#shown").textContent = `${shown} of ${pairs.length} rows`;
}
one("#filter").addEventListener("input", show);
for (const tile of all(".tiles button")) {
  tile.addEventListener("click", () => {
    wantedState = wantedState === tile.dataset.state ? "" : tile.dataset.state;
    for (const other of all(".tiles button")) {
      other.setAttribute("aria-pressed", String(wantedState !== "" && other.dataset.state === wantedState));
    }
    show();
  });
}
for (const { row } of pairs) {
  const button = row.querySelector(".open");
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
    show();
  });
}

function sortBy(heading) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  for (const other of all("#rows > thead th")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const key = ({ row }) => row.dataset[heading.dataset.key];
  const numeric = heading.dataset.numeric !== undefined;
  const sorted = [...pairs].sort((a, b) => {
    const x = key(a), y = key(b);
    if (numeric && (x === "" || y === "")) return (x === "") - (y === "");  // what has no figure comes last
    const order = numeric ? Number(x) - Number(y) : x.localeCompare(y);
    return descending ? -order : order;
  });
  for (const { row, detail } of sorted) body.append(row, detail);
}
for (const heading of all("#rows > thead th[data-key]")) {
  heading.querySelector("button").addEventListener("click", () => sortBy(heading));
}
show();
