/** Style of the report: inline, light and dark, also on paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1a1c1f;--dim:#5c626b;--line:#e3e3df;--soft:#efefec;--link:#1a56b0;
--red:#b3261e;--amber:#8a5300;--green:#1b6b3a;--bar:#8aa6cf;--gap:#dcdcd8}
@media (prefers-color-scheme:dark){:root{--bg:#111315;--card:#191c1f;--ink:#e6e7e8;--dim:#a0a6ae;--line:#2d3135;--soft:#22262a;--link:#8ab8f8;
--red:#ff9188;--amber:#f2c26b;--green:#7fd79c;--bar:#52709c;--gap:#33383d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:20px 24px 40px}
h1{margin:0 0 6px;font-size:25px;letter-spacing:-.018em}h2{margin:0 0 8px;font-size:17px}section{margin-top:26px}
p{margin:4px 0;overflow-wrap:anywhere}.dim{color:var(--dim);font-size:13.5px}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px}.empty{padding:14px 18px}
.list{margin:0;padding:10px 18px 10px 34px}.list li{margin:3px 0;overflow-wrap:anywhere}
.actions{list-style:none;margin:0;padding:0}.actions li{margin-top:8px;padding:10px 18px;border-left-width:6px}
.actions .now{border-left-color:var(--red)}.actions .soon{border-left-color:var(--amber)}.actions .watch{border-left-color:var(--link)}
.tag{display:inline-block;padding:0 7px;border:1px solid currentColor;border-radius:4px;font-size:12px;font-weight:700;text-transform:uppercase;letter-spacing:.05em}
.now .tag{color:var(--red)}.soon .tag{color:var(--amber)}.watch .tag{color:var(--link)}
code{padding:1px 5px;border-radius:4px;background:var(--soft);font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:14px}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}tbody tr:last-child td{border-bottom:0}
th{color:var(--dim);font-size:12.5px;white-space:nowrap}.r{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td:first-child{white-space:nowrap}td:nth-child(2){overflow-wrap:anywhere;min-width:150px}.use{white-space:nowrap;font-variant-numeric:tabular-nums}.unsure{color:var(--dim);font-style:italic}
.meter{width:60px;height:8px}.meter .rest{fill:var(--soft)}.meter .fine{fill:var(--green)}.meter .high{fill:var(--amber)}.meter .full{fill:var(--red)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:12px}
figure{margin:0;padding:12px 14px;break-inside:avoid}figcaption{font-size:14px;overflow-wrap:anywhere}figure svg{display:block;width:100%;height:auto;margin-top:6px}
.days{font-weight:600}.days.unsure{font-weight:400}
svg .bar{fill:var(--bar)}svg .gap{fill:var(--gap);opacity:.6}svg .axis{stroke:var(--line)}svg .limit{fill:none;stroke:var(--red);stroke-width:1.5}
svg .ahead{stroke:var(--ink);stroke-width:1.6}svg .ahead.unsure{stroke:var(--dim);stroke-dasharray:4 4}
svg text{fill:var(--dim);font-size:11.5px}svg .num{text-anchor:end}svg .day{text-anchor:middle}
.legend{display:flex;flex-wrap:wrap;align-items:center;gap:2px 6px;margin:0 0 8px;color:var(--dim);font-size:13px}
.k{display:inline-block;width:18px;height:10px;margin-left:8px}.k:first-child{margin-left:0}.k.bar{background:var(--bar)}.k.gap{background:var(--gap)}
.k.limit{height:0;border-top:2px solid var(--red)}.k.ahead{height:0;border-top:2px solid var(--ink)}.k.ahead.unsure{border-top:2px dashed var(--dim)}
@media print{body{background:#fff}.card{border-color:#ccc}}
`;
