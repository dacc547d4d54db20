import { createHash } from 'node:crypto';

/** The whole style of the page. Inline, so the page is one answer; allowed by its hash in the CSP. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16191d;--dim:#5d6672;--line:#e1e5ea;--soft:#f0f2f5;--link:#0b57c4;
--red:#c02626;--redbg:#fdecec;--amber:#965b00;--amberbg:#fff3dc;--green:#19713b;--greenbg:#e4f5ea;--grey:#5d6672;--greybg:#eceff3;--bar:#c95353}
@media (prefers-color-scheme:dark){:root{--bg:#0f1216;--card:#171b21;--ink:#e7eaee;--dim:#98a2af;--line:#2a3038;--soft:#1d222a;--link:#7fb2ff;
--red:#ff8a80;--redbg:#3a1a1c;--amber:#f5c063;--amberbg:#36280f;--green:#75d79a;--greenbg:#13301f;--grey:#98a2af;--greybg:#252b33;--bar:#d3605d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
main,header,footer{max-width:1140px;margin:0 auto;padding:0 24px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px;padding-top:22px}
header b{font-size:20px;letter-spacing:-.02em}
header nav{margin-left:auto;display:flex;gap:18px}
.dim{color:var(--dim)}.small{font-size:13px}
.now{margin:16px 0 0;padding:18px 22px;border-radius:10px;border:1px solid transparent;border-left:6px solid}
.now h1{margin:0;font-size:24px;line-height:1.25;letter-spacing:-.015em}
.now p{margin:6px 0 0;overflow-wrap:anywhere}
.bad{background:var(--redbg);border-color:var(--red)}.bad h1{color:var(--red)}
.warn{background:var(--amberbg);border-color:var(--amber)}.warn h1{color:var(--amber)}
.good{background:var(--greenbg);border-color:var(--green)}.good h1{color:var(--green)}
section{margin-top:26px}
h2{margin:0 0 8px;font-size:16px;letter-spacing:-.01em}
h2 .dim{font-weight:400;font-size:13px;margin-left:6px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.empty{margin:0;padding:18px 20px;color:var(--dim)}.empty b{color:var(--ink)}
.verdict{display:grid;grid-template-columns:104px minmax(0,1fr) 96px;gap:0 18px;padding:13px 20px;border-top:1px solid var(--line)}
.verdict:first-child{border-top:0}
.verdict time{font-variant-numeric:tabular-nums}.verdict time span{display:block}
.verdict h3{margin:0;font-size:15px}
.verdict p{margin:2px 0 0}.verdict .count{text-align:right}
.count b{display:block;font-size:20px;line-height:1.2;font-variant-numeric:tabular-nums}
bdi,code{overflow-wrap:anywhere}
code,.mono{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 22px}
table{border-collapse:collapse;width:100%}
td,th{padding:9px 10px;text-align:left;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
tr:first-child td{border-top:0}
td:first-child,th:first-child{padding-left:20px}td:last-child,th:last-child{padding-right:20px}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}
.target{margin-top:3px}.name{white-space:nowrap;width:1%}.state{width:1%}
.pill{display:inline-block;padding:0 9px;border-radius:99px;font-size:12.5px;line-height:21px;font-weight:600;white-space:nowrap}
.pill.ok{color:var(--green);background:var(--greenbg)}.pill.failed{color:var(--red);background:var(--redbg)}
.pill.not_permitted{color:var(--amber);background:var(--amberbg)}.pill.absent{color:var(--grey);background:var(--greybg)}
svg.bar{display:block;width:100%;height:6px;margin-top:5px;border-radius:3px;background:var(--soft)}svg.bar rect{fill:var(--bar)}
ul{margin:0;padding:12px 20px 12px 38px}li{margin:2px 0;overflow-wrap:anywhere}
dl{margin:0;padding:12px 20px;display:grid;grid-template-columns:120px minmax(0,1fr);gap:5px 14px}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.words{padding:13px 20px;border-top:1px solid var(--line)}.words:first-child{border-top:0}.words h3{margin:0;font-size:15px}.words p{margin:2px 0 0}
.words:target{background:var(--amberbg)}
details{border-top:1px solid var(--line)}summary{padding:9px 20px;cursor:pointer;color:var(--link)}details table{border-top:1px solid var(--line)}
.line{margin:0;padding:9px 20px;display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 18px}h3.line{font-size:15px;border-top:1px solid var(--line)}.card>table{border-top:1px solid var(--line)}.card>table:first-child{border-top:0}
.old{margin:0;padding:9px 20px;background:var(--amberbg);color:var(--amber);border-top:1px solid var(--line)}.aged .upstreams,.aged details{opacity:.7}
footer{padding-top:24px;padding-bottom:32px}
@media (max-width:760px){.two{grid-template-columns:1fr}.verdict{grid-template-columns:1fr auto}.verdict>div:nth-child(2){grid-row:2;grid-column:1/3}main,header,footer{padding-left:14px;padding-right:14px}.opt{display:none}tr{display:block;padding:9px 0;border-top:1px solid var(--line)}tr:first-child{border-top:0}td{display:block;border:0;padding:1px 14px!important}.name,.state{display:inline-block;width:auto;padding-right:0!important}.num{text-align:left}.verdict,.words{padding:12px 14px}}
`;

let policy: string | undefined;

/** No script, no request to anywhere, no frame around it. Reckoned at the first page: OpenSSL is loaded for it. */
export function pageCsp(): string {
  if (policy === undefined) {
    const hash = createHash('sha256').update(STYLE).digest('base64');
    policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  }
  return policy;
}
