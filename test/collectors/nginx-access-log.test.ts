import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import {
  collector,
  combined,
  cri,
  directory,
  line,
  lines,
  present,
  read,
  seen,
  start,
  sumOf,
  traffic,
  until,
  write,
} from './nginx-access-log-rig.ts';

describe('nginx_access_log', () => {
  it('hands over answers, attempts, retries, connections, bytes and times', async () => {
    await read(
      {},
      {},
      { status: 404, time: 0.6 },
      {
        method: 'POST',
        addresses: '10.0.0.1:80, 10.0.0.2:80',
        statuses: '502, 200',
        connect: '-, 0.000',
        header: '-, 0.005',
      },
      { status: 101, statuses: '101', time: 90 },
      { status: 204, addresses: '-', statuses: '-', connect: '-', header: '-' },
    );
    assert.deepEqual(traffic.answers, {
      'edge 10.0.0.1:80 200': 2,
      'edge 10.0.0.1:80 404': 1,
      'edge 10.0.0.1:80 101': 1,
      'edge 10.0.0.2:80 200': 1,
      'edge - 204': 1,
    });
    assert.deepEqual(traffic.attempts, {
      'edge 10.0.0.1:80 200': 2,
      'edge 10.0.0.1:80 404': 1,
      'edge 10.0.0.1:80 502': 1,
      'edge 10.0.0.1:80 101': 1,
      'edge 10.0.0.2:80 200': 1,
    });
    assert.deepEqual(traffic.retries, { 'edge 10.0.0.2:80 POST': 1 });
    assert.deepEqual(traffic.opened, { 'edge 10.0.0.1:80': 4 });
    const { edge } = traffic.gateways;
    assert.deepEqual({ ...edge, seconds: 0 }, { requests: 5, seconds: 0, received: 600, sent: 1500, upgrades: 1 });
    assert.ok(Math.abs(edge.seconds - 0.68) < 1e-9);
    assert.equal(lines({}, 'counted'), 6);
    assert.deepEqual(present, ['edge access_log']);
  });

  it('says of failures what the line proves, and no more', async () => {
    const nothing = { connect: '-', header: '-' };
    await read(
      { status: 500 },
      { status: 502 },
      { status: 502, ...nothing },
      { status: 502, ...nothing, addresses: 'backend' },
      { status: 504, ...nothing },
      { status: 504, connect: '0.001', header: '-' },
      {
        status: 502,
        ...nothing,
        addresses: '0.0.0.1:80, 0.0.0.1:80',
        statuses: '502, 502',
        connect: '-, -',
        header: '-, -',
      },
      { status: 503, addresses: 'unix:/var/run/nginx/nginx-503-server.sock' },
      { status: 500, addresses: 'unix:/var/run/nginx/nginx-500-server.sock' },
      { status: 503, addresses: '-', statuses: '-', ...nothing },
      { status: 500, addresses: '', statuses: '-', ...nothing },
      { status: 499, statuses: '-', ...nothing },
    );
    const told = seen.map(({ symptom, peer, count, isOnlyHere, isTimeout, ownStatus, failure, source }) => {
      assert.equal(source, 'access_log');
      const marks = [isOnlyHere && 'only here', isTimeout && 'timeout', ownStatus && `own ${ownStatus}`];
      const all = [...marks, !failure && 'no failure'].filter(Boolean);
      return [symptom, peer && `${peer.address} ${peer.port ?? '-'}`, count, ...all].join(' ');
    });
    assert.deepEqual(told.sort(), [
      'client_abort  1 no failure',
      'connect_timeout 10.0.0.1 80 1 timeout',
      'no_live_upstreams /var/run/nginx/nginx-503-server.sock - 1 only here',
      'no_live_upstreams backend - 1',
      'other  1 own 500',
      'other  1 own 503',
      'other /var/run/nginx/nginx-500-server.sock - 1 only here',
      'other 0.0.0.1 80 2',
      'other 10.0.0.1 80 1',
      'response_timeout 10.0.0.1 80 1 timeout',
      'upstream_5xx 10.0.0.1 80 2 only here',
    ]);
  });

  it('takes the moments of failures from their lines', async () => {
    const failed = { status: 502, connect: '-', header: '-' };
    await read({ ...failed, time: 0.25, msec: 1_700_000_000.5 }, { ...failed, time: 1, msec: 1_700_000_002 });
    assert.deepEqual(
      seen.map(({ sinceMs, atMs, count }) => [sinceMs, atMs, count]),
      [[1_700_000_000_249, 1_700_000_002_000, 2]],
    );
    assert.ok(seen.every(({ isLate, readMs = 0 }) => isLate && Math.abs(Date.now() - readMs) < 60_000));
  });

  it('ids of failed requests go with them, twenty at most, nothing else that a line may hold there', async () => {
    const json = (id: string) =>
      `{"time":1790000000.500,"connection":7,"status":502,"request_time":0.100,"method":"GET","request_length":1,"bytes_sent":1,"host":"a","upstream_addr":"10.0.0.1:80","upstream_status":"502","upstream_connect_time":"-","upstream_header_time":"-","upstream_response_time":"0.100","upgrade":"","request_id":"${id}"}\n`;
    const ids = Array.from({ length: 25 }, (_, i) => `${i}`.padStart(32, 'a'));
    const path = write('access.log', [...ids, '<b>', ''].map(json).join(''));
    await start({ files: [{ path, gateway: 'edge', format: 'badgateway_json' }] });
    await until(() => sumOf(traffic.answers) === 27);
    assert.deepEqual(
      seen.flatMap(({ requestIds }) => requestIds),
      ids.slice(0, 20),
    );
  });

  it('a format without upstreams counts answers, and says of no failure whose it is', async () => {
    const path = write('access.log', `${combined(200)}\n${combined(502)}\n${combined(499)}\n`);
    await start({ files: [{ path, gateway: 'edge' }] });
    await until(() => sumOf(traffic.answers) === 3);
    assert.deepEqual([traffic.answers, seen], [{ 'edge - 200': 1, 'edge - 502': 1, 'edge - 499': 1 }, []]);
    assert.deepEqual(traffic.gateways.edge, { requests: 0, seconds: 0, received: null, sent: 33, upgrades: 0 });
  });

  it('a 504 of which the format does not say what took so long is a timeout of something', async () => {
    const path = write('access.log', '504 "10.0.0.1:80" "504"\n502 "10.0.0.1:80" "502"\n');
    const formats = { own: '$status "$upstream_addr" "$upstream_status"' };
    await start({ files: [{ path, gateway: 'edge', format: 'own' }], formats });
    await until(() => seen.length === 2);
    assert.deepEqual(
      seen.map(({ symptom, isTimeout }) => [symptom, isTimeout]),
      [
        ['other', true],
        ['other', undefined],
      ],
    );
    assert.ok(seen.every(({ sinceMs, atMs }) => atMs >= sinceMs && Date.now() - atMs < 30_000));
  });

  it('own formats: text, text with escape and words; one that cannot be read is refused with the fix', async () => {
    const paths = ['a', 'b', 'c', 'd'].map((name) => write(`${name}.log`, '200 x\n'));
    const formats = {
      b: { text: '$status $tenant', words: ['tenant'] },
      c: { text: '$http_x $status $http_y', escape: 'none' },
    };
    const names = ['a', 'b', 'c', 'd'];
    await start({
      files: paths.map((path, i) => ({ path, gateway: names[i], format: names[i] })),
      formats: { a: '$status x', ...formats },
    });
    await until(() => sumOf(traffic.answers) === 2);
    assert.deepEqual(traffic.followed.sort(), ['a', 'b']);
    const refused = (collector.targets?.() ?? []).filter(({ state }) => state === 'failed');
    assert.deepEqual(
      refused.map(({ name }) => name),
      paths.slice(2),
    );
    assert.match(refused[0].detail, /^format c cannot be read: .+: .+/);
    assert.equal(refused[1].detail, 'format d cannot be read: there is no format d');
    const outcome = await collector.poll(AbortSignal.timeout(1000));
    assert.equal(outcome.state, 'ok');
    assert.match(outcome.detail, /^following 2 of 2 files; .*format c cannot be read/);
    await collector.stop?.();
    assert.deepEqual(traffic.followed, []);
  });

  it('pods: the one built-in format that fits, of standard output only; of other pods nothing is counted', async () => {
    const pod = '/var/log/pods/web_nginx-7d4b9c5f6-bcdfg_0f1e2d3c-1111-2222-3333-444455556666';
    const mixed = [
      cri('stderr', '2026/11/21 10:00:00 [notice] 1#1: start'),
      cri('stdout', 'time=2026 level=INFO msg=hello'),
      cri('stdout', combined(200)),
      cri('stderr', combined(500)),
      cri('stdout', combined(404)),
    ];
    write(`${pod}/nginx/0.log`, mixed.join(''));
    write(`${pod}/agent/0.log`, cri('stdout', 'msg=hello'));
    await start({});
    await until(() => sumOf(traffic.answers) === 2);
    assert.deepEqual(traffic.answers, { 'nginx - 200': 1, 'nginx - 404': 1 });
    const subject = { namespace: 'web', pod: 'nginx-7d4b9c5f6-bcdfg', gateway: 'nginx' };
    const nginx = { ...subject, container: 'nginx' };
    assert.deepEqual(
      ['counted', 'other_stream', 'quotes'].map((result) => lines(nginx, result)),
      [2, 2, 1],
    );
    await until(() => lines({ ...subject, container: 'agent' }, 'unknown_format') === 1);
    assert.deepEqual(traffic.followed, ['nginx']);
    const target = collector.targets?.().find(({ name }) => name.includes('agent'));
    assert.match(target?.detail ?? '', /no built-in format/);
  });

  it('goes on with what is appended, and says nothing twice', async () => {
    await read({});
    appendFileSync(join(directory, 'access.log'), line({ status: 503 }) + line().slice(0, 20));
    await until(() => sumOf(traffic.answers) === 2);
    collector.flush?.();
    assert.deepEqual(traffic.answers, { 'edge 10.0.0.1:80 200': 1, 'edge 10.0.0.1:80 503': 1 });
    assert.equal(seen.length, 1);
  });

  it('nothing there: absent, with the reason', async () => {
    await start({ discover: false });
    assert.deepEqual(await collector.poll(AbortSignal.timeout(1000)), {
      state: 'absent',
      detail: 'no files configured and discovery is off (collectors.nginx_access_log.discover)',
    });
    assert.ok(collector.caughtUp?.());
  });

  it('more upstreams than there is room for share one name', async () => {
    const all = Array.from({ length: 20 }, (_, i) => ({ addresses: `10.0.1.${i}:80` }));
    const path = write('access.log', all.map((one) => line(one)).join(''));
    await start({ files: [{ path, gateway: 'edge', format: 'badgateway' }], peer_limit: 16 });
    await until(() => sumOf(traffic.answers) === 20);
    assert.equal(traffic.answers['edge __overflow__ 200'], 4);
  });
});
