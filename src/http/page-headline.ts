import type { Incident } from '../incidents/incident.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { prose } from './page-prose.ts';
import { lookAtSight, type Sight, unseenList } from './page-sight.ts';
import { ago } from './page-time.ts';
import { countOf, formatCount, formatRate, formatShare } from './page-words.ts';
import { countDrift } from './upstream-words.ts';
import type { StatusReport, UpstreamsReport } from './views.ts';

const QUIET = 'No failure in the last 5 minutes';

/** Told apart by word, shape and frame, not by colour alone. */
export type HeadlineKind = 'incident' | 'blind' | 'look' | 'healthy';
const KIND_WORDS: Readonly<Record<HeadlineKind, string>> = {
  incident: 'Incident',
  blind: 'Blind',
  look: 'Have a look',
  healthy: 'Healthy',
};
const SHAPES: Readonly<Record<HeadlineKind, Html>> = {
  incident: html`<path d="M7 1h10l6 6v10l-6 6H7l-6-6V7z" fill="currentColor"/><path d="M12 6v7M12 16v2.4" class="cut"/>`,
  blind: html`<circle cx="12" cy="12" r="10" class="dash"/><path d="M4 20 20 4" class="edge"/>`,
  look: html`<path d="M12 2 23 21H1z" class="edge"/><path d="M12 9v6M12 17v2" class="edge"/>`,
  healthy: html`<circle cx="12" cy="12" r="10" class="edge"/><path d="m7 12.5 3.5 3.5L17 9" class="edge"/>`,
};

export interface PageData {
  readonly status: StatusReport;
  readonly upstreams: UpstreamsReport;
  /** The most urgent first. */
  readonly incidents: readonly Incident[];
}

export interface Headline {
  readonly kind: HeadlineKind;
  readonly title: string;
  readonly detail: Html;
  readonly next?: string;
}

/** The one thing to read when woken up: failing now, about to fail, blind somewhere, or quiet. */
export function summarize(data: PageData, nowMs: number): Headline {
  const sight = lookAtSight(data.status, data.upstreams, nowMs);
  return (
    summarizeIncidents(data, nowMs) ??
    summarizeBlindness(sight) ??
    summarizeDrift(data.upstreams) ??
    summarizeRest(data, sight, nowMs)
  );
}

/** The headline as it stands on the page; what is not seen is said with every headline. */
export function headlinePart(data: PageData, nowMs: number): Html {
  const { kind, title, detail, next } = summarize(data, nowMs);
  const { blind, barred } = lookAtSight(data.status, data.upstreams, nowMs);
  return html`<section class="now ${kind}" id="now" aria-labelledby="headline">
<p class="kind"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">${SHAPES[kind]}</svg>${KIND_WORDS[kind]}</p>
<div role="status" aria-live="polite"><h1 id="headline">${title}</h1></div><p>${detail}</p>${
    next !== undefined && html`<p class="next"><b>Next:</b> ${prose(next)}</p>`
  }${blind.length > 0 && html`<div class="missing"><p><b>Not seen now:</b></p>${unseenList(blind, nowMs)}</div>`}${
    barred.length > 0 &&
    html`<div class="missing"><p><b>Not seen for want of rights:</b></p>${unseenList(barred, nowMs)}</div>`
  }</section>`;
}

function summarizeIncidents({ incidents }: PageData, nowMs: number): Headline | null {
  const open = incidents.filter(({ isOpen }) => isOpen);
  const [worst] = open;
  if (worst === undefined) return null;
  const { title, failures, rate, share, startedMs, next } = worst;
  const more = open.length - 1;
  const figures =
    failures === 0
      ? html`No request has failed yet.`
      : html`<b>${countOf(failures, 'failure')}</b>${rate > 0 && html`, now ${formatRate(rate)}`}${
          share !== null && html`, ${formatShare(share)} of its requests`
        }.`;
  return {
    kind: 'incident',
    title,
    detail: html`${figures} Began ${ago(startedMs, nowMs)}.${
      more > 0 && html` <a href="#incidents">And ${countOf(more, 'more incident')}</a>.`
    }`,
    next,
  };
}

function summarizeBlindness({ blind, watching, seesFailures }: Sight): Headline | null {
  if (watching === 0 && blind.length === 0) {
    return {
      kind: 'blind',
      title: 'Nothing is watched, so nothing can be seen',
      detail: html`This is no word on whether requests fail. “What was discovered” below says what was looked for and what to set.`,
    };
  }
  if (!seesFailures) {
    return {
      kind: 'blind',
      title: 'No failed request can be seen now',
      detail: html`Neither an error log of nginx nor an Envoy is being read. This is no word on whether requests fail.`,
    };
  }
  if (blind.length === 0) return null;
  return {
    kind: 'blind',
    title: `Failures may go unseen: ${countOf(blind.length, 'source')} ${blind.length === 1 ? 'is' : 'are'} silent`,
    detail: html`${QUIET} from what is still seen; of the rest nothing is known.`,
  };
}

function summarizeDrift(upstreams: UpstreamsReport): Headline | null {
  const count = countDrift(upstreams);
  if (count === 0) return null;
  return {
    kind: 'look',
    title: `${QUIET}, but ${countOf(count, 'address', 'addresses')} in use should not be`,
    detail: html`A running proxy sends requests to addresses that are not, or no longer, endpoints of their Service.`,
    next: 'See “Upstreams” below for the addresses and the lines of the configuration; reload or restart the proxy that still has them.',
  };
}

function summarizeRest({ status, upstreams, incidents }: PageData, sight: Sight, nowMs: number): Headline {
  const { config, checkpoint } = status;
  if (!config.lastReloadSuccessful || checkpoint.state === 'failed') {
    const detail = html`See <a href="#own">badgateway itself</a> below.`;
    return { kind: 'look', title: `${QUIET}, but badgateway needs a look`, detail };
  }
  if (sight.barred.length > 0) {
    const detail = html`What badgateway may read is being watched.`;
    return { kind: 'look', title: `${QUIET}, but not everything is seen`, detail };
  }
  const { live } = upstreams.counts;
  const [last] = incidents;
  return {
    kind: 'healthy',
    title: QUIET,
    detail: html`${countOf(sight.watching, 'source')} ${sight.watching === 1 ? 'is' : 'are'} being watched, and none is silent.${
      live > 0 &&
      html` ${formatCount(live)} of ${formatCount(compared(upstreams))} compared addresses are live endpoints.`
    }${last !== undefined && html` The last incident ended ${ago(last.lastMs, nowMs)}.`}`,
  };
}

function compared({ counts }: UpstreamsReport): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
