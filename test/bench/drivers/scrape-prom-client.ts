import client from 'prom-client';
import { HELP, LABELS, NAME, serve } from './scrape-series.ts';

/** What most Node exporters are: express and prom-client. node scrape-prom-client.mjs SERIES */
const register = new client.Registry();
const attempts = new client.Counter({ name: NAME, help: HELP, labelNames: LABELS, registers: [register] });

serve(Number(process.argv[2]), {
  inc: (labels) => attempts.inc(labels),
  render: () => register.metrics(),
});
