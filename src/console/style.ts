/**
 * The one style sheet, inline in every page: system fonts, light and dark, no picture and no other file. Colour never stands
 * alone: what it says is in words beside it.
 *
 * For pages: `card` (a surface), `grid` (cards side by side), `facts` (a `dl` of names and values), `badge` with `live`, `open`,
 * `warn` or `ended`, `notice` with `good`, `warn` or `bad`, `quiet` (small print), `timeline` (an `ol` of cards), `chips` (a `nav` of choices), `blockquote` (words of an agent), `num` (figures in a column), `scroll` (around a wide
 * table), `actions` (buttons in a row), `sr` (for screen readers alone). Buttons: plain, `primary`, `danger`.
 */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f7f5f0;--card:#fffefb;--ink:#1e1d1a;--soft:#5e5a52;--line:#ddd8cc;--track:#e8e4d9;--live:#0c6450;--livebg:#e0f0ea;--warn:#7a4b00;--warnbg:#fbeed3;--bad:#9c2419;--badbg:#fae5e1;--focus:#0b57d0;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#141512;--card:#1d1f1b;--ink:#ece9e0;--soft:#aca79b;--line:#383a33;--track:#31332d;--live:#63cfae;--livebg:#17342b;--warn:#e9bd6c;--warnbg:#3a2c10;--bad:#f59a8e;--badbg:#41201b;--focus:#8ab4f8;--on:#10110f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
