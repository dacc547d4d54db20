import { ENDPOINT_STATES } from '../contract/endpoint.ts';
import type { ListedState, UpstreamsQuery } from './views.ts';

const PARAMETERS = ['gateway', 'upstream', 'state'];
const STATES: readonly string[] = [...ENDPOINT_STATES, ''];

/** Reads `/path?gateway=edge&state=stale`. A string is the sentence that says what is wrong with it. */
export function readUpstreamsQuery(url: string): UpstreamsQuery | string {
  const start = url.indexOf('?');
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : url.slice(start))) {
    if (!PARAMETERS.includes(name)) return `Unknown parameter ${quote(name)}: there are ${PARAMETERS.join(', ')}`;
    if (name in query) return `Parameter ${name} is given twice: one value each`;
    query[name] = value;
  }
  if (!isState(query.state))
    return `Unknown state ${quote(query.state ?? '')}: there are ${ENDPOINT_STATES.join(', ')}, and the empty one of addresses that are not compared`;
  return query as UpstreamsQuery;
}

function isState(state: string | undefined): state is ListedState | undefined {
  return state === undefined || STATES.includes(state);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
