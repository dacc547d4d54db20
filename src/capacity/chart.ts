import { type Html, html, Html as Markup } from '../http/html.ts';
import type { Row } from './history.ts';
import { figure } from './words.ts';

const [WIDTH, HEIGHT] = [520, 150];
const LEFT = 62;
const RIGHT = 22;
const [TOP, BOTTOM] = [14, 24];
/** Of the width, for what is foreseen. */
const MOST_AHEAD = 1;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;

/** Daily peaks against the limit, with what is foreseen: inline SVG. */
export function chartOf(row: Row, endSeconds: number): Html {
  const { days, limit, resource, forecast } = row;
  const count = days.length;
  const left = forecast.daysLeft?.estimate ?? null;
  const ahead = left === null ? 0 : Math.min(Math.max(left * 1.15, 2), count * MOST_AHEAD);
  const peaks = days.flatMap(({ peak }) => peak ?? []);
  const top = Math.max(limit ?? 0, ...peaks, ...days.map((day) => day.limit ?? 0), 1e-9) * 1.08;
  const x = (day: number) => LEFT + ((day + 0.5) / (count + ahead)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const name = (value: number | null) => figure(value, resource.unit, row.isShare);
  const width = Math.max(((WIDTH - LEFT - RIGHT) / (count + ahead)) * 0.68, 1.5);
  const bars = days.map(({ peak }, at) =>
    peak === null
      ? html`<rect class="gap" x="${round(x(at) - width / 2)}" y="${TOP}" width="${round(width)}" height="${HEIGHT - TOP - BOTTOM}"><title>${dateOf(endSeconds, count - 1 - at)}: not seen as a whole</title></rect>`
      : html`<rect class="bar" x="${round(x(at) - width / 2)}" y="${round(y(peak))}" width="${round(width)}" height="${round(y(0) - y(peak))}"><title>${dateOf(endSeconds, count - 1 - at)}: ${name(peak)}</title></rect>`,
  );
  const ticks = [0, Math.floor((count - 1) / 2), count - 1];
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Daily peaks of ${resource.title}, ${count} days">
<line class="axis" x1="${LEFT}" y1="${round(y(0))}" x2="${WIDTH - RIGHT}" y2="${round(y(0))}"/>
${bars}
${limitLine(row, { x, y, count })}
${limit === null ? null : html`<text class="num" x="${LEFT - 6}" y="${round(y(limit) + 4)}">${name(limit)}</text>`}
<text class="num" x="${LEFT - 6}" y="${round(y(0) + 4)}">0</text>
${foreseen(row, { x, y, count, ahead })}
${ticks.map((at) => html`<text class="day" x="${round(x(at))}" y="${HEIGHT - 8}">${dateOf(endSeconds, count - 1 - at)}</text>`)}
</svg>`;
}

interface Scales {
  readonly x: (day: number) => number;
  readonly y: (value: number) => number;
  readonly count: number;
}

/** The limit as it was, and on to the right. */
function limitLine({ days, limit }: Row, { x, y }: Scales): Html | null {
  if (limit === null) return null;
  let before = days.find((day) => day.limit !== null)?.limit ?? limit;
  const points = [`M${round(x(-0.5))} ${round(y(before))}`];
  days.forEach((day, at) => {
    if (day.limit === null || day.limit === before) return;
    points.push(`L${round(x(at - 0.5))} ${round(y(before))}L${round(x(at - 0.5))} ${round(y(day.limit))}`);
    before = day.limit;
  });
  points.push(`L${WIDTH - RIGHT} ${round(y(limit))}`);
  // Numbers only, and longer than what a text may be.
  return html`<path class="limit" d="${new Markup(points.join(''))}"><title>limit</title></path>`;
}

function foreseen({ forecast, days, limit }: Row, { x, y, count, ahead }: Scales & { ahead: number }): Html | null {
  const { daysLeft, isCertain } = forecast;
  const last = days.findLast(({ peak }) => peak !== null)?.peak ?? null;
  if (daysLeft === null || limit === null || last === null || ahead === 0) return null;
  const share = Math.min(ahead / Math.max(daysLeft.estimate, 0.01), 1);
  const end = { x: x(count - 1 + daysLeft.estimate * share), y: y(last + (limit - last) * share) };
  return html`<line class="${isCertain ? 'ahead' : 'ahead unsure'}" x1="${round(x(count - 1))}" y1="${round(y(last))}" x2="${round(end.x)}" y2="${round(end.y)}"><title>${isCertain ? 'if it goes on as seen' : 'uncertain'}</title></line>`;
}

function dateOf(endSeconds: number, daysBefore: number): string {
  const date = new Date(endSeconds * 1000 - daysBefore * DAY_MS);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
