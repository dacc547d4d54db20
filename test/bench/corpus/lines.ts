import { KINDS, type Kind } from './kinds.ts';
import { weighted } from './random.ts';
import { BLOCKS, type Draw, SOCKETS } from './scene.ts';
import { TRAP_KINDS } from './traps.ts';

/** nginx cuts a line silently here (NGX_MAX_ERROR_STR less the newline). */
const LONGEST_LINE = 2047;
const TRAP_SHARE = 0.15;
const HOSTILE_SHARE = 0.002;
const LONG_SHARE = 0.001;
const FORGED = 'http://6.6.6.6:66/';
const FORGED_FIELDS = `", upstream: "${FORGED}x", host: "spoof`;

export interface Line {
  readonly kind: Kind;
  readonly text: string;
  /** What the upstream field truly names (`address:port`, a socket path or a block name); null when it cannot be known. */
  readonly upstream: string | null;
}

const pickKind = weighted(KINDS);
const pickTrap = weighted(TRAP_KINDS);
const ROOTS = ['/api/v1/cart/items/', '/api/v2/search?q=', '/static/img/', '/checkout/session/', '/v1/users/'] as const;
const SERVERS = ['_', '', '~^(?<shop>[a-z]+)\\.example\\.com$'] as const;

function pathOf({ random }: Draw): string {
  return `${random.pick(ROOTS)}${random.hex()}`;
}

interface Peer {
  readonly upstream: string | null;
  readonly field: (path: string) => string;
}

function peerOf(kind: Kind, draw: Draw): Peer {
  const { random, pod } = draw;
  if (kind.peer === 'none') return { upstream: null, field: () => '' };
  if (kind.fields === 'stream') return { upstream: pod, field: () => `, upstream: "${pod}"` };
  if (kind.peer === 'unix') {
    return {
      upstream: pod,
      field: (path) => `, upstream: "${pod.includes('php') ? `fastcgi://unix:${pod}:` : `http://unix:${pod}:${path}`}"`,
    };
  }
  if (kind.peer === 'block') {
    const block = random.pick(BLOCKS);
    return { upstream: block, field: (path) => `, upstream: "http://${block}${path}"` };
  }
  if (kind.peer === 'grpc') return { upstream: pod, field: () => `, upstream: "grpc://${pod}"` };
  if (kind.peer === 'tcp' && random.chance(0.05))
    return { upstream: pod, field: () => `, upstream: "fastcgi://${pod}"` };
  const scheme = kind.peer === 'https' || random.chance(0.1) ? 'https' : 'http';
  return { upstream: pod, field: (path) => `, upstream: "${scheme}://${pod}${path}"` };
}

interface Request {
  readonly path: string;
  readonly referrer: string;
  /** The request and upstream fields leave no way to tell the real upstream. */
  readonly ambiguous: boolean;
  readonly http10: boolean;
}

/** What a client can write: quotes and errno texts in URLs, exact forged fields in the Referer, and on nginx before 1.21.1 spaces in URLs. */
function hostileRequest(draw: Draw): Request {
  const path = pathOf(draw);
  const plain = { path, referrer: '', ambiguous: false, http10: false };
  const forgedReferrer = `http://r/${FORGED_FIELDS}`;
  switch (draw.random.below(5)) {
    case 0:
      return { ...plain, path: `${path}",upstream:"${FORGED}` };
    case 1:
      return { ...plain, referrer: forgedReferrer };
    case 2:
      return { ...plain, referrer: forgedReferrer, http10: true };
    case 3:
      return {
        ...plain,
        path: `${path}?connect()_failed_(113:_No_route_to_host)`,
        referrer:
          'http://r/ upstream timed out (110: Connection timed out) while reading response header from upstream',
      };
    default:
      return { ...plain, path: `${path} HTTP/1.1", upstream: "${FORGED}`, ambiguous: true };
  }
}

