import { type Html, html } from '../http/html.ts';
import type { PreviewDashboard } from './dashboard.ts';
import { heatmapPanel, statesPanel } from './grids.ts';
import { linesPanel } from './lines.ts';
import { barsPanel, numbersPanel } from './numbers.ts';
import type { Mark, PanelData, Window } from './query.ts';
import type { Size } from './size.ts';
import { tablePanel } from './table.ts';

const COLUMNS = 24;
/** Of Grafana's grid, with its gap. */
const ROW_PX = 38;
const GAP_PX = 8;
const HEAD_PX = 64;
const TITLE_PX = 30;
const PADDING_PX = 16;

export interface PreviewPage {
  readonly dashboard: PreviewDashboard;
  readonly panels: readonly PanelData[];
  readonly marks: readonly Mark[];
  readonly window: Window;
  /** The Prometheus that was asked. */
  readonly place: string;
  readonly width: number;
}

/** Height of the whole page, pixels. */
export function pageHeight({ panels }: Pick<PreviewPage, 'panels'>): number {
  const rows = Math.max(0, ...panels.map(({ panel: { place } }) => place.y + place.h));
  return HEAD_PX + rows * ROW_PX + GAP_PX;
}

/** One page without scripts that looks about as Grafana would draw it, and says that it did not. */
export function previewPage(page: PreviewPage): string {
  const { dashboard, panels, window, place, width } = page;
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${dashboard.title} (preview, not Grafana)</title><style>${STYLE}</style></head>
<body style="width:${width}px;height:${pageHeight(page)}px"><header><h1>${dashboard.title}</h1><p>${time(window.startSeconds)} to ${time(window.endSeconds)} UTC, asked of ${place}</p><strong>preview, not Grafana</strong></header>
${panels.map((data) => panelBox(data, page))}</body></html>
`.text;
}

function panelBox(data: PanelData, page: PreviewPage): Html {
  const { panel } = data;
  const unit = (page.width - GAP_PX) / COLUMNS;
  const { x, y, w, h } = panel.place;
  const top = HEAD_PX + y * ROW_PX;
  const [width, height] = [Math.floor(w * unit - GAP_PX), h * ROW_PX - GAP_PX];
  const box = `left:${Math.floor(GAP_PX + x * unit)}px;top:${top}px;width:${width}px;height:${height}px`;
  if (panel.type === 'row') return html`<h2 style="${box}">${panel.title}</h2>`;
  const size = { width: width - PADDING_PX, height: height - TITLE_PX - PADDING_PX / 2 };
  return html`<section style="${box}"><h3>${panel.title}</h3>${content(data, size, page)}</section>
`;
}

function content(data: PanelData, size: Size, { window, marks }: PreviewPage): Html {
  const problem = data.answers.find((answer) => answer.problem !== '')?.problem;
  if (problem !== undefined) return html`<p class="problem">${problem}</p>`;
  if (data.answers.every(({ series }) => series.every(({ points }) => points.size === 0)))
    return html`<p class="none">${data.panel.noValue}</p>`;
  switch (data.panel.type) {
    case 'timeseries':
      return linesPanel(data, size, window, marks);
    case 'stat':
      return numbersPanel(data, size, window);
    case 'bargauge':
      return barsPanel(data, size);
    case 'table':
      return tablePanel(data, size);
    case 'heatmap':
      return heatmapPanel(data, size, window);
    case 'state-timeline':
      return statesPanel(data, size, window);
    default:
      return html`<p class="none">panels of type ${data.panel.type} are not drawn in a preview</p>`;
  }
}

const STYLE = html`*{box-sizing:border-box;margin:0}
body{position:relative;background:#f4f5f5;color:#24292e;font:12px/1.4 Inter,"DejaVu Sans",Helvetica,Arial,sans-serif;overflow:hidden}
header{position:absolute;left:8px;right:8px;top:8px;height:48px;display:flex;align-items:center;gap:16px}
h1{font-size:18px;font-weight:600}
header p{color:#6b7280;flex:1}
header strong{border:1px solid #fa6400;color:#b34700;background:#fff4e8;border-radius:3px;padding:3px 10px}
h2,section{position:absolute}
h2{font-size:14px;font-weight:600;display:flex;align-items:center;padding-left:4px}
section{background:#fff;border:1px solid #dcdde0;border-radius:3px;padding:0 8px 8px;overflow:hidden}
h3{font-size:13px;font-weight:600;line-height:30px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
svg{display:block;font-size:11px}
.legend{list-style:none;padding:0;height:51px;overflow:hidden;display:flex;flex-wrap:wrap;align-content:flex-start;column-gap:12px;font-size:11px;line-height:17px}
.legend li{max-width:100%;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.legend i{display:inline-block;width:12px;height:3px;border-radius:1px;margin-right:5px;vertical-align:middle}
.numbers{display:flex}
.numbers div{display:flex;flex-direction:column;justify-content:center;align-items:center;position:relative;overflow:hidden}
.numbers small{color:#6b7280;font-size:12px}
.numbers b{line-height:1.3;white-space:nowrap}
.numbers svg{position:absolute;bottom:0;left:0}
.bars div{display:flex;align-items:center;gap:8px}
.bars span{width:34%;text-align:right;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.bars u{flex:1;height:60%;background:#eceef0;text-decoration:none}
.bars i{display:block;height:100%}
.bars b{width:70px}
table{border-collapse:collapse;width:100%;table-layout:fixed}
th,td{height:24px;padding:0 8px 0 0;text-align:left;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;border-bottom:1px solid #eceef0}
th{color:#1f60c4;font-weight:600}
.figure{font-variant-numeric:tabular-nums}
.none,.problem{position:absolute;inset:30px 16px 8px;display:flex;align-items:center;justify-content:center;text-align:center;color:#6b7280}
.problem{color:#c4162a}`;
