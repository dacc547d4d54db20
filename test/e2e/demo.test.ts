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

const FAILURES = 'badgateway_failures_total';
const ENDED = /The recording has ended/;
const recording = readRecording(findRecording());

/** Failed attempts of the recorded log by cause, as `explain` finds them. */
async function explained(): Promise<Record<string, number>> {
  const causes: Record<string, number> = {};
  const log = recording.errorLog.map(({ bytes }) => bytes);
  for await (const line of readLines(
    (async function* () {
      yield* log;
    })(),
  )) {
    const { cause, upstream_failure } = explainLine(line);
    if (upstream_failure && cause !== null) causes[cause] = (causes[cause] ?? 0) + 1;
  }
  return causes;
}

const causesOf = (samples: Samples, gateway: string) => {
  const own = new Map([...samples].filter(([sample]) => sample.includes(`gateway="${gateway}"`)));
  return moved(new Map(), own, FAILURES, 'cause');
};

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

  it('shows failures by at least three causes on /metrics and on the page within 10 s, and leaves nothing behind', async () => {
    const startedMs = performance.now();
    await demo.run('demo');
    assert.equal(readdirSync(temporary).length, 1);
    let causes: string[] = [];
    await demo.until(async () => {
      causes = Object.keys(causesOf(await demo.scrape(), 'edge'));
      return causes.length >= 3;
    }, 'three causes are on /metrics');
    await demo.until(async () => {
      const { body } = await demo.get('/', { page: true });
      return ['Connection refused', 'No route to host', 'Closed without an answer'].every((words) =>
        body.includes(words),
      );
    }, 'three causes are on the page');
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 10_000, `took ${Math.round(tookMs)} ms; causes: ${causes.join(', ')}`);
    assert.match(demo.output, new RegExp(`http://127\\.0\\.0\\.1:${demo.ports.page}/`));
    assert.equal(await demo.end('SIGINT'), 0);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('shows what the lines of the recording say, each once, and what the kernel and Envoy said', async () => {
    const samples = await replayToTheEnd();
    assert.deepEqual(causesOf(samples, 'edge'), await explained());
    assert.ok(sum(samples, 'badgateway_listen_overflows_total') > 0);
    await demo.until(async () => {
      const { connection_refused = 0, response_timeout = 0 } = causesOf(await demo.scrape(), 'mesh');
      return connection_refused > 0 && response_timeout > 0;
    }, 'the failures of Envoy are counted');
  });

  it('has no verdict of its own: without a rule it shows something else', async () => {
    const rule = "connect_refused: 'connection_refused'";
    demo.nodeArgs = withEdit('/src/causes/general.ts', rule, "connect_refused: 'unidentified'");
    const { connection_refused, ...others } = await explained();
    assert.ok(connection_refused > 0);
    assert.deepEqual(causesOf(await replayToTheEnd(), 'edge'), { ...others, unidentified: connection_refused });
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
    assert.equal(await demo.exitCode(), 1);
    assert.match(demo.output, /--speed "0": give a number above 0/);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('--live: real nginx with real faults', { skip: skipWithout('nginx') }, async () => {
    await demo.run('demo', '--live');
    const expected = ['connection_refused', 'dns_failure', 'no_live_upstreams', 'premature_close', 'response_timeout'];
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

function lineCount(bytes: Buffer): number {
  return bytes.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
}
