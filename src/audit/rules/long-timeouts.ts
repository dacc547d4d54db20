import type { Directive } from '../../parse/nginx-conf-tree.ts';
import { parseSeconds } from '../../parse/nginx-conf-units.ts';
import { byDirective, type ProxyPlace } from '../proxy-place.ts';
import { type AuditRule, counted, type Finding } from '../rule.ts';
import { connectionHeader, isWebSocketOnly } from '../websocket.ts';

/** Ten minutes: longer than any answer that a person waits for. nginx's default is one minute. */
const LONGEST_SECONDS = 600;
const DEFAULT_SECONDS = 60;

export const longTimeouts: AuditRule = {
  name: 'long_timeouts',
  severity: 'warning',
  summary: 'Requests that are no WebSockets may hang for longer than ten minutes, or than their backend waits',
  needsWhole: false,
  *check({ proxies, facts }) {
    // A location for nothing but WebSockets needs it.
    const places = proxies.filter((place) => !isWebSocketOnly(place));
    for (const kind of ['read_timeout', 'send_timeout'])
      for (const [directive, held] of byDirective(places, kind)) {
        const seconds = parseSeconds(directive.args[0] ?? '');
        if (seconds !== null && seconds > LONGEST_SECONDS) yield tooLong(directive, held, seconds);
      }
    if (facts.backendTimeoutSeconds.isKnown) yield* longerThan(facts.backendTimeoutSeconds.value, places);
  },
};

function tooLong(directive: Directive, places: readonly ProxyPlace[], seconds: number): Finding {
  // A location that also takes WebSockets, streams or calls of gRPC may need it: its own setting is a choice.
  const isChosen = places.every((place) => mayBeLong(place) && place.levels[0].all(directive.name).length > 0);
  const unless = isChosen
    ? 'unless this location is for streams, long polls or WebSockets'
    : 'and a longer one only in the location of WebSockets';
  return {
    place: { file: directive.file, line: directive.line },
    message: `${directive.name} is ${seconds} s and nginx's default ${DEFAULT_SECONDS}: ${counted(places.length, 'place')} that ${places.length === 1 ? 'is' : 'are'} not for WebSockets alone may keep a request that long before it fails`,
    fix: `${directive.name} ${DEFAULT_SECONDS}s; ${unless}`,
    ...(isChosen ? { severity: 'info' } : {}),
  };
}

function mayBeLong(place: ProxyPlace): boolean {
  const isStreamed = place.get(`${place.prefix}_buffering`)?.args[0] === 'off';
  return place.prefix === 'grpc' || isStreamed || connectionHeader(place) === 'upgradable';
}

function* longerThan(backend: number, places: readonly ProxyPlace[]): Generator<Finding> {
  const said = new Set<Directive>();
  for (const place of places) {
    const name = `${place.prefix}_read_timeout`;
    const directive = place.get(name);
    const seconds = directive === null ? DEFAULT_SECONDS : parseSeconds(directive.args[0] ?? '');
    if (seconds === null || seconds <= backend || seconds > LONGEST_SECONDS) continue;
    if (directive !== null && said.has(directive)) continue;
    if (directive !== null) said.add(directive);
    const { file, line } = directive ?? place.pass;
    yield {
      place: { file, line },
      message: `${name} is ${seconds} s${directive === null ? ' (the default)' : ''} and the backend gives up after ${backend}: it closes the connection first, which is a 502 instead of a 504`,
      fix: `${name} ${backend}s; or a longer timeout in the backend`,
    };
  }
}