.wrap{max-width:66rem;margin:0 auto;padding:0 1.25rem}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:.18em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99em}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:2}
.top{border-bottom:1px solid var(--line)}
.top .wrap{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.75rem;min-height:3.75rem;padding-block:.4rem}
.brand{display:flex;gap:.6rem;padding-block:.6rem;align-items:center;font:600 1.15rem/1 ui-serif,Georgia,serif;text-decoration:none}
.brand svg,.hue{color:var(--live)}
nav ul{display:flex;flex-wrap:wrap;list-style:none;margin:0 -.8rem;padding:0}nav li{margin:0}
nav a{display:block;padding:.55rem .8rem;color:var(--soft);text-decoration:none;border-radius:6px}
nav a:hover,nav a[aria-current]{color:var(--ink)}nav a[aria-current]{font-weight:600;box-shadow:inset 0 -2px var(--live);border-radius:0}
main.wrap{padding-block:2.5rem 3rem}
.head{margin-bottom:1.75rem}
h1,h2,h3{line-height:1.2;margin:0;text-wrap:balance}
h1{font:500 clamp(1.9rem,5vw,2.6rem)/1.12 ui-serif,Georgia,serif;letter-spacing:-.015em}
h2{font:500 1.35rem/1.25 ui-serif,Georgia,serif;margin:2.5rem 0 .9rem}
h3,.grid h2{font:600 1rem/1.3 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;margin:0}
p{margin:.4rem 0}
.lead{font-size:1.08rem;max-width:44rem;margin-top:.6rem}
.kicker,.quiet,figcaption,dt,th,summary,footer{color:var(--soft);font-size:.875rem}
.kicker{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center;margin:0 0 .5rem}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{white-space:pre-wrap;background:var(--track);padding:.75rem 1rem;border-radius:6px;margin:.6rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.25rem}
.card>:first-child{margin-top:0}.card>:last-child{margin-bottom:0}.card+.card{margin-top:1rem}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))}.grid .card{margin:0}
.big{display:block;font:500 1.75rem/1.2 ui-serif,Georgia,serif;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.badge{display:inline-block;font-size:.8125rem;font-weight:600;line-height:1;padding:.3rem .55rem;border-radius:99px;border:1px solid;background:var(--track);color:var(--soft)}
.badge.live{background:var(--livebg);color:var(--live)}.badge.warn{background:var(--warnbg);color:var(--warn)}.badge.ended{background:var(--badbg);color:var(--bad);border-style:dashed}
.notice{border-left:4px solid var(--soft)}.notice.good{border-left-color:var(--live)}.notice.warn{border-left-color:var(--warn)}.notice.bad{border-left-color:var(--bad)}
.warning{color:var(--warn)}.bad-text{color:var(--bad)}
.facts{display:grid;gap:.55rem 1.5rem;margin:0}.facts div{display:grid;grid-template-columns:8.5rem 1fr;gap:.1rem 1rem;align-items:baseline}dd{margin:0}
.tally{display:flex;gap:1.75rem;margin:.2rem 0 0}.tally div{display:flex;flex-direction:column-reverse}
ul,ol{padding-left:1.2rem;margin:.5rem 0}li{margin:.3rem 0}
table{border-collapse:collapse;width:100%;font-size:.9375rem}th,td{text-align:left;vertical-align:top;padding:.55rem .9rem .55rem 0;border-bottom:1px solid var(--line)}tr:last-child>*{border-bottom:0}
th,td .badge{overflow-wrap:normal}td .badge{white-space:nowrap}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:.4rem}.num{text-align:right;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}
summary{cursor:pointer;padding:.35rem 0}details[open]>summary{color:var(--ink)}
form{margin:0}label{display:block;font-weight:600;margin:.9rem 0 .3rem}
input,textarea,select{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:6px;padding:.5rem .7rem;width:100%;max-width:36rem}input[type=checkbox],input[type=radio]{width:auto}textarea{min-height:12rem;font:.86rem/1.5 ui-monospace,monospace}
button,.button{font:inherit;font-weight:600;line-height:1.2;display:inline-block;min-height:2.75rem;padding:.7rem 1.1rem;border:1px solid var(--soft);border-radius:8px;background:var(--card);color:var(--ink);cursor:pointer;text-decoration:none}
button:hover{border-color:var(--ink)}button[disabled]{opacity:.5;cursor:default}
.primary{background:var(--live);border-color:var(--live);color:var(--on)}.danger{background:var(--bad);border-color:var(--bad);color:var(--on)}
.actions,.wallet-choice{display:flex;flex-wrap:wrap;gap:.6rem;margin-top:.8rem}
.meter{margin:.7rem 0 0}.meter svg,.bars svg{display:block;width:100%}.meter svg{height:8px;border-radius:4px}.meter p{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;margin:.3rem 0 0;font-variant-numeric:tabular-nums}
.t{fill:var(--track)}.f{fill:var(--live)}.f.low{fill:var(--warn)}.f.none{fill:var(--bad)}.l{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 4}figure{margin:0}.limit{color:var(--bad)}
.tree,.tree ul{list-style:none;margin:0;padding:0}.tree ul{padding-left:1.6rem}
.tree li{position:relative;margin:.75rem 0 0}
.tree ul>li:before,.tree ul>li:not(:last-child):after{content:"";position:absolute;left:-.9rem;border:0 solid var(--soft);border-left-width:1.5px}
.tree ul>li:before{top:-.75rem;height:2.5rem;width:.9rem;border-bottom-width:1.5px;border-bottom-left-radius:8px}
.tree ul>li:not(:last-child):after{top:-.75rem;bottom:0}
.tree ul>li.ended:before{border-bottom-style:dashed;border-left-style:dashed}
.tree .card.ended{border-style:dashed;border-color:var(--soft);background:none}.tree .card{max-width:44rem}
.row{display:flex;flex-wrap:wrap;gap:.3rem .7rem;align-items:center;justify-content:space-between}
.timeline{list-style:none;padding:0;margin:0}.timeline>li{margin:0 0 1rem}
.chips ul{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;padding:0;margin:0 0 1.2rem}.chips a{padding:.35rem .8rem;border:1px solid var(--line);border-radius:99px}.chips a[aria-current]{box-shadow:none;border-color:var(--live);border-radius:99px}
blockquote{margin:.4rem 0;padding:.1rem 0 .1rem .9rem;border-left:3px dashed var(--warn)}textarea.short{min-height:3.5rem}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer.wrap{padding-block:1.5rem 3rem}
@media(max-width:40rem){nav a{padding:.4rem .8rem;font-size:.95rem}.facts div{grid-template-columns:1fr}.tree ul{padding-left:1rem}.tree ul>li:before,.tree ul>li:after{left:-.6rem!important}.tree ul>li:before{width:.6rem}}
@media(prefers-reduced-motion:no-preference){a,button{transition:border-color .15s,color .15s}}
@media print{.top nav,form,.skip{display:none}}
`.trim()
