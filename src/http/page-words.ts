import type { CollectorState } from '../contract/names.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

const STATE_WORDS: Readonly<Record<CollectorState, string>> = {
  ok: 'ok',
  absent: 'absent',
  not_permitted: 'not permitted',
  failed: 'failed',
};

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,234,567`. */
export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `1 failure`, `1,204 failures`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `12.4 failures/s`; below 0.1 per minute. */
export function formatRate(perSecond: number): string {
  if (perSecond < 0.1) return `${(perSecond * 60).toFixed(1)} failures/min`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : formatCount(perSecond)} failures/s`;
}

/** `1.8 %`, `<0.1 %`; never 100 % of what is less. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1 %';
  const percent = Math.floor(share * 1000) / 10;
  return `${percent >= 100 ? percent : percent.toFixed(1)} %`;
}

/** A word with a shape and a colour that say the same. */
export function pill(state: CollectorState, word: string = STATE_WORDS[state] ?? state): Html {
  return html`<span class="pill ${state}">${word}</span>`;
}
