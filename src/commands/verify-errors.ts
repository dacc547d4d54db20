/** What can happen instead of an answer. `not_sent`: too many others were under way. */
export const ERROR_KINDS = [
  'refused',
  'timeout',
  'reset',
  'unreachable',
  'dns',
  'tls',
  'malformed',
  'other',
  'not_sent',
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

const BY_CODE: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EAI_AGAIN: 'dns',
  ENOTFOUND: 'dns',
  EPROTO: 'tls',
};
/** Codes of OpenSSL and of Node's checks of certificates. */
const TLS = /^ERR_(SSL|TLS)_|CERT|SIGNATURE|ISSUER/;

/** The next step, where there is one that holds for all. */
const NEXT: Readonly<Record<ErrorKind, string>> = {
  refused: 'nobody listens at this address: is the port right, and the gateway up (badgateway diagnose)?',
  timeout: 'not answered in time: a longer --timeout tells slow from never; a firewall drops, a full accept queue too',
  reset:
    'the connection was closed or reset before the answer was whole: a restart, a crash, or TLS that is spoken to as plain HTTP',
  unreachable: 'there is no route to the address, or no local port is left (badgateway diagnose)',
  dns: 'the name cannot be resolved from here: is it a name of the cluster? Give an address, and the name with --header "Host: …"',
  tls: 'the handshake failed: give the authority with --ca-file, a name that the certificate has, or http://',
  malformed: 'the answer is no HTTP: is the port right?',
  other: 'the first such error is named above',
  not_sent:
    'so many requests were under way that no more were begun: the answers are too slow for --qps; give a lower one',
};

/** What kind of failure this error of a request is. */
export function errorKind({ code = '' }: NodeJS.ErrnoException): ErrorKind {
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'malformed';
  if (code.startsWith('EAI_')) return 'dns';
  return TLS.test(code) ? 'tls' : 'other';
}

/** What to do about it, for people. */
export function nextStep(kind: ErrorKind): string {
  return `${kind}: ${NEXT[kind]}`;
}
