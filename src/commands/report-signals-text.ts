import { showInvisible } from '../http/html.ts';
import { proxyText } from '../http/upstream-words.ts';
import type { UpstreamSignals } from './report-signals.ts';
import { SIGNALS, type Signal } from './report-signals-rules.ts';
import { tableOf } from './report-text.ts';

const MOST_NAMES = 5;
const CELLS: Readonly<Record<Signal['state'], string>> = {
  available: 'yes',
  partial: 'partly',
  unavailable: 'no',
  unknown: '?',
};

/** By gateway: a table of upstreams and signals, then the reasons, each once with what it is the reason for. */
export function signalsText(all: readonly UpstreamSignals[]): string {
  const gateways = Map.groupBy(all, ({ proxy, gateway }) => proxyText({ proxy, subject: { gateway, pod: '' } }));
  return [...gateways].map(([name, upstreams]) => gatewayText(name, upstreams)).join('\n');
}

function gatewayText(name: string, upstreams: readonly UpstreamSignals[]): string {
  const table = tableOf(
    ['UPSTREAM', ...Object.keys(SIGNALS)],
    upstreams.map((one) => [one.name, ...Object.values(one.signals).map(({ state }) => CELLS[state])]),
  );
  return `${showInvisible(name)}\n\n${table}\n${reasons(upstreams)
    .map((line) => `${showInvisible(line)}\n`)
    .join('')}`;
}

/** `codes, latency, retries: no: why (of shop_cart_80, shop_pay_80)`; without names where it is so of all. */
function reasons(upstreams: readonly UpstreamSignals[]): string[] {
  const found = new Map<
    string,
    { readonly signal: Signal; readonly signals: Set<string>; readonly names: Set<string> }
  >();
  for (const upstream of upstreams)
    for (const [name, signal] of Object.entries(upstream.signals)) {
      if (signal.why === '') continue;
      const key = `${signal.state} ${signal.why}`;
      const known = found.get(key) ?? { signal, signals: new Set(), names: new Set() };
      found.set(key, known);
      known.signals.add(name);
      known.names.add(upstream.name);
    }
  return [...found.values()].map(({ signal: { state, why }, signals, names }) => {
    const listed = [...names].slice(0, MOST_NAMES).join(', ');
    const more = names.size > MOST_NAMES ? ` and ${names.size - MOST_NAMES} more` : '';
    const of = names.size === upstreams.length ? '' : ` (of ${listed}${more})`;
    return `${[...signals].join(', ')}: ${CELLS[state]}: ${why}${of}`;
  });
}
