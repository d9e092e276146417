#include "cli/page/trace_view.h"

namespace heddle::cli {

// Arrows differ by dashes and width, too, not by colour alone.  Holds no < and no &.
const std::string_view kTraceStyle = R"css(
:root { --columns: 1.25rem minmax(0, 1fr) 6.6rem 3.6rem minmax(0, 17rem) 6rem 4.5rem .6rem; --wide: 2 / 5; }
:root { --reads: #2f6fd0; --sync: #17713a; --before: #5b8f6c; --weak: #b45309; --handler: #fdf6e3; --lane: #ccd3dc; }
@media (prefers-color-scheme: dark) {
  :root { --reads: #6fa8ff; --sync: #5fd08a; --before: #4f9169; --weak: #f59e4b; --handler: #2c2718; --lane: #3b4552; }
}
.message { color: var(--text); font-weight: 600; overflow-wrap: anywhere; }
.numbers { font-size: .85rem; margin-top: 1rem; }
.why { margin: 0; padding-left: 1.2rem; }
.why li { margin: .3rem 0; overflow-wrap: anywhere; }
.why .lead { font-weight: 600; }
.plain { margin-top: .75rem; }
.plain > summary { list-style: none; color: var(--dim); font-size: .9rem; padding: .2rem 0; }
.plain > summary::before { content: "▸ "; }
.plain[open] > summary::before { content: "▾ "; }
.execution { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem 1.5rem; margin-top: 1.25rem; }

.heads { position: absolute; }
.picture .cpu { fill: var(--soft); stroke: none; }
.picture .cpu-name { font-weight: 600; text-anchor: middle; }
.picture .where, .picture .n { fill: var(--dim); }
.picture .code { fill: var(--text); opacity: .8; }
.lane { stroke: var(--lane); stroke-width: 2; stroke-dasharray: 2 5; }
.guide { stroke: var(--lane); stroke-dasharray: 1 5; }
.handler { fill: var(--handler); stroke: var(--weak); stroke-opacity: .5; stroke-dasharray: 4 3; }
.event rect { fill: var(--card); stroke: var(--lane); }
.event.marked rect { fill: var(--bad-soft); stroke: var(--bad); stroke-width: 1.5; }
.event.marked .n { fill: var(--bad); font-weight: 700; }
.event:target rect { stroke: var(--link); stroke-width: 3; }
.arrow path { fill: none; stroke: var(--arrow); stroke-width: 1.6; }
.head path { fill: var(--arrow); }
.reads { --arrow: var(--reads); } .reads path { marker-end: url(#head-reads); }
.sync { --arrow: var(--sync); } .sync path { marker-end: url(#head-sync); stroke-width: 2.4; }
.before { --arrow: var(--before); } .before path { marker-end: url(#head-before); stroke-dasharray: 9 4; }
.weak { --arrow: var(--weak); } .weak path { marker-end: url(#head-weak); stroke-dasharray: 2 3; stroke-width: 2; }
.missing { --arrow: var(--bad); } .missing path { marker-end: url(#head-missing); stroke-dasharray: 7 5; stroke-width: 2.4; }
.head path { marker-end: none; stroke-dasharray: none; }
.arrow:hover path { stroke-width: 4; }
.picture .label {
  font: 600 11px system-ui, "Liberation Sans", Arial, sans-serif; fill: var(--arrow); text-anchor: middle;
  paint-order: stroke; stroke: var(--card); stroke-width: 4px;
}
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin-top: .5rem; font-size: .82rem; color: var(--dim); }
.legend span { display: inline-flex; gap: .35rem; align-items: center; }
.question { font-weight: 400; color: var(--dim); font-size: .88rem; margin-left: .75rem; }
.star { color: var(--bad); font-family: var(--mono); }

@media (max-width: 640px) {
  .checks .columns { display: flex; flex-wrap: wrap; position: relative; padding-right: 2rem; gap: .1rem .7rem; }
  .checks .columns.head { display: none; }
  .checks summary.columns::after { position: absolute; right: 1rem; top: 1.05rem; }
  .checks .name { flex: 1 0 calc(100% - 3rem); }
  .checks .name.inner { padding-left: 0; }
  .checks .verdict { flex: 0 1 auto; }
  .question { display: block; margin: 0; }
  .checks .executions, .checks .seconds, .checks .traps { display: none; }
  .checks .row .model { margin-left: 1.95rem; min-width: 3rem; }
  .checks .group > summary .verdict { margin-left: 1.95rem; }
}
)css";

}  // namespace heddle::cli
