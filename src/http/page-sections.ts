import { explanationOf } from '../causes/index.ts';
import type { Cause, CollectorState } from '../contract/names.ts';
import type { Target } from '../contract/unit.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { formatAgo, formatClock } from './page-time.ts';
import type { CollectorStatus, StatusReport, VerdictStatus } from './views.ts';

const MOST_VERDICTS = 50;
const MOST_TARGETS = 20;
const MOST_ROWS = 100;
const STATE_WORDS: Readonly<Record<CollectorState, string>> = {
  ok: 'ok',
  absent: 'absent',
  not_permitted: 'not permitted',
  failed: 'failed',
};

export function verdictsSection({ verdicts, collectors }: StatusReport, nowMs: number): Html {
  const shown = verdicts.slice(0, MOST_VERDICTS);
  const watching = collectors.some(({ state }) => state === 'ok');
  const nothing = watching
    ? html`<p class="empty"><b>No failure seen yet.</b> What is “ok” below is being watched; a failed request appears here within seconds.</p>`
    : html`<p class="empty"><b>Nothing is watched, so nothing can be seen.</b> “What was discovered” below says what was looked for and what to set.</p>`;
  return html`<section><h2>Last verdicts<span class="dim">newest first, times in UTC</span></h2>
<div class="card">${shown.length === 0 ? nothing : shown.map((verdict) => verdictRow(verdict, nowMs))}</div></section>`;
}

function verdictRow(verdict: VerdictStatus, nowMs: number): Html {
  const { at, gateway, proxy, cause, symptom, upstream, peer, count, evidence } = verdict;
  const where = [`${proxy} ${gateway}`.trim(), upstream && `upstream ${upstream}`].filter(Boolean);
  return html`<div class="verdict"><time datetime="${at}">${formatClock(at)}<span class="dim small">${formatAgo(at, nowMs)}</span></time>
<div><h3>${explanationOf(cause).title}${peer === '' ? null : html` <span class="dim">at</span> <code>${peer}</code>`}</h3>
<p class="dim small">${where.map((part, index) => html`${index === 0 ? null : ' → '}<bdi>${part}</bdi>`)} · symptom <bdi>${symptom}</bdi> · <a href="#cause-${cause}">what to do next</a></p>
${evidence === '' ? null : html`<p><bdi>${evidence}</bdi></p>`}</div>
<div class="count"><b>${formatCount(count)}</b><span class="dim small">${count === 1 ? 'failure' : 'failures'}</span></div></div>`;
}

export function totalsSection({ totals }: StatusReport): Html {
  const rows = [...totals].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const most = rows[0]?.count ?? 1;
  return html`<section><h2>Failures by cause<span class="dim">all counted so far</span></h2><div class="card">${
    rows.length === 0
      ? html`<p class="empty">None counted.</p>`
      : html`<table>${rows.slice(0, MOST_ROWS).map(
          ({ gateway, cause, count }) => html`<tr><td><a href="#cause-${cause}">${explanationOf(cause).title}</a>
<span class="dim small"><bdi>${gateway}</bdi></span><svg class="bar" aria-hidden="true"><rect width="${((100 * count) / most).toFixed(1)}%" height="6"/></svg></td>
<td class="num">${formatCount(count)}</td></tr>`,
        )}</table>`
  }</div></section>`;
}

export function collectorsSection({ collectors }: StatusReport, nowMs: number): Html {
  return html`<section><h2>What is watched</h2><div class="card">${
    collectors.length === 0
      ? html`<p class="empty"><b>No collector is enabled.</b> Enable one under <code>collectors</code> in the configuration file.</p>`
      : html`<table>${collectors.slice(0, MOST_ROWS).map((collector) => collectorRow(collector, nowMs))}</table>`
  }</div></section>`;
}

function collectorRow(collector: CollectorStatus, nowMs: number): Html {
  const { name, state, detail, lastSuccessAt, durationMs, targets } = collector;
  const hidden = targets.length - MOST_TARGETS;
  const last = lastSuccessAt === null ? 'never succeeded' : `ok ${formatAgo(lastSuccessAt, nowMs)}`;
  return html`<tr><td class="name"><b>${name}</b></td><td class="state">${pill(state)}</td><td>${detail}${targets.slice(0, MOST_TARGETS).map(targetLine)}${
    hidden > 0 && html`<div class="dim small">and ${hidden} more, see /api/v1/status</div>`
  }</td><td class="num dim small opt">${last}${durationMs === null ? null : html` · ${durationMs.toFixed(1)} ms`}</td></tr>`;
}

function targetLine({ name, state, detail }: Target): Html {
  return html`<div class="target">${state === 'ok' ? null : pill(state)} <code>${name}</code> <span class="dim small">${detail}</span></div>`;
}

export function discoverySection({ discovery }: StatusReport): Html {
  return html`<section><h2>What was discovered</h2><div class="card">${
    discovery.length === 0
      ? html`<p class="empty"><b>No gateway found.</b> Start nginx or Envoy on this host, or name its error log or admin address in the configuration file.</p>`
      : html`<ul>${[...new Set(discovery)].slice(0, MOST_ROWS).map((sentence) => html`<li>${sentence}</li>`)}</ul>`
  }</div></section>`;
}

export function ownSection({ config, checkpoint, startedAt, role }: StatusReport, nowMs: number): Html {
  const source = config.source === 'defaults' ? html`defaults, no file` : html`<code>${config.source}</code>`;
  const when = config.lastReloadAt === null ? 'at start' : formatAgo(config.lastReloadAt, nowMs);
  const read = config.lastReloadSuccessful
    ? html`${pill('ok')} read ${when}`
    : html`${pill('failed')} the new version was refused ${when}; the old one is in force. The log names the line.`;
  const checkpointState = checkpoint.state === 'disabled' ? 'absent' : checkpoint.state;
  return html`<section><h2>badgateway itself</h2><div class="card"><dl><dt>Role</dt><dd>${role}</dd>
<dt>Running</dt><dd>since ${startedAt.slice(0, 19).replace('T', ' ')} UTC (${formatAgo(startedAt, nowMs)})</dd>
<dt>Configuration</dt><dd>${source}</dd><dt>Last reload</dt><dd>${read}</dd>
<dt>Checkpoint</dt><dd>${pill(checkpointState, checkpoint.state)} ${checkpoint.detail}</dd></dl></div></section>`;
}

/** The meaning of every cause on the page: works without a network. */
export function wordsSection({ verdicts, totals }: StatusReport): Html | null {
  const seen = new Set<Cause>(
    [...verdicts.slice(0, MOST_VERDICTS), ...totals.filter(({ count }) => count > 0)].map(({ cause }) => cause),
  );
  if (seen.size === 0) return null;
  return html`<section><h2>What these causes mean, and the next step</h2><div class="card">${[...seen].map((cause) => {
    const { title, meaning, next } = explanationOf(cause);
    return html`<div class="words" id="cause-${cause}"><h3>${title} <code class="dim">${cause}</code></h3><p>${meaning}</p><p><b>Next:</b> ${next}</p></div>`;
  })}</div></section>`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function pill(state: CollectorState, word: string = STATE_WORDS[state] ?? state): Html {
  return html`<span class="pill ${state}">${word}</span>`;
}
