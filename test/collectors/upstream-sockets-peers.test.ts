import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OutgoingPeers } from '../../src/collectors/upstream-sockets-peers.ts';
import type { PeerSocket } from '../../src/contract/upstream.ts';
import { TCP_ESTABLISHED, TCP_LISTEN, TCP_SYN_SENT } from '../../src/parse/tcp-sockets.ts';

const TIME_WAIT = 6;
const NGINX = 101;

/** `local:port>remote:port`; `state` and `uid` beside. */
function socket(text: string, { state = TCP_ESTABLISHED, uid = NGINX } = {}) {
  const [[localIp, localPort], [remoteIp, remotePort]] = text.split('>').map((end) => {
    const colon = end.lastIndexOf(':');
    return [end.slice(0, colon), Number(end.slice(colon + 1))] as const;
  });
  return { state, uid, localPort, remotePort, acceptQueue: 0, localIp: () => localIp, remoteIp: () => remoteIp };
}

const listen = (port: number) => socket(`0.0.0.0:${port}>0.0.0.0:0`, { state: TCP_LISTEN, uid: 0 });
const textOf = (peers: readonly PeerSocket[]) => peers.map(({ ip, port }) => `${ip}:${port}`);

function look(peers: OutgoingPeers, atMs: number, sockets: readonly ReturnType<typeof socket>[], isWhole = true) {
  peers.begin(new Set([NGINX]));
  for (const one of sockets) peers.add(one);
  const { used, held, sinceMs, skipped } = peers.end(atMs, isWhole);
  return { used: textOf(used), held: textOf(held), sinceMs, skipped };
}

describe('OutgoingPeers', () => {
  it('takes what the gateway connects to, or tries to, each peer once', () => {
    const sockets = [
      listen(80),
      socket('10.0.0.9:40000>10.0.0.1:8080'),
      socket('10.0.0.9:40001>10.0.0.1:8080'),
      socket('10.0.0.9:40002>10.0.0.1:9090'),
      socket('10.0.0.9:40003>10.0.0.2:8080', { state: TCP_SYN_SENT }),
      socket('fd00::9:40004>fd00::1:8080'),
    ];
    assert.deepEqual(look(new OutgoingPeers(), 5, sockets), {
      used: [],
      held: ['10.0.0.1:8080', '10.0.0.1:9090', '10.0.0.2:8080', 'fd00::1:8080'],
      sinceMs: 5,
      skipped: 0,
    });
  });

  it('takes no clients, no loopback, nothing that is closed, nobody else’s', () => {
    const sockets = [
      listen(80),
      socket('10.0.0.9:80>192.0.2.7:51000'),
      socket('10.0.0.9:40000>127.0.0.1:8080'),
      socket('127.0.0.6:40001>10.0.0.9:8080'),
      socket('::1:40002>::1:8080'),
      socket('10.0.0.9:40003>10.0.0.1:8080', { state: TIME_WAIT }),
      socket('10.0.0.9:40004>10.96.0.1:443', { uid: 65534 }),
    ];
    const { used, held } = look(new OutgoingPeers(), 5, sockets);
    assert.deepEqual([used, held], [[], []]);
  });

  it('remembers the listeners: clients of one that was closed are no upstream', () => {
    const peers = new OutgoingPeers();
    const client = socket('10.0.0.9:80>192.0.2.7:51000');
    look(peers, 0, [listen(80), client]);
    const { used, held } = look(peers, 1, [client]);
    assert.deepEqual([used, held], [[], []]);
  });

  it('tells a new connection from an old one, and from an old one that ended', () => {
    const [a, b, c] = [40_000, 40_001, 40_002].map((port) => socket(`10.0.0.9:${port}>10.0.0.1:8080`));
    const peers = new OutgoingPeers();
    const kind = (atMs: number, ...sockets: (typeof a)[]) => {
      const { used, held, sinceMs } = look(peers, atMs, sockets);
      return `${used.length === 1 ? 'used' : held.length === 1 ? 'held' : 'none'} ${sinceMs}`;
    };
    assert.equal(kind(0, a), 'held 0');
    assert.equal(kind(10, a), 'held 0');
    assert.equal(kind(20, a, b), 'used 10');
    assert.equal(kind(30, b, a), 'held 20');
    assert.equal(kind(40, b), 'held 30');
    assert.equal(kind(50, c), 'used 40');
    assert.equal(kind(60), 'none 50');
    assert.equal(kind(70, c), 'used 60');
  });

  it('a connect that is answered is the same connection', () => {
    const peers = new OutgoingPeers();
    const text = '10.0.0.9:40000>10.0.0.1:8080';
    look(peers, 0, []);
    assert.deepEqual(look(peers, 1, [socket(text, { state: TCP_SYN_SENT })]).used, ['10.0.0.1:8080']);
    assert.deepEqual(look(peers, 2, [socket(text)]).held, ['10.0.0.1:8080']);
  });

  it('after a look that did not see all sockets nothing counts as new', () => {
    const peers = new OutgoingPeers();
    look(peers, 0, []);
    const sockets = [socket('10.0.0.9:40000>10.0.0.1:8080')];
    assert.deepEqual(look(peers, 1, [], false).used, []);
    assert.deepEqual(look(peers, 2, sockets).held, ['10.0.0.1:8080']);
  });

  it('keeps so many peers and counts the sockets of others', () => {
    const peers = new OutgoingPeers(2);
    const sockets = [1, 2, 3, 3, 1].map((host, index) => socket(`10.0.0.9:${40_000 + index}>10.0.0.${host}:80`));
    look(peers, 0, []);
    const first = look(peers, 1, sockets);
    assert.deepEqual(first, { used: ['10.0.0.1:80', '10.0.0.2:80'], held: [], sinceMs: 0, skipped: 2 });
    const next = look(peers, 2, [socket('10.0.0.9:40002>10.0.0.3:80')]);
    assert.deepEqual(next, { used: [], held: ['10.0.0.3:80'], sinceMs: 1, skipped: 0 });
  });
});
