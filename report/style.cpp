#include "report/assets.h"

namespace heddle::report {

// Colours are chosen for a contrast of at least 4.5 with what is behind them, in light and dark.
// Holds no < and no &: the page is XML, too.
const std::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #dde1e7; --soft: #eef1f5;
  --text: #1b2430; --dim: #5a6675; --link: #1d5fbf;
  --good: #17713a; --good-soft: #e3f5ea; --bad: #c0262d; --bad-soft: #fdeaea;
  --unsure: #8a5a00; --unsure-soft: #fdf2d9;
  --mono: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2028; --line: #303945; --soft: #222a34;
    --text: #e4e9f0; --dim: #98a5b5; --link: #7db4ff;
    --good: #5fd08a; --good-soft: #16301f; --bad: #ff8a87; --bad-soft: #3a1c1e;
    --unsure: #f0bd5a; --unsure-soft: #352a12;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
main, footer { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
footer { color: var(--dim); font-size: .85rem; padding-top: 0; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1, h2, h3 { line-height: 1.25; margin: 0; }
h1 { font-size: 1.5rem; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 2rem 0 .75rem; }
h3 { font-size: .8rem; margin: 1.5rem 0 .5rem; color: var(--dim); font-weight: 600; }
p { margin: .4rem 0; }
code, pre, .mono { font-family: var(--mono); font-size: .86em; }
pre { margin: 0; padding: .8rem 1rem; overflow-x: auto; background: var(--soft); border-radius: 8px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

.good { --tone: var(--good); --tone-soft: var(--good-soft); }
.bad { --tone: var(--bad); --tone-soft: var(--bad-soft); }
.unsure { --tone: var(--unsure); --tone-soft: var(--unsure-soft); }
.quiet { --tone: var(--dim); --tone-soft: var(--soft); }

.banner {
  display: flex; gap: 1rem; padding: 1.25rem 1.5rem; background: var(--card);
  border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 12px;
}
.banner .sign { width: 2.4rem; height: 2.4rem; font-size: 1.4rem; margin-top: -.15rem; }
.banner div { min-width: 0; flex: 1; }
.sign {
  flex: none; display: inline-grid; place-items: center; width: 1.25rem; height: 1.25rem;
  border-radius: 50%; background: var(--tone-soft); color: var(--tone); font-weight: 700; font-size: .8rem;
}
.sign:empty { background: none; }
.figures { display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin: .5rem 0 0; }
.figure { color: var(--tone); }
.figure b { font-variant-numeric: tabular-nums; }
.badge {
  display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .82rem;
  background: var(--tone-soft); color: var(--tone); overflow-wrap: anywhere;
}
.dim { color: var(--dim); }

.filter { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0 .75rem; align-items: center; }
input, button {
  font: inherit; font-size: .9rem; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; padding: .35rem .75rem;
}
.filter input { flex: 1 1 16rem; min-width: 0; }
button { cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--dim); }
button b { color: var(--dim); font-weight: 500; font-variant-numeric: tabular-nums; }
button[aria-pressed="true"] { background: var(--text); border-color: var(--text); color: var(--card); }
button[aria-pressed="true"] b { color: inherit; }
.none { color: var(--dim); }
.none:empty { display: none; }

.list { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.columns {
  display: grid; grid-template-columns: var(--columns); gap: 0 .9rem; align-items: baseline;
  padding: .5rem 1rem; list-style: none;
}
.columns.head { font-size: .8rem; color: var(--dim); background: var(--soft); }
.columns .wide { grid-column: var(--wide); min-width: 0; }
.columns .number, td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary.columns:hover { background: var(--soft); }
summary.columns::after {
  content: ""; width: .45rem; height: .45rem; align-self: center; justify-self: end;
  border: solid var(--dim); border-width: 0 2px 2px 0; transform: rotate(45deg) translate(-2px, -2px);
}
details[open] > summary.columns::after { transform: rotate(225deg); }
.group + .group, .columns.head + .group, .group > .content { border-top: 1px solid var(--line); }
.group > summary { padding: .7rem 1rem; }
.group > summary .name { font-weight: 600; overflow-wrap: anywhere; }
.row + .row { border-top: 1px solid var(--line); }
.row > summary { padding-left: 2rem; }
.row .name { overflow-wrap: anywhere; }
.row .name.inner { padding-left: 1.25rem; }
.row[open] > summary { background: var(--soft); }
.row > .content { padding: .75rem 1.25rem 1.5rem 2rem; border-top: 1px solid var(--line); }

.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
.picture { background: var(--card); margin-top: .75rem; }
.picture svg { display: block; }
.picture text { font: 12px var(--mono); fill: var(--text); stroke: none; white-space: pre; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .8rem; text-align: left; vertical-align: baseline; }
th { color: var(--dim); font-weight: 500; font-size: .8rem; background: var(--soft); }
tbody tr { border-top: 1px solid var(--line); }

.command { display: flex; gap: .75rem; align-items: center; background: var(--soft); border-radius: 8px; padding: .5rem .5rem .5rem 1rem; }
.command code { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.failures { margin: .75rem 0 0; padding: 0; list-style: none; }
.failures li { padding: .2rem 0; overflow-wrap: anywhere; }

@media (max-width: 640px) {
  main, footer { padding: .75rem; }
  h1 { font-size: 1.2rem; }
  .banner { padding: 1rem; gap: .75rem; }
  .banner .sign { width: 1.8rem; height: 1.8rem; font-size: 1.05rem; }
  .columns.head { display: none; }
  .row > summary { padding-left: 1rem; }
  .row > .content { padding: .75rem .75rem 1.25rem; }
}
@media print {
  .filter, .command button { display: none; }
  body { background: none; }
}
)css";

}  // namespace heddle::report
