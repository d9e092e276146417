#include "report/assets.h"

namespace heddle::report {

// Holds no < and no &: the page is XML, too.
const std::string_view kScript = R"js(
"use strict";
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
const rows = all(".row"), groups = all(".group"), filter = document.querySelector(".filter");

// A row is shown if it is in the state that was chosen and holds all words that were typed.
let state = "";
function applyFilter() {
  const words = filter.querySelector("input").value.toLowerCase().split(/\s+/);
  const chosen = (row) => state === "" ? true : row.dataset.state === state;
  let shown = 0;
  rows.forEach((row) => {
    row.hidden = !(chosen(row) ? words.every((w) => row.dataset.find.includes(w)) : false);
    if (!row.hidden) shown += 1;
  });
  const narrowed = shown !== rows.length;
  groups.forEach((group) => {
    group.hidden = all(".row", group).every((row) => row.hidden);
    if (group.dataset.was === undefined) group.dataset.was = String(group.open);
    group.open = narrowed ? true : group.dataset.was === "true";
    if (!narrowed) delete group.dataset.was;
  });
  all("[data-show]", filter).forEach((b) => b.setAttribute("aria-pressed", b.dataset.show === state));
  filter.querySelector(".none").textContent = shown === 0 ? "Nothing matches." : "";
}

function clearFilter() {
  state = "";
  filter.querySelector("input").value = "";
  applyFilter();
}

// Unfolds what the address names.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (target === null) return;
  if (target.closest("[hidden]") !== null) clearFilter();
  for (let e = target; e !== null; e = e.parentElement) {
    if (e.tagName === "DETAILS") e.open = true;
  }
  target.scrollIntoView({ block: target.tagName === "DETAILS" ? "start" : "center" });
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

if (filter !== null) {
  filter.hidden = false;
  filter.querySelector("input").addEventListener("input", applyFilter);
  all("[data-show]", filter).forEach((button) => button.addEventListener("click", () => {
    state = button.dataset.show;
    applyFilter();
  }));
  const unfold = filter.querySelector("[data-unfold]");
  unfold.hidden = groups.length === 0;
  unfold.addEventListener("click", () => {
    const open = groups.some((group) => !group.open);
    groups.forEach((group) => { group.open = open; });
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });
}
all(".command").forEach((box) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(box.querySelector("code"), button));
  box.append(button);
});
addEventListener("hashchange", reveal);
// A link to where the address points already.
addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link !== null) if (link.hash === location.hash) reveal();
});
reveal();
)js";

}  // namespace heddle::report
