/**
 * What others say where badgateway runs. Nothing here was recorded: controllers and kube-state-metrics need a cluster. Names, labels, types and help are those
 * of their sources: ingress-nginx 1.12 (internal/ingress/metric/collectors), F5 NGINX Ingress Controller 5 (internal/metrics/collectors), NGINX Gateway
 * Fabric 1.6, which had the reloads, and 2.6, which has the batches only, kube-state-metrics 2.15 (docs/metrics/workload/pod-metrics.md). The numbers
 * tell of a controller that reloads for each change, and of one configuration that nginx refuses.
 */
export const OTHERS = {
  'ingress-nginx': { namespace: 'ingress-nginx', pod: 'ingress-nginx-controller-6f7d9c5b8-4x2kq', says: ingressNginx },
  f5: { namespace: 'nginx-ingress', pod: 'nginx-ingress-7c9d8b6f5-t8wlz', says: f5 },
  'nginx-gateway-fabric-1': { namespace: 'nginx-gateway', pod: 'ngf-nginx-gateway-fabric-5d6c7-x9k2m', says: fabric1 },
  'nginx-gateway-fabric-2': { namespace: 'nginx-gateway', pod: 'ngf-nginx-gateway-fabric-8b7f4-q2v5n', says: batches },
  'kube-state-metrics': { namespace: '', pod: '', says: kubeStateMetrics },
} as const satisfies Readonly<Record<string, Other>>;

interface Other {
  /** As the scrape names it; empty: it names what it tells of itself. */
  readonly namespace: string;
  readonly pod: string;
  /** The answer to the n-th scrape, 1 and up. */
  says(scrape: number): string;
}

/** The pod whose restarts kube-state-metrics tells. */
export const GATEWAY_POD = {
  namespace: 'shop',
  pod: 'edge-5d9c7b6f8-abcde',
  container: 'nginx',
  uid: '4c1f0f1e-8b7d-4b0e-9f35-5f0c7a1d2e3b',
} as const;
/** At this scrape nginx refuses a configuration; two later the next one is loaded. */
const REFUSED_AT = 4;
const refusals = (scrape: number) => (scrape >= REFUSED_AT ? 1 : 0);
const isRefused = (scrape: number) => scrape >= REFUSED_AT && scrape < REFUSED_AT + 2;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly ending?: string;
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value, ending = '' }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${ending}{${pairs.join()}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function ingressNginx(scrape: number): string {
  const { namespace, pod } = OTHERS['ingress-nginx'];
  const labels = { controller_class: 'k8s.io/ingress-nginx', controller_namespace: namespace, controller_pod: pod };
  const request = { canary: '', ingress: 'cart', method: 'GET', namespace: 'shop', path: '/', service: 'cart' };
  const answers = Object.entries({ 200: 40 * scrape, 502: 3 * scrape, 504: scrape });
  const name = 'nginx_ingress_controller';
  const reloaded = 'Whether the last configuration reload attempt was successful';
  return [
    family(`${name}_success`, 'counter', 'Cumulative number of Ingress controller reload operations', [
      { labels, value: 10 + scrape - refusals(scrape) },
    ]),
    family(`${name}_errors`, 'counter', 'Cumulative number of Ingress controller errors during reload operations', [
      { labels, value: refusals(scrape) },
    ]),
    family(`${name}_config_last_reload_successful`, 'gauge', reloaded, [{ labels, value: isRefused(scrape) ? 0 : 1 }]),
    family(
      `${name}_requests`,
      'counter',
      'The total number of client requests',
      answers.map(([status, value]) => ({ labels: { ...labels, ...request, status }, value })),
    ),
  ].join('');
}

function f5(scrape: number): string {
  const name = 'nginx_ingress_controller_nginx';
  const labels = { class: 'nginx' };
  return [
    family(`${name}_reloads_total`, 'counter', 'Number of successful NGINX reloads', [
      { labels: { ...labels, reason: 'endpoints' }, value: 8 * scrape },
      { labels: { ...labels, reason: 'other' }, value: 5 },
    ]),
    family(`${name}_reload_errors_total`, 'counter', 'Number of unsuccessful NGINX reloads', [
      { labels, value: refusals(scrape) },
    ]),
    family(`${name}_last_reload_status`, 'gauge', 'Status of the last NGINX reload', [
      { labels, value: isRefused(scrape) ? 0 : 1 },
    ]),
  ].join('');
}

function fabric1(scrape: number): string {
  const name = 'nginx_gateway_fabric_nginx';
  const labels = { class: 'nginx' };
  const stale = 'Indicates if NGINX is not serving the latest configuration.';
  return [
    family(`${name}_reloads_total`, 'counter', 'Number of successful NGINX reloads', [{ labels, value: 2 * scrape }]),
    family(`${name}_reload_errors_total`, 'counter', 'Number of unsuccessful NGINX reloads', [
      { labels, value: refusals(scrape) },
    ]),
    family(`${name}_stale_config`, 'gauge', stale, [{ labels, value: isRefused(scrape) ? 1 : 0 }]),
    batches(scrape),
  ].join('');
}

function batches(scrape: number): string {
  const labels = { class: 'nginx' };
  const buckets = ['500', '1000', '5000', '10000', '30000', '+Inf'].map((le) => ({
    ...{ labels: { ...labels, le }, ending: '_bucket' },
    value: 3 * scrape,
  }));
  const name = 'nginx_gateway_fabric_event_batch_processing_milliseconds';
  return family(name, 'histogram', 'Duration in milliseconds of event batch processing', [
    ...buckets,
    { labels, ending: '_sum', value: 420 * scrape },
    { labels, ending: '_count', value: 3 * scrape },
  ]);
}

function kubeStateMetrics(scrape: number): string {
  const { namespace, pod, container, uid } = GATEWAY_POD;
  const help = '[STABLE] The number of container restarts per container.';
  return family('kube_pod_container_status_restarts_total', 'counter', help, [
    { labels: { namespace, pod, uid, container }, value: scrape >= REFUSED_AT ? 2 : 1 },
  ]);
}
