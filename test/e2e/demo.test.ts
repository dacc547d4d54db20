import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findRecording, readRecording } from '../../src/commands/demo-recording.ts';
import { explainLine } from '../../src/commands/explain-line.ts';
import { readLines } from '../../src/parse/log-lines.ts';
import { Badgateway, moved, type Samples, sum } from '../support/badgateway.ts';
import { skipWithout } from '../support/programs.ts';

interface Incident {
  readonly cause: string;
  readonly causes: readonly {
    readonly cause: string;
    readonly symptoms: readonly { readonly symptom: string }[];
    readonly evidence: readonly string[];
  }[];
  readonly timeline: readonly { readonly kind: string; readonly text: string }[];
}
interface Incidents {
  readonly incidents: readonly Incident[];
}

const FAILURES = 'badgateway_failures_total';
const ENDED = /The recording has ended/;
const recording = readRecording(findRecording());

/** Failed attempts of the recorded log by symptom, as `explain` finds them. */
async function explained(): Promise<Record<string, number>> {
  const symptoms: Record<string, number> = {};
  const log = recording.errorLog.map(({ bytes }) => bytes);
  for await (const line of readLines(
    (async function* () {
      yield* log;
    })(),
  )) {
    const { symptom, upstream_failure } = explainLine(line);
    if (upstream_failure && symptom !== null) symptoms[symptom] = (symptoms[symptom] ?? 0) + 1;
  }
  return symptoms;
}

function ofGateway(samples: Samples, gateway: string): Samples {
  return new Map([...samples].filter(([sample]) => sample.includes(`gateway="${gateway}"`)));
}

const causesOf = (samples: Samples, gateway: string) =>
  moved(new Map(), ofGateway(samples, gateway), FAILURES, 'cause');

const symptomsOf = (samples: Samples, gateway: string) =>
  moved(new Map(), ofGateway(samples, gateway), 'badgateway_symptoms_total', 'symptom');

/** Replaces text in one source file while Node loads it. */
function withEdit(file: string, from: string, to: string): string[] {
  const code = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(${JSON.stringify(file)})) return loaded;
      const source = String(loaded.source);
      if (!source.includes(${JSON.stringify(from)})) throw new Error('nothing to replace in ' + url);
      return { ...loaded, source: source.replace(${JSON.stringify(from)}, ${JSON.stringify(to)}) };
    } });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

