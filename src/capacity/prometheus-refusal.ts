import { showInvisible } from '../http/html.ts';

const LONGEST_QUOTE = 300;
const USUAL_PORT = 9090;

export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly hasCredentials: boolean;
}

/** What an answer that is not the wanted one means, and the way out. */
export function refusalOf({ status, body, hasCredentials }: Refusal): string {
  const { error, isPrometheus } = ownWords(body);
  const words = showInvisible(error.slice(0, LONGEST_QUOTE).trim());
  if (status === 401 || status === 403)
    return hasCredentials
      ? `it does not take these credentials (${status})`
      : `it asks for credentials (${status}): give --user and --password-file, or --bearer-file`;
  if (isPrometheus && /too many samples|timed? ?out|timeout/i.test(error))
    return `the query is too much for it (${status}: ${words}): narrow it with --match, or a shorter --window`;
  if (isPrometheus) return `it refused the query (${status}): ${words}`;
  if (status === 404)
    return `it has no /api/v1/query_range (404): is it a Prometheus, and is a path in front of it missing (--web.route-prefix)?`;
  if (status === 200) return `this is not the answer of a Prometheus: ${words || 'it is empty'}`;
  if (status >= 300 && status < 400)
    return `it sends us elsewhere (${status}): write the address behind that in --prometheus; a login page needs --bearer-file`;
  if (status === 429 || status >= 500) return `it cannot answer now (${status}): ${words || 'ask again in a moment'}`;
  return `it answered ${status}: ${words}`;
}

/** Why there was no answer. */
export function explainFailure(error: NodeJS.ErrnoException, { protocol, hostname, port }: URL): string {
  const { code = '', name, message } = error;
  if (name === 'TimeoutError' || name === 'AbortError')
    return 'no complete answer within 2 min: narrow it with --match, or a shorter --window; is the address right, and no firewall in between?';
  if (code === 'ECONNREFUSED')
    return `nobody listens there: is Prometheus at port ${port || (protocol === 'https:' ? 443 : 80)} (usually ${USUAL_PORT})? In a cluster: kubectl port-forward svc/prometheus ${USUAL_PORT}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${hostname} cannot be resolved (${code})`;
  if (code === 'EPROTO' || code.endsWith('WRONG_VERSION_NUMBER'))
    return 'it does not speak TLS: write http:// in --prometheus';
  if (protocol === 'http:' && (code === 'ECONNRESET' || code.startsWith('HPE_')))
    return `it closed the connection (${code}): if it speaks TLS, write https:// in --prometheus`;
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired';
  if (code.endsWith('ALTNAME_INVALID')) return 'its certificate does not name this host: write one that it names';
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return `its certificate is not trusted (${code}): give the authority with --ca-file`;
  return message;
}

function ownWords(body: string): { error: string; isPrometheus: boolean } {
  try {
    const { status, error } = JSON.parse(body) as { status?: unknown; error?: unknown };
    if (status === 'error' && typeof error === 'string') return { error, isPrometheus: true };
  } catch {
    // Not JSON: quoted as it is.
  }
  return { error: body, isPrometheus: false };
}
