import { foreignCounter } from '../../../src/contract/metrics.ts';
import { MetricRegistry } from '../../../src/metrics/registry.ts';
import { HELP, LABELS, NAME, serve } from './scrape-series.ts';

/** The exporter's own registry behind express: node scrape-ours.mjs SERIES */
const series = Number(process.argv[2]);
const registry = new MetricRegistry({ now: () => Date.now() }, series);
// An absolute counter: what is new is shown at once, as in prom-client.
const { attempts } = registry.writers({ attempts: foreignCounter(NAME, HELP, LABELS) });

serve(series, {
  inc: (labels) => attempts.inc(labels),
  render: () => registry.page('text', 'bench'),
});
