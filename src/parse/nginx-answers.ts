import { SYMPTOMS, type Symptom } from '../contract/names.ts';
import { bytes, standsAt } from './bytes.ts';

/**
 * Lines after which nginx answers the client itself: a request refused (not delayed, no dry run), or a subrequest that failed and has
 * a line of its own. Texts: nginx/nginx src/http/modules/ngx_http_limit_req_module.c, ngx_http_limit_conn_module.c,
 * ngx_http_auth_request_module.c.
 */
const TEXTS: readonly (readonly [Symptom, readonly string[]])[] = [
  ['rate_limited', ['limiting requests, excess: ']],
  ['connection_limited', ['limiting connections by zone ']],
  ['subrequest_failed', ['auth request unexpected status: 502', 'auth request unexpected status: 504']],
];

/** How messages with this symptom begin after which nginx has answered the client itself; none: it never has. */
export function answeredTexts(symptom: number): readonly string[] {
  return TEXTS.find(([name]) => name === SYMPTOMS[symptom])?.[1] ?? [];
}

const BY_SYMPTOM = new Map(TEXTS.map(([symptom, texts]) => [SYMPTOMS.indexOf(symptom), texts.map(bytes)]));

/** Whether nginx has answered the client itself because of what the message at `at` says. */
export function isAnswered(symptom: number, buffer: Uint8Array, at: number): boolean {
  return BY_SYMPTOM.get(symptom)?.some((text) => standsAt(buffer, at, text)) === true;
}
