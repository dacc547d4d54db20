import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Badgateway, labelOf, type Samples } from '../support/badgateway.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { skipWithout } from '../support/programs.ts';
import { cgroupsMissing, TestCgroup } from '../support/test-cgroup.ts';

const skip = netnsMissing() || cgroupsMissing() || skipWithout('nginx', 'curl');
const [BACKEND_IP, GATEWAY_IP] = ['10.81.0.1', '10.81.0.2'];
const POD = 'kept-6d4cf56db6-x2bcd';
/** Of the configuration's file: what the nginx is called where no pod is known. */
const FILE = 'podded';
const BACKEND = `require('http').createServer((_, response) => response.end('ok'))
  .listen({ port: 8080, host: process.argv[1] }, () => console.log('ready'))`;
/** What GatewayKeepalivePoolNearLimit and others put together, of three collectors, and that of cgroups beside them. */
const FAMILIES = [
  ...['upstream_sockets', 'upstream_keepalive_limit', 'upstream_socket_peers', 'workers', 'worker_connections_limit'],
  ...['gateway_config_files', 'gateway_config_reloads_total', 'worker_respawns_total'],
];

/** A real nginx in a network and a cgroup as a pod has them, which keeps connections to an upstream in another network. */
async function podWithUpstream(t: TestContext) {
  let nginx: ChildProcess | undefined;
  t.after(async () => {
    if (nginx?.kill('SIGTERM')) await once(nginx, 'exit');
  });
  const uid = randomUUID();
  const cgroup = new TestCgroup(t, `kubepods/burstable/pod${uid}/${randomUUID().replaceAll('-', '').repeat(2)}`);
  const [backend, gateway] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: backend, address: `${BACKEND_IP}/24` }, { netns: gateway, address: `${GATEWAY_IP}/24` });
  await backend.start(process.execPath, '-e', BACKEND, BACKEND_IP);
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-pods-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'host/var/log/pods'), { recursive: true });
  const conf = join(directory, `${FILE}.conf`);
  writeFileSync(
    conf,
    `daemon off; user root; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 128; }
     http { access_log off; upstream cart { server ${BACKEND_IP}:8080; keepalive 4; }
            server { listen unix:${directory}/front.sock;
                     location / { proxy_pass http://cart; proxy_http_version 1.1; proxy_set_header Connection ''; } } }`,
  );
  const go = join(directory, 'go');
  const started = `echo up; until [ -e ${go} ]; do sleep 0.02; done; exec nginx -c ${conf} -e ${directory}/error.log`;
  const master = await gateway.start('sh', '-c', started);
  nginx = master;
  // From outside: in its namespace no cgroups are mounted.
  cgroup.add(master.pid);
  writeFileSync(go, '');
  return { uid, root: join(directory, 'host'), front: join(directory, 'front.sock') };
}

/** Names of the pods that series of the families have, by family; only of the gateway. */
function podsOf(samples: Samples, gateway: string): Readonly<Record<string, readonly string[]>> {
  const of = (family: string) =>
    [...samples.keys()].filter(
      (name) => name.startsWith(`badgateway_${family}{`) && labelOf(name, 'gateway') === gateway,
    );
  const subject = (name: string) => `${labelOf(name, 'namespace')}/${labelOf(name, 'pod')}`;
  return Object.fromEntries(FAMILIES.map((family) => [family, [...new Set(of(family).map(subject))]]));
}

test('an agent that finds the nginx of a pod: one name in all collectors, from the first series on [ci]', {
  skip,
}, async (t) => {
  const { uid, root, front } = await podWithUpstream(t);
  const agent = await Badgateway.create();
  t.after(() => agent.dispose());
  const often = { interval: '1s' };
  const nginx = { nginx_config: often, nginx_workers: often, upstream_sockets: often, cgroups: often };
  await agent.serve({ role: 'agent', paths: { proc: '/proc', root }, collectors: nginx });
  const wrong = new Set<string>();
  const scrape = async () => {
    const samples = await agent.scrape();
    for (const name of samples.keys()) if (labelOf(name, 'gateway') === FILE) wrong.add(name);
    return samples;
  };
  // The pod has no name yet: whoever looks for it says so, and nothing else.
  const isAwaited = async () => {
    await scrape();
    const { body } = await agent.get('/api/v1/status', { page: true });
    return body.split('the name of its pod is not known yet').length > 3;
  };
  await agent.until(isAwaited, 'three collectors wait for the name of the pod');
  mkdirSync(join(root, `var/log/pods/web_${POD}_${uid}`));
  const asked = spawn('curl', ['-s', '--unix-socket', front, 'http://edge/'], { stdio: 'ignore' });
  assert.deepEqual(await once(asked, 'exit'), [0, null]);
  const isWhole = async () => Object.values(podsOf(await scrape(), 'kept')).every((pods) => pods.length > 0);
  await agent.until(isWhole, 'every family has the gateway');
  const samples = await scrape();
  assert.deepEqual(podsOf(samples, 'kept'), Object.fromEntries(FAMILIES.map((family) => [family, [`web/${POD}`]])));
  assert.deepEqual([...wrong], [], 'never under the name of its file');
  const labels = `namespace="web",pod="${POD}",container="",gateway="kept"`;
  assert.equal(samples.get(`badgateway_workers{${labels},state="running"}`), 1);
  const limit = [...samples].find(([name]) => name.startsWith(`badgateway_upstream_keepalive_limit{${labels},`));
  assert.equal(limit?.[1], 4);
  const open = [...samples].find(
    ([name]) =>
      name.startsWith(`badgateway_upstream_sockets{${labels},`) &&
      labelOf(name, 'upstream') === 'cart' &&
      labelOf(name, 'state') === 'active',
  );
  assert.equal(open?.[1], 1, 'the connection that is kept');
});
