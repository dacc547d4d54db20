/** The whole style of the page. Inline, so the page is one answer; allowed by its hash in the CSP. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1a1c1f;--dim:#5c626b;--line:#e3e3df;--soft:#efefec;--link:#1a56b0;
--red:#b3261e;--redbg:#fcebe9;--amber:#8a5300;--amberbg:#fff2da;--green:#1b6b3a;--greenbg:#e7f4ea;--grey:#545b64;--greybg:#ebecee;--bar:#8aa6cf;--blind:#2b2f36;--blindbg:#ecedf0}
@media (prefers-color-scheme:dark){:root{--bg:#111315;--card:#191c1f;--ink:#e6e7e8;--dim:#a0a6ae;--line:#2d3135;--soft:#22262a;--link:#8ab8f8;
--red:#ff9188;--redbg:#391a18;--amber:#f2c26b;--amberbg:#33270f;--green:#7fd79c;--greenbg:#142e1d;--grey:#a9b0b8;--greybg:#282c31;--bar:#52709c;--blind:#e3e5e8;--blindbg:#23272c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
a{color:var(--link);text-underline-offset:2px;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
main,.top,footer{max-width:1180px;margin:0 auto;padding:0 24px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;padding:6px 12px;background:var(--card);z-index:1}
.top{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;padding-top:16px;padding-bottom:12px}
.top b{font-size:17px;letter-spacing:-.015em}.top nav{margin-left:auto;display:flex;flex-wrap:wrap;gap:2px 16px}
.dim{color:var(--dim)}.small{font-size:13px}
.lost{margin:0 auto 12px;max-width:1132px;padding:10px 16px;border:2px solid var(--amber);border-radius:8px;background:var(--amberbg);color:var(--amber);font-weight:600}
.lost[hidden]{display:none}
.now{padding:16px 22px 18px;border-radius:8px;border:1px solid;border-left-width:10px}
.now h1{margin:2px 0 0;font-size:25px;line-height:1.25;letter-spacing:-.018em;overflow-wrap:anywhere;text-wrap:pretty}
.now p{margin:6px 0 0;overflow-wrap:anywhere}
.now p.kind{display:flex;align-items:center;gap:8px;margin:0;font-size:13px;font-weight:700;text-transform:uppercase;letter-spacing:.08em}
.kind svg{flex:none}.edge,.dash,.cut{fill:none;stroke:currentColor;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}.dash{stroke-dasharray:4 4}.cut{stroke:var(--redbg)}
.incident.now{background:var(--redbg);border-color:var(--red)}.incident.now h1,.incident.now .kind{color:var(--red)}
.look{background:var(--amberbg);border-color:var(--amber)}.look h1,.look .kind{color:var(--amber)}
.healthy{background:var(--greenbg);border-color:var(--green)}.healthy h1,.healthy .kind{color:var(--green)}
.blind{background:var(--blindbg);border:2px dashed var(--blind);border-left:10px double var(--blind)}.blind h1,.blind .kind{color:var(--blind)}
.missing{margin-top:10px;padding-top:8px;border-top:1px dashed currentColor}.missing p{margin:0}ul.unseen{padding:2px 0 0 20px}
.now .dim{color:inherit}
.next{overflow-wrap:anywhere}
section{margin-top:26px}main>section:first-child{margin-top:0}
h2{margin:0 0 8px;font-size:16px;letter-spacing:-.01em}h2 .dim{font-weight:400;font-size:13px;margin-left:8px}
h3{margin:0;font-size:16px;line-height:1.35;letter-spacing:-.008em;overflow-wrap:anywhere}
h4{margin:0 0 3px;font-size:13px;font-weight:650}h4 .dim{font-weight:400}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;overflow:hidden}
.card.incident{padding:13px 20px 14px;margin-top:10px}.over .card.incident{border-width:1px 0 0;border-radius:0;margin:0}
.card.incident>p,.card.incident>summary>p{margin:3px 0 0}
.meta{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 12px;font-size:13.5px;overflow-wrap:anywhere}
article .next{margin:10px 0 0!important;padding:8px 12px;border-left:3px solid var(--link);background:var(--soft)}
.figures{display:flex;flex-wrap:wrap;gap:8px 36px;padding:10px 0 0;margin:0}.figures dt{font-size:12.5px}.figures dd{font-size:17px;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.parts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:12px 32px;margin-top:10px;font-size:14px}
.parts ul,.parts ol{padding:0 0 0 17px}.parts ol.timeline{padding:0;list-style:none}
.timeline li{position:relative;padding-left:16px}.timeline li:before{content:"";position:absolute;left:1px;top:8px;width:7px;height:7px;border:1.5px solid var(--dim);border-radius:50%}
.timeline .failures:before{background:var(--red);border-color:var(--red);border-radius:0}.timeline .condition:before{border-color:var(--amber);transform:rotate(45deg);border-radius:0}
.timeline time{font-variant-numeric:tabular-nums;color:var(--dim);margin-right:4px}
.tag{display:inline-block;padding:0 6px;border:1px solid var(--line);border-radius:4px;font-size:12px;line-height:17px;color:var(--dim)}
.empty{margin:0;padding:16px 20px;color:var(--dim)}.empty b{color:var(--ink)}
bdi,code{overflow-wrap:anywhere}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
code.cmd{padding:2px 6px;border:1px solid var(--line);border-radius:4px;background:var(--card);color:var(--ink);user-select:all;-webkit-user-select:all;box-decoration-break:clone;-webkit-box-decoration-break:clone}
.lines{padding:8px 0 0;list-style:none}.lines li{padding:4px 0;border-top:1px solid var(--line)}.lines li:first-child{border:0}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 22px}
table{border-collapse:collapse;width:100%}
td,th{padding:7px 10px;text-align:left;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{font-size:12.5px;font-weight:500;color:var(--dim);padding-bottom:4px}thead tr:first-child th{border-top:0}
.parts table,.fold table{font-size:14px}.parts td,.parts th{padding-left:0;padding-right:8px}
.card>table td:first-child,.card>table th:first-child,.card>.fold td:first-child,.card>.fold th:first-child{padding-left:20px}
.card>table td:last-child,.card>table th:last-child,.card>.fold td:last-child,.card>.fold th:last-child{padding-right:20px}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}
.target{margin-top:3px}.name{white-space:nowrap;width:1%}.state{width:1%}
.pill{display:inline-block;padding:0 8px;border-radius:4px;font-size:12.5px;line-height:20px;font-weight:600;white-space:nowrap;text-decoration:none}
.pill.ok{color:var(--green);background:var(--greenbg)}.pill.failed{color:var(--red);background:var(--redbg)}
.pill.not_permitted{color:var(--amber);background:var(--amberbg)}.pill.absent{color:var(--grey);background:var(--greybg)}
.pill:before{font-weight:400;margin-right:5px}.pill.ok:before{content:"✓"/""}.pill.failed:before{content:"■"/""}.pill.not_permitted:before{content:"△"/""}.pill.absent:before{content:"–"/""}
svg.bar{display:block;width:100%;height:4px;margin-top:5px;border-radius:2px;background:var(--soft)}svg.bar rect{fill:var(--bar)}
svg.spark{display:block;width:150px;height:24px;border-bottom:1px solid var(--line)}.spark path{fill:none;stroke:var(--link);stroke-width:1.5;vector-effect:non-scaling-stroke}
.gauges td{font-variant-numeric:tabular-nums}
ul,ol{margin:0;padding:12px 20px 12px 38px}li{margin:1px 0;overflow-wrap:anywhere}
dl{margin:0;padding:12px 20px;display:grid;grid-template-columns:120px minmax(0,1fr);gap:5px 14px}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.words{padding:13px 20px;border-top:1px solid var(--line)}.words:first-child{border-top:0}.words h3{font-size:15px}.words p{margin:2px 0 0}
.words:target{background:var(--amberbg)}.words:target .dim{color:var(--ink)}
summary{cursor:pointer;color:var(--link)}summary h3{display:inline;color:var(--ink)}.card>.fold,.card>details.fold{border-top:1px solid var(--line)}.card>.fold>summary,.over>summary{padding:9px 20px}
.incident>.fold{margin-top:10px;padding-top:8px}.incident>.fold{border-top:1px solid var(--line)}.incident>.fold>summary{padding:0!important;font-size:14px}.incident>.fold td:first-child,.incident>.fold th:first-child{padding-left:0!important}
.incident>summary>p{padding-left:16px}.over{margin-top:10px}
.line{margin:0;padding:9px 20px;display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 18px}h3.line{font-size:15px;border-top:1px solid var(--line)}.card>.line+table{border-top:1px solid var(--line)}
.old{margin:0;padding:9px 20px;background:var(--amberbg);color:var(--amber);border-top:1px solid var(--line)}.aged .upstreams .pill{text-decoration:line-through}
footer{padding-top:22px;padding-bottom:32px}
@media (max-width:760px){
.two{grid-template-columns:minmax(0,1fr)}main,.top,footer{padding-left:12px;padding-right:12px}.top nav{margin-left:0;font-size:14px}.lost{margin-left:12px;margin-right:12px}
.now{padding:12px 14px 14px;border-left-width:8px}.now h1{font-size:21px}.card.incident{padding:12px 14px}.figures{gap:6px 22px}h2 .dim{display:block;margin:0}
thead{display:none}.parts thead,.fold thead{display:none}tr{display:block;padding:8px 0;border-top:1px solid var(--line)}tbody tr:first-child{border-top:0}td{display:block;border:0;padding:1px 14px!important}.incident td{padding-left:0!important}
.name,.state{display:inline-block;width:auto;padding-right:0!important}.num{text-align:left;white-space:normal}.num[data-unit]:after{content:" " attr(data-unit)}.words{padding:12px 14px}dl{grid-template-columns:minmax(0,1fr);gap:0;padding:10px 14px}.figures{padding:10px 0 0}dd+dt{margin-top:6px}
.empty,.line,.old,.card>.fold>summary,.over>summary{padding-left:14px;padding-right:14px}ul{padding-left:30px;padding-right:14px}svg.spark{width:100%;max-width:320px}}
`;