function requestOf(kind: Kind, draw: Draw): Request {
  const { random } = draw;
  if (kind.failure && kind.peer !== 'none' && random.chance(HOSTILE_SHARE)) return hostileRequest(draw);
  const path = pathOf(draw);
  const referrer = random.chance(0.3) ? `https://${draw.host}/catalog/${random.hex()}` : '';
  if (kind.failure && random.chance(LONG_SHARE)) {
    // 3000 loses the upstream field; 1700 is cut behind the authority, in the path of the upstream field.
    const length = random.chance(0.6) ? 3000 : 1700;
    return { path: `${path}?token=${random.hex().padEnd(length, 'x')}`, referrer, ambiguous: false, http10: false };
  }
  return { path, referrer, ambiguous: false, http10: false };
}

/** `, client: …` to the end of the line, and what is truly known of the upstream. */
function requestFields(kind: Kind, draw: Draw): { tail: string; upstream: string | null } {
  const { random, host } = draw;
  const peer = peerOf(kind, draw);
  const request = requestOf(kind, draw);
  const method = random.pick(['GET', 'GET', 'GET', 'POST', 'PUT', 'HEAD']);
  const server = random.chance(0.1) ? random.pick(SERVERS) : host;
  const subrequest = random.chance(0.01) ? ', subrequest: "/_auth"' : '';
  const version = request.http10 ? '1.0' : random.chance(0.4) ? '2.0' : '1.1';
  const hostField = request.http10 ? '' : `, host: "${host}"`;
  const referrer = request.referrer === '' ? '' : `, referrer: "${request.referrer}"`;
  const tail =
    `, client: 192.168.${random.below(256)}.${random.below(256)}, server: ${server}, request: "${method} ${request.path} HTTP/${version}"` +
    `${subrequest}${peer.field(request.path)}${hostField}${referrer}`;
  // A forged second candidate makes it unknown wherever the field repeats the path or not.
  return { tail, upstream: request.ambiguous ? null : peer.upstream };
}

function fieldsOf(kind: Kind, draw: Draw): { tail: string; upstream: string | null } {
  const { random } = draw;
  const client = `, client: 192.168.${random.below(256)}.${random.below(256)}`;
  switch (kind.fields) {
    case 'none':
      return { tail: '', upstream: null };
    case 'client':
      return { tail: `${client}, server: 0.0.0.0:443`, upstream: null };
    case 'forged_host':
      return {
        tail: `${client}, server: ${draw.host}, request: "GET / HTTP/1.1", host: "a", upstream: "${FORGED}"`,
        upstream: null,
      };
    case 'stream': {
      const peer = peerOf(kind, draw);
      const tail = `${client}, server: 0.0.0.0:5432${peer.field('')}, bytes from/to client:0/0, bytes from/to upstream:0/0`;
      return { tail, upstream: peer.upstream };
    }
    case 'request':
      return requestFields(kind, draw);
  }
}

/** Cuts as nginx does. The upstream stays known when its authority and at least one byte after it lie before the cut. */
function cut(line: Line): Line {
  if (line.text.length <= LONGEST_LINE) return line;
  const text = line.text.slice(0, LONGEST_LINE);
  if (line.upstream === null) return { ...line, text };
  const authority = line.text.indexOf(line.upstream, line.text.indexOf(', upstream: "'));
  return { ...line, text, upstream: authority + line.upstream.length < LONGEST_LINE ? line.upstream : null };
}

/** The next line, without its newline. `stamp` is `YYYY/MM/DD HH:MM:SS`. */
export function nextLine(draw: Draw, stamp: string): Line {
  const { random } = draw;
  draw.next();
  const kind = random.chance(TRAP_SHARE) ? pickTrap(random) : pickKind(random);
  if (kind.peer === 'unix') draw.pod = random.pick(SOCKETS);
  const message = kind.message(draw);
  const action = kind.action ? ` while ${kind.action}` : '';
  const pid = 20 + random.below(8);
  const connection = kind.fields === 'none' ? '' : `*${100_000 + random.below(9_000_000)} `;
  const { tail, upstream } = fieldsOf(kind, draw);
  return cut({
    kind,
    text: `${stamp} [${kind.level}] ${pid}#${pid}: ${connection}${message}${action}${tail}`,
    upstream,
  });
}
