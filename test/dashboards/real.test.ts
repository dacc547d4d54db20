import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DASHBOARDS, renderDashboard } from '../../dashboards/build.ts';
import { OWN_METRICS } from '../alerts/known-metrics.ts';
import { skipWithout } from '../support/programs.ts';
import type { Series } from '../support/prometheus.ts';
import { type DashboardJson, type PanelJson, panelsOf, substitute } from './queries.ts';
import { RealData } from './real-data.ts';
import { RECORDINGS, readRecording } from './recording.ts';

const dashboards = Object.keys(DASHBOARDS).map((name) => JSON.parse(renderDashboard(name)) as DashboardJson);

/** Panels without data here: why. */
const EMPTY: Readonly<Record<string, string>> = {
  'badgateway-capacity: Days until full': 'Says nothing before there is a week of history, as it must.',
  'badgateway-capacity: Growth of a week': 'Needs the requests of a week before.',
  'badgateway-capacity: Requests per core of the limit':
    'The access log of the recorded gateway is a file outside of its pod, so that its requests are of no namespace and its CPU limit is of one.',
};
const MOST_EMPTY = 3;
const STEP_SECONDS = 2;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly Series[] };
}

describe('every panel on a real Prometheus with what the real program says under faults', {
  skip: skipWithout('nginx', 'prometheus'),
}, () => {
  let data: RealData;
  before(async () => {
    data = await RealData.start();
  });
  after(async () => await data?.stop());

  /** Values of all series; fails where Prometheus refuses the query. */
  async function ask({ expr, instant }: PanelJson['targets'][number]): Promise<number[]> {
    const [path, times] = instant
      ? ['query', {}]
      : ['query_range', { start: String(data.startSeconds), end: String(Date.now() / 1000), step: `${STEP_SECONDS}` }];
    const query = substitute(expr).replaceAll('[8s]', '[16s]').replaceAll('[1m]', '[10m]');
    const response = await fetch(`${data.prometheus.url}/api/v1/${path}?${new URLSearchParams({ query, ...times })}`);
    const { status, error, data: answer } = (await response.json()) as Answer;
    assert.equal(status, 'success', `${error}: ${query}`);
    return answer.result.flatMap(({ value, values }) => (values ?? [value!]).map(([, text]) => Number(text)));
  }

  for (const dashboard of dashboards) {
    it(dashboard.uid, async (t) => {
      const empty: string[] = [];
      for (const panel of panelsOf(dashboard)) {
        const values = await Promise.all(panel.targets.map(ask));
        const name = `${dashboard.uid}: ${panel.title}`;
        for (const [at, target] of panel.targets.entries())
          if (!values[at].some((value) => !Number.isNaN(value))) t.diagnostic(`no data: ${name}: ${target.expr}`);
        if (!values.flat().some((value) => !Number.isNaN(value))) empty.push(name);
      }
      const allowed = Object.keys(EMPTY).filter((name) => name.startsWith(`${dashboard.uid}: `));
      assert.deepEqual(empty.sort(), allowed.sort());
    });
  }

  it('lists three panels at most that may be empty, each with a reason', () => {
    assert.ok(Object.keys(EMPTY).length <= MOST_EMPTY);
    for (const reason of Object.values(EMPTY)) assert.match(reason, /^\S.{20,}\.$/);
  });
});

describe('what was recorded', () => {
  for (const name of RECORDINGS)
    it(`${name} has the metrics as they are declared (node test/dashboards/record.ts)`, () => {
      const wrong = new Set<string>();
      for (const { body } of readRecording(name)) {
        for (const [, metric, labels] of body.matchAll(/^(badgateway_\w+)(?:\{(.*)\})? /gm)) {
          const known = OWN_METRICS.get(metric)?.labels.toSorted().join();
          const names = [...(labels ?? '').matchAll(/(?:^|,)(\w+)="/g)].map(([, label]) => label);
          if (known !== names.toSorted().join()) wrong.add(`${metric}{${names.join()}}`);
        }
      }
      assert.deepEqual([...wrong], []);
    });
});