describe('demo [ci]', () => {
  let demo: Badgateway;
  let temporary: string;

  beforeEach(async () => {
    demo = await Badgateway.create();
    temporary = join(demo.directory, 'tmp');
    mkdirSync(temporary);
    demo.environment = { TMPDIR: temporary };
  });
  afterEach(() => demo.dispose());

  async function replayToTheEnd(): Promise<Samples> {
    await demo.run('demo', '--speed=24');
    await demo.until(async () => ENDED.test(demo.output), 'the recording has ended');
    return await demo.scrapeAfterLines(recording.errorLog.map(({ bytes }) => lineCount(bytes)).reduce((a, b) => a + b));
  }

  it('shows failures by at least three causes on /metrics and on the page within 10 s, and leaves nothing behind', async (t) => {
    await demo.run('demo');
    const startedMs = performance.now();
    const waitedMs = demo.waitedForProcessorMs();
    assert.equal(readdirSync(temporary).length, 1);
    let causes: string[] = [];
    await demo.until(async () => {
      causes = Object.keys(causesOf(await demo.scrape(), 'edge'));
      return causes.length >= 3;
    }, 'three causes are on /metrics');
    await demo.until(async () => {
      const { body } = await demo.get('/', { page: true });
      return ['Address of no endpoint', 'Closed without an answer'].every((words) => body.includes(words));
    }, 'they are on the page');
    const tookMs = performance.now() - startedMs;
    // A promise for a machine that nobody else keeps busy.
    const heldUpMs = demo.waitedForProcessorMs() - waitedMs;
    const took = `took ${Math.round(tookMs)} ms, ${Math.round(heldUpMs)} of them ready to run while others had the processors`;
    assert.ok(tookMs - heldUpMs < 10_000, `${took}; causes: ${causes.join(', ')}`);
    t.diagnostic(took);
    assert.match(demo.output, new RegExp(`http://127\\.0\\.0\\.1:${demo.ports.page}/`));
    assert.equal(await demo.end('SIGINT'), 0);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('names what happened: which pods were replaced, since when, and whose queue was full', async () => {
    await demo.run('demo');
    const incident = async (cause: string) => {
      const { incidents } = JSON.parse((await demo.get('/api/v1/incidents', { page: true })).body) as Incidents;
      return incidents.find((one) => one.cause === cause);
    };
    let rollout: Incident | undefined;
    await demo.until(async () => {
      rollout = await incident('stale_endpoint');
      return rollout?.timeline.some(({ kind }) => kind === 'reload') === true;
    }, 'the rollout is an incident and nginx was reloaded');
    const { causes, timeline } = rollout!;
    const said = causes.find(({ cause }) => cause === 'stale_endpoint')!.evidence.join('\n');
    assert.match(said, /10\.2\.1\.11:8080 has been no endpoint of shop\/cart since \d\d:\d\d:\d\d UTC/);
    assert.match(said, /\/etc\/nginx\/nginx\.conf:\d+\); the pod was shop\/cart-6d4cf56db6-7xk2p/);
    assert.match(timeline.find(({ kind }) => kind === 'rollout')!.text, /pods of shop\/cart are being replaced/);

    let queue: Incident | undefined;
    await demo.until(async () => {
      queue = await incident('listen_queue_overflow');
      return queue !== undefined;
    }, 'the full queue is an incident');
    assert.match(queue!.causes[0].evidence[0], /ListenOverflows of pod shop\/checkout-\S+ grew from 0 to \d+/);
    const storm = (await incident('premature_close'))!.causes[0];
    assert.ok(storm.symptoms.some(({ symptom }) => symptom === 'no_live_upstreams'));
    const { no_live_upstreams } = causesOf(await demo.scrape(), 'edge');
    assert.equal(no_live_upstreams, undefined, 'storms are charged to what took the peers down');
  });

  it('shows what the lines of the recording say, each once, and what the kernel and Envoy said', async () => {
    const samples = await replayToTheEnd();
    const expected = await explained();
    const { peer_marked_down, ...symptoms } = symptomsOf(samples, 'edge');
    assert.ok(peer_marked_down > 0);
    assert.deepEqual(symptoms, expected);
    const judged = async () => total(causesOf(await demo.scrape(), 'edge'));
    // A series that a verdict has begun a moment ago is shown at 0 until the demo's own reader has seen it.
    await demo.until(async () => (await judged()) === total(expected), 'each has one cause');
    await demo.until(async () => {
      const now = await demo.scrape();
      const { connect_refused = 0, response_timeout = 0 } = symptomsOf(now, 'mesh');
      return connect_refused > 0 && response_timeout > 0 && sum(now, 'badgateway_listen_overflows_total') > 0;
    }, 'the failures of Envoy and the overflows of pods are counted');
  });

  it('has no verdict of its own: without a rule it shows something else', async () => {
    demo.nodeArgs = withEdit('/src/causes/rules/index.ts', '  staleEndpoint,\n', '');
    await replayToTheEnd();
    const causes = async () => causesOf(await demo.scrape(), 'edge');
    await demo.until(async () => (await causes()).no_route_to_host > 0, 'the general cause is said');
    assert.equal((await causes()).stale_endpoint, undefined);
  });

  it('takes other ports and says so when somebody has the usual ones', async (t) => {
    for (const port of [9502, 9503]) {
      const server = createServer().listen(port, '127.0.0.1');
      // Somebody else has it already: as good.
      await Promise.race([once(server, 'listening'), once(server, 'error')]).catch(() => {});
      t.after(() => server.close());
    }
    await demo.launchBare('demo');
    const url = () => /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(demo.output)?.[0];
    await demo.until(async () => url() !== undefined && (await fetch(url()!)).ok, 'it listens somewhere');
    assert.match(demo.output, /Port 9502 is taken.*\nPort 9503 is taken/);
    assert.equal(await demo.end('SIGTERM'), 0);
  });

  it('names a wrong --speed', async () => {
    await demo.launch('demo', '--speed=0');
    assert.equal(await demo.exitCode(), 2);
    assert.match(demo.output, /--speed "0": give a number above 0/);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('--live: real nginx with real faults', { skip: skipWithout('nginx') }, async () => {
    await demo.run('demo', '--live');
    const expected = ['not_listening', 'dns_failure', 'premature_close', 'response_timeout'];
    await demo.until(
      async () => {
        const causes = causesOf(await demo.scrape(), 'edge');
        return expected.every((cause) => causes[cause] > 0);
      },
      `all of ${expected.join(', ')} are counted`,
    );
    assert.equal(await demo.end('SIGINT'), 0);
    assert.deepEqual(readdirSync(temporary), []);
  });
});

describe('demo from the bundle [ci]', { skip: skipWithoutBundle() }, () => {
  it('finds its recording', async (t) => {
    const demo = await Badgateway.create('dist/badgateway.mjs');
    t.after(() => demo.dispose());
    await demo.run('demo');
    await demo.until(async () => Object.keys(causesOf(await demo.scrape(), 'edge')).length >= 1, 'a cause appears');
    assert.equal(await demo.end('SIGINT'), 0);
  });
});

function skipWithoutBundle(): string | false {
  if (existsSync('dist/badgateway.mjs')) return false;
  if (process.env.CI === 'true') throw new Error('no bundle: make build');
  return 'no bundle: make build';
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((one, other) => one + other, 0);
}

function lineCount(bytes: Buffer): number {
  return bytes.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
}
