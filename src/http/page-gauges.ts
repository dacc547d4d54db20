import type { HistoryFamily, HistoryReport, HistoryRow } from '../metrics/history.ts';
import { HISTORY_STEP_MS } from '../metrics/history.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { sparkline } from './page-sparkline.ts';
import { countOf, formatCount, formatShare } from './page-words.ts';

interface Words {
  readonly title: string;
  readonly unit: string;
  /** It grows; else it is a level. */
  readonly isGrowth: boolean;
}

const WORDS: Readonly<Record<HistoryFamily, Words>> = {
  badgateway_listen_overflows_total: { title: 'Accept queue overflows', unit: 'SYN', isGrowth: true },
  badgateway_listen_drops_total: { title: 'Drops by listeners', unit: 'SYN', isGrowth: true },
  badgateway_listen_queue_length: { title: 'Accept queue', unit: 'connection', isGrowth: false },
  badgateway_conntrack_entries: { title: 'Tracked connections', unit: 'entry', isGrowth: false },
  badgateway_conntrack_drops_total: { title: 'Drops by conntrack', unit: 'packet', isGrowth: true },
  badgateway_worker_connections_used: {
    title: 'Connections of the fullest worker',
    unit: 'connection',
    isGrowth: false,
  },
  badgateway_worker_open_fds: { title: 'Open files of the fullest worker', unit: 'file', isGrowth: false },
};
const MOST_QUIET = 76;
const MOST_LOUD = 24;
/** Worth a look; alerts have their own thresholds. */
const HIGH = 0.8;
const RECENT_STEPS = 300_000 / HISTORY_STEP_MS;

type Level = 'now' | 'earlier' | 'quiet';

interface Row {
  readonly row: HistoryRow;
  readonly words: Words;
  readonly level: Level;
  /** Sorts within a level. */
  readonly weight: number;
}

/** Kernel and worker gauges of the last half hour: what grew or is high first, the quiet ones folded. */
export function gaugesSection({ rows, leftOut }: HistoryReport): Html {
  const all = rows.map(rank).sort((a, b) => b.weight - a.weight);
  const at = (level: Level) => all.filter((one) => one.level === level);
  const loud = [...at('now'), ...at('earlier')];
  const quiet = at('quiet');
  // One of each kind stays in sight, so that one sees that it is measured.
  const kinds = new Set(loud.map(({ row }) => row.family));
  const firsts = quiet.filter(({ row }) => !kinds.has(row.family) && kinds.add(row.family));
  const folded = [...loud.slice(MOST_LOUD), ...quiet.filter((one) => !firsts.includes(one))];
  const nothing = html`<p class="empty"><b>Nothing is measured yet.</b> Values appear after two steps of 15 s, if a kernel or a worker can be read.</p>`;
  return html`<section id="kernel" aria-labelledby="kernel-title"><h2 id="kernel-title">Kernel and workers<span class="dim">last 30 min, in steps of 15 s</span></h2><div class="card">${
    all.length === 0 ? nothing : table([...loud.slice(0, MOST_LOUD), ...firsts])
  }${
    folded.length > 0 &&
    html`<details class="fold" id="kernel-more"><summary>${countOf(folded.length, 'more gauge')}${isQuiet(folded) && ', all quiet'}</summary>${table(folded.slice(0, MOST_QUIET))}${
      folded.length > MOST_QUIET &&
      html`<p class="line dim small">and ${formatCount(folded.length - MOST_QUIET)} more in /metrics</p>`
    }</details>`
  }${leftOut > 0 && html`<p class="line dim small">${countOf(leftOut, 'more series', 'more series')} not remembered, see /metrics</p>`}</div></section>`;
}

/** None is loud, and none unknown. */
function isQuiet(rows: readonly Row[]): boolean {
  return rows.every(({ level, row }) => level === 'quiet' && !Number.isNaN(row.values[row.values.length - 1]));
}

function table(rows: readonly Row[]): Html {
  return html`<table class="gauges"><thead><tr><th scope="col">Gauge</th><th scope="col">Last 30 min</th><th scope="col">Now</th><th scope="col">Where</th></tr></thead><tbody>${rows.map(rowOf)}</tbody></table>`;
}

function rowOf({ row, words, level }: Row): Html {
  const { values, limit, labels } = row;
  const marks: Readonly<Record<Level, string>> = words.isGrowth
    ? { now: 'growing', earlier: 'grew', quiet: '' }
    : { now: 'high', earlier: 'was high', quiet: '' };
  const mark = html` <span class="pill ${level === 'now' ? 'failed' : 'not_permitted'}">${marks[level]}</span>`;
  return html`<tr><td>${words.title}${level !== 'quiet' && mark}</td><td>${sparkline(values, limit ?? 0)}</td><td>${
    words.isGrowth ? growthText(values, words.unit) : levelText(values, limit, words.unit)
  }</td><td class="dim small"><bdi>${placeOf(labels)}</bdi></td></tr>`;
}

function growthText(values: Float32Array, unit: string): Html {
  if (Number.isNaN(values[values.length - 1]))
    return html`not known<span class="dim small">, +${formatCount(sum(values))} before</span>`;
  const recent = sum(values.subarray(-RECENT_STEPS));
  return html`<b>+${formatCount(recent)}</b> ${plural(unit, recent)} in 5 min<span class="dim small">, +${formatCount(sum(values))} in 30 min</span>`;
}

function levelText(values: Float32Array, limit: number | null, unit: string): Html {
  const now = values[values.length - 1];
  const peak = most(values);
  if (Number.isNaN(now))
    return html`not known<span class="dim small">, peak ${formatCount(peak)} ${plural(unit, peak)}</span>`;
  const of = limit === null ? html` ${plural(unit, now)}` : html` of ${formatCount(limit)} ${plural(unit, limit)}`;
  const share = limit !== null && limit > 0 && html` (${formatShare(now / limit)})`;
  return html`<b>${formatCount(now)}</b>${of}${share}<span class="dim small">, peak ${formatCount(peak)}</span>`;
}

function rank(row: HistoryRow): Row {
  const words = WORDS[row.family];
  const { values, limit } = row;
  if (words.isGrowth) {
    const recent = sum(values.subarray(-RECENT_STEPS));
    const all = sum(values);
    return { row, words, level: recent > 0 ? 'now' : all > 0 ? 'earlier' : 'quiet', weight: recent || all };
  }
  const use = (value: number) => (limit !== null && limit > 0 && value > 0 ? value / limit : 0);
  const now = use(values[values.length - 1]);
  const peak = use(most(values));
  return { row, words, level: now >= HIGH ? 'now' : peak >= HIGH ? 'earlier' : 'quiet', weight: now || peak };
}

function placeOf({ namespace, pod, netns, port, gateway }: HistoryRow['labels']): string {
  const owner = pod ? `${namespace ? `${namespace}/` : ''}${pod}` : (gateway ?? '');
  const network = owner === '' && netns ? (netns === 'host' ? 'host network' : `network ${netns}`) : owner;
  return [network === '' ? 'this machine' : network, port ? `port ${port}` : ''].filter(Boolean).join(', ');
}

function plural(unit: string, count: number): string {
  if (count === 1) return unit;
  return unit.endsWith('y') ? `${unit.slice(0, -1)}ies` : `${unit}s`;
}

function sum(values: Float32Array): number {
  let all = 0;
  for (const value of values) if (!Number.isNaN(value)) all += value;
  return all;
}

function most(values: Float32Array): number {
  let best = 0;
  for (const value of values) if (!Number.isNaN(value)) best = Math.max(best, value);
  return best;
}
