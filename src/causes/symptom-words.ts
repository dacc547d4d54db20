import type { Symptom } from '../contract/names.ts';
import type { Explanation } from './explanations.ts';

/** Symptoms that are never a failed attempt: companion lines, clients' faults, policy, the gateway's own state. */
export const SYMPTOM_WORDS: Readonly<Partial<Record<Symptom, Explanation>>> = {
  peer_marked_down: {
    title: 'Companion: peer marked down',
    meaning: 'nginx takes this server out of rotation for fail_timeout. The failure itself is in its own line.',
    likely: ['max_fails failures within fail_timeout'],
    next: 'The failures of the same upstream beside this line.',
  },
  subrequest_failed: {
    title: 'Companion: subrequest failed',
    meaning:
      'An auth_request answered neither 2xx, 401 nor 403; the client got 500. The failure itself is in its own line.',
    likely: ['the authentication service failed'],
    next: 'The line with subrequest: of the same connection number.',
  },
  client_abort: {
    title: 'Client went away',
    meaning:
      'The client closed its connection or stopped reading before the answer was complete. Not a failure of the gateway.',
    likely: [
      'the user left or a timeout of the client passed',
      'the answer was slow: compare with the latency of the upstream',
    ],
    next: 'Nothing, unless many at once: then the latency of that upstream.',
  },
  client_bad_request: {
    title: 'Bad request',
    meaning: 'The client sent something that is not a valid request; nginx answered 400. No upstream was asked.',
    likely: ['scanners', 'plain HTTP to a TLS port, or a broken PROXY protocol header from the load balancer'],
    next: 'Nothing, unless it comes from your own load balancer: then proxy_protocol on both sides.',
  },
  client_tls_error: {
    title: 'Client TLS failed',
    meaning: 'The TLS connection with the client failed. No upstream was asked.',
    likely: ['scanners and old clients', 'the client does not trust the certificate'],
    next: 'Nothing, unless it is a known client: then ssl_protocols, ssl_ciphers and the certificate chain.',
  },
  body_too_large: {
    title: 'Request body too large',
    meaning: 'The body is above client_max_body_size; nginx answered 413.',
    likely: ['uploads larger than the limit (1m by default)'],
    next: 'client_max_body_size of that location.',
  },
  access_denied: {
    title: 'Access denied',
    meaning: 'allow/deny rules or a password check refused the request (403 or 401).',
    likely: ['the rule does what it should', 'the gateway sees the address of a load balancer, not the client’s'],
    next: 'The allow/deny rules of that location, and real_ip.',
  },
  connections_reused: {
    title: 'Idle connections closed for want of room',
    meaning:
      'worker_connections of a worker are nearly used up: nginx closed idle ones to take new ones. Nothing has failed yet.',
    likely: ['many idle keepalive clients', 'slow upstreams hold connections open', 'worker_connections is small'],
    next: 'stub_status (Waiting, Writing), then worker_connections and worker_rlimit_nofile.',
  },
  config_rejected: {
    title: 'Configuration refused',
    meaning:
      'nginx refused its configuration: it did not start, or a reload failed and the old configuration stays in force.',
    likely: [
      'a mistake in the file and line named',
      'a name in upstream that did not resolve',
      'another process has the port',
    ],
    next: 'nginx -t; until it passes, changes of endpoints do not reach the gateway.',
  },
  worker_crash: {
    title: 'Worker died',
    meaning: 'A process of nginx died; requests it was serving are lost.',
    likely: ['signal 9: out of memory', 'signal 11: a bug in nginx or a module'],
    next: 'Signal 9: memory limit and the kernel log. Signal 11: third-party modules, core dump.',
  },
};
