import { explanationOf } from '../causes/index.ts';
import type { CauseShare, Incident, TimelineEntry } from '../incidents/incident.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { ago, clock } from './page-time.ts';
import { countOf, formatCount, formatShare } from './page-words.ts';

const MOST_EVIDENCE = 5;
const MOST_CAUSES = 8;
const MOST_TIMELINE = 16;
const MOST_PLACES = 20;
const MOST_SAMPLES = 5;
const MOST_CONDITIONS = 8;
const KIND_WORDS: Readonly<Record<TimelineEntry['kind'], string>> = {
  failures: 'failures',
  quiet: 'quiet',
  condition: 'state',
  reload: 'reload',
  rollout: 'rollout',
  restart: 'restart',
  scale: 'scale',
  crash: 'crash',
  warning: 'warning',
};

/** What proves the root cause. */
export function evidencePart({ causes }: Incident): Html {
  const [root] = causes;
  if (root === undefined || root.evidence.length === 0) return html``;
  return html`<div><h4>Evidence<span class="dim"> for ${explanationOf(root.cause).title.toLowerCase()}</span></h4><ul>${list(root.evidence, MOST_EVIDENCE)}</ul></div>`;
}

export function timelinePart({ timeline }: Incident): Html {
  if (timeline.length === 0) return html``;
  const shown = timeline.slice(-MOST_TIMELINE);
  const hidden = timeline.length - shown.length;
  const [first] = timeline;
  const cut =
    hidden > 0 && html`${entryOf(first)}<li class="dim">… ${countOf(hidden - 1, 'entry', 'entries')} between</li>`;
  return html`<div><h4>Timeline<span class="dim"> UTC</span></h4><ol class="timeline">${cut}${shown.map(entryOf)}</ol></div>`;
}

function entryOf({ atMs, kind, text }: TimelineEntry): Html {
  return html`<li class="${kind}">${clock(atMs)} <span class="tag">${KIND_WORDS[kind] ?? kind}</span> <bdi>${text}</bdi></li>`;
}

export function conditionsPart({ conditions }: Incident, nowMs: number): Html {
  if (conditions.length === 0) return html``;
  return html`<div><h4>Bad states</h4><ul>${conditions
    .slice(0, MOST_CONDITIONS)
    .map(
      ({ condition, isActive, sinceMs, evidence }) =>
        html`<li><b>${condition.replaceAll('_', ' ')}</b> <span class="dim">${isActive ? 'since' : 'over, began'} ${ago(sinceMs, nowMs)}</span>${evidence !== '' && html`: <bdi>${evidence}</bdi>`}</li>`,
    )}</ul></div>`;
}

/** How the failures divide, where there is more than one cause. */
export function causesPart({ causes, failures }: Incident): Html {
  if (causes.length < 2) return html``;
  const shown = causes.slice(0, MOST_CAUSES);
  return html`<div><h4>Causes</h4><table><thead><tr><th scope="col">Cause</th><th scope="col" class="num">Failures</th><th scope="col" class="num">Share</th></tr></thead><tbody>${shown.map(
    (share, index) => causeRow(share, failures, index === 0),
  )}</tbody></table></div>`;
}

function causeRow({ cause, count, symptoms, evidence }: CauseShare, all: number, isRoot: boolean): Html {
  const said = symptoms.slice(0, 3).map(({ symptom }) => symptom.replaceAll('_', ' '));
  const [latest] = evidence;
  return html`<tr><td><a href="#cause-${cause}">${explanationOf(cause).title}</a>${isRoot && html` <span class="tag">root</span>`}<div class="dim small">said: ${said.join(', ')}</div>${
    !isRoot && latest !== undefined && html`<div class="small"><bdi>${latest}</bdi></div>`
  }</td><td class="num" data-unit="failures">${formatCount(count)}</td><td class="num" data-unit="of the failures">${all > 0 && formatShare(count / all)}</td></tr>`;
}

/** Where the failures went. */
export function placesPart({ id, causes, subjects }: Incident): Html {
  const places = causes
    .flatMap(({ cause, upstreams }) => upstreams.map((one) => ({ ...one, cause })))
    .sort((a, b) => b.count - a.count);
  if (places.length === 0) return html``;
  const rows = places
    .slice(0, MOST_PLACES)
    .map(
      ({ upstream, peer, cause, count }) =>
        html`<tr><td>${peer !== '' && html`<code>${peer}</code> `}<span class="dim"><bdi>${nameOf(upstream)}</bdi></span></td><td>${explanationOf(cause).title}</td><td class="num" data-unit="failures">${formatCount(count)}</td></tr>`,
    );
  const pods = subjects.map(({ pod }) => pod).filter((pod) => pod !== '');
  return html`<details class="fold" id="${id}-places"><summary>Where: ${countOf(places.length, 'address', 'addresses')}${
    pods.length > 1 && html`, ${countOf(pods.length, 'replica')} of the gateway`
  }</summary><table><thead><tr><th scope="col">Address</th><th scope="col">Cause</th><th scope="col" class="num">Failures</th></tr></thead><tbody>${rows}</tbody></table>${
    pods.length > 0 && html`<p class="small dim">Replicas: <bdi>${pods.slice(0, MOST_PLACES).join(', ')}</bdi></p>`
  }</details>`;
}

function nameOf(upstream: CauseShare['upstreams'][number]['upstream']): string {
  const { upstream_namespace, upstream_service, upstream_port, upstream: name } = upstream;
  if (upstream_service === '') return name;
  return `${upstream_namespace}/${upstream_service}:${upstream_port}`;
}

export function samplesPart({ id, samples }: Incident): Html {
  if (samples.length === 0) return html``;
  return html`<details class="fold" id="${id}-lines"><summary>${countOf(samples.length, 'log line')}, without request data</summary><ul class="lines">${samples
    .slice(0, MOST_SAMPLES)
    .map((line) => html`<li><code>${line}</code></li>`)}</ul></details>`;
}

function list(sentences: readonly string[], most: number): Html[] {
  return sentences.slice(0, most).map((sentence) => html`<li><bdi>${sentence}</bdi></li>`);
}
