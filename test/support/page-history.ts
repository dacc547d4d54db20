import { HISTORY_STEPS, type HistoryFamily, type HistoryReport } from '../../src/metrics/history.ts';

/** Numbers that look like a half hour; `steps` shapes them, from 0 (oldest) to 119. */
function row(
  family: HistoryFamily,
  labels: Record<string, string>,
  step: (at: number) => number,
  limit: number | null,
) {
  const all = { namespace: '', pod: '', netns: 'host', ...labels };
  return { family, labels: all, limit, values: Float32Array.from({ length: HISTORY_STEPS }, (_, at) => step(at)) };
}

export function quietHistory(): HistoryReport {
  const wave = (middle: number, swing: number) => (at: number) => Math.round(middle + swing * Math.sin(at / 6));
  return {
    rows: [
      row('badgateway_listen_overflows_total', {}, () => 0, null),
      row('badgateway_listen_drops_total', {}, () => 0, null),
      row('badgateway_listen_queue_length', { port: '443' }, wave(2, 2), 511),
      row('badgateway_listen_queue_length', { port: '80' }, wave(1, 1), 511),
      row('badgateway_conntrack_entries', {}, wave(31_000, 4_000), 262_144),
      row('badgateway_conntrack_drops_total', {}, () => 0, null),
      row('badgateway_worker_connections_used', { gateway: 'edge' }, wave(310, 40), 1024),
      row('badgateway_worker_open_fds', { gateway: 'edge' }, wave(350, 40), 65_536),
    ],
    leftOut: 0,
  };
}

export function busyHistory(): HistoryReport {
  const pod = { namespace: 'pay', pod: 'payments-0', netns: '4026532871' };
  const late = (value: (at: number) => number) => (at: number) => (at < 112 ? 0 : value(at));
  return {
    rows: [
      row(
        'badgateway_listen_overflows_total',
        pod,
        late((at) => 20 + ((at * 7) % 19)),
        null,
      ),
      row('badgateway_listen_queue_length', { ...pod, port: '9090' }, (at) => (at < 108 ? (at * 5) % 40 : 129), 128),
      row('badgateway_worker_connections_used', { gateway: 'edge' }, (at) => 300 + Math.max(0, at - 90) * 19, 1024),
      ...quietHistory().rows.filter(({ family }) => family !== 'badgateway_worker_connections_used'),
    ],
    leftOut: 0,
  };
}
