#include "cli/page/results_page.h"

namespace heddle::cli {

// Heat is one hue, and its text has a contrast of at least 4.5 on every step, in light and dark.
// Holds no < and no &.
const std::string_view kResultsStyle = R"css(
:root {
  --columns: 1.25rem minmax(0, 1fr) 9rem 10.5rem .6rem;
  --heat1: #edf3fb; --heat2: #d9e7f7; --heat3: #bed6f1; --heat4: #9cc1e9; --heat5: #2f74b8; --heat6: #1f5a99; --heat7: #123f73;
  --cool-text: #1b2430; --heat-text: #ffffff; --guide: #ccd3dc;
  --line0: #2f6fd0; --line1: #b45309; --line2: #17713a; --line3: #8a3ab9; --line4: #5a6675; --line5: #0f7c86;
}
@media (prefers-color-scheme: dark) {
  :root {
    --heat1: #1d2a3a; --heat2: #20344c; --heat3: #24425f; --heat4: #285073; --heat5: #6aa5dd; --heat6: #8dbdeb; --heat7: #b7d6f5;
    --cool-text: #e4e9f0; --heat-text: #0e1621; --guide: #3b4552;
    --line0: #6fa8ff; --line1: #f59e4b; --line2: #5fd08a; --line3: #cf9bf2; --line4: #98a5b5; --line5: #4fc4cf;
  }
}
.runs .group > .content { padding: .25rem 1rem 1.25rem; }
.natives { --columns: 1.25rem minmax(0, 1fr) 10rem 9rem 6.5rem 5rem .6rem; }
.crashes { --columns: 1.25rem 3rem minmax(0, 12rem) minmax(0, 1fr) 7.5rem 10.5rem .6rem; }
.natives .row > summary { padding-left: 1rem; }
.natives .row > .content { padding: .75rem 1rem 1.5rem; }
.natives .what { overflow-wrap: anywhere; }
.message { font-weight: 600; overflow-wrap: anywhere; }
.numbers { font-size: .85rem; }
.controls { margin: .25rem 0; padding-left: 1.2rem; font-size: .9rem; }
.controls li { overflow-wrap: anywhere; }

.heat { width: auto; min-width: 100%; }
.heat th:first-child, .heat td:first-child { position: sticky; left: 0; background: var(--card); box-shadow: 1px 0 var(--line); }
.heat th:first-child { background: var(--soft); }
.heat tr.bad td:first-child { box-shadow: inset 4px 0 var(--bad); }
.heat .cell { white-space: nowrap; border-left: 1px solid var(--card); }
.heat .cell b { font-weight: 600; }
.heat .cell small { display: block; }
.heat0 { color: var(--dim); }
.heat1, .heat2, .heat3, .heat4 { color: var(--cool-text); }
.heat5, .heat6, .heat7 { color: var(--heat-text); }
.heat1 { background: var(--heat1); } .heat2 { background: var(--heat2); } .heat3 { background: var(--heat3); }
.heat4 { background: var(--heat4); } .heat5 { background: var(--heat5); } .heat6 { background: var(--heat6); }
.heat7 { background: var(--heat7); }
.hot { background: var(--bad-soft); color: var(--bad); font-weight: 700; box-shadow: inset 0 0 0 2px var(--bad); }
.legend { font-size: .82rem; color: var(--dim); display: flex; flex-wrap: wrap; gap: .15rem 1rem; align-items: center; }
.legend .step { display: inline-block; min-width: 1.5rem; text-align: center; padding: 0 .4rem; }
.legend.steps { gap: .15rem 0; }
.legend .step.hot { margin-left: .5rem; }

.picture .axis { text-anchor: end; fill: var(--dim); }
.picture .axis.first { text-anchor: start; }
.guide { stroke: var(--guide); stroke-dasharray: 1 5; }
.rate path { fill: none; stroke: var(--series); stroke-width: 2.4; }
.line0 { --series: var(--line0); } .line1 { --series: var(--line1); } .line2 { --series: var(--line2); }
.line3 { --series: var(--line3); } .line4 { --series: var(--line4); } .line5 { --series: var(--line5); }
.line1 path { stroke-dasharray: 9 3; } .line2 path { stroke-dasharray: 2 3; } .line3 path { stroke-dasharray: 9 3 2 3; }
.line4 path { stroke-dasharray: 5 5; } .line5 path { stroke-dasharray: 14 4; }
.failed path { stroke: var(--bad); stroke-width: 2; }

.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.75rem; margin: .5rem 0; }
.facts dt { color: var(--dim); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.registers { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: .15rem 1rem; background: var(--soft); border-radius: 8px; padding: .6rem .9rem; overflow-wrap: anywhere; }
.operations th:first-child { width: 1%; white-space: nowrap; }
.operations td + td { min-width: 8.5rem; }
.knobs td { min-width: 5rem; }
.runs td .badge { white-space: nowrap; }
.knobs td { white-space: nowrap; }
mark { background: var(--bad-soft); color: var(--bad); font-weight: 700; padding: 0 .15rem; border-radius: 3px; }
.plain { margin: .5rem 0; }
.plain > summary { list-style: none; color: var(--dim); font-size: .9rem; padding: .2rem 0; }
.plain > summary::before { content: "▸ "; }
.plain[open] > summary::before { content: "▾ "; }
.row .content code, .row .content p { overflow-wrap: anywhere; }
.heat td:last-child { min-width: 16rem; }
.heat code { white-space: nowrap; }

@media (max-width: 640px) {
  .runs .columns { display: flex; flex-wrap: wrap; position: relative; padding-right: 2rem; gap: .1rem .7rem; }
  .runs summary.columns::after { position: absolute; right: 1rem; top: 1.05rem; }
  .runs .columns .name { flex: 1 0 calc(100% - 3rem); }
  .crashes .columns .name { flex: 1 0 calc(100% - 6rem); }
  .crashes .columns .what { flex: 1 0 100%; }
  .runs .columns .verdict, .runs .columns .where, .group > summary .when { margin-left: 0; }
  .runs .group > .content { padding: .25rem .6rem 1rem; }
  .natives .columns .seconds { display: none; }
}
)css";

}  // namespace heddle::cli
