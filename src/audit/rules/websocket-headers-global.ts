import { type Directive, walkConf } from '../../parse/nginx-conf-tree.ts';
import type { ProxyPlace } from '../proxy-place.ts';
import { type AuditRule, counted, type Finding } from '../rule.ts';

export const websocketHeadersGlobal: AuditRule = {
  name: 'websocket_headers_global',
  severity: 'warning',
  summary: 'Every request asks its upstream to switch protocols, not only WebSockets',
  needsWhole: false,
  *check(input) {
    const { modules, proxies } = input;
    for (const { module, directives } of modules) {
      if (module !== 'http') continue;
      for (const { directive, parents } of walkConf(directives)) {
        if (!isUpgrade(directive) || parents.some(({ name }) => name === 'location')) continue;
        const held = proxies.filter((place) => isHeldBy(place, directive)).length;
        const where = `proxy_set_header Connection "upgrade" stands at ${parents.at(-1)?.name ?? 'http'} level and holds in ${held} of ${counted(proxies.length, 'place')} that pass requests on`;
        const place = { file: directive.file, line: directive.line };
        // Places that are not seen may inherit it.
        const isIdle = held === 0 && proxies.length > 0 && input.hasMain && input.missing.length === 0;
        yield isIdle ? idle(place, where) : inForce(place, where);
      }
    }
  },
};

const FIX =
  "map $http_upgrade $connection_upgrade { default upgrade; '' ''; } and proxy_set_header Connection $connection_upgrade; or the header only in the location of WebSockets";

function inForce(place: Finding['place'], where: string): Finding {
  return { place, message: `${where}: plain requests are sent as upgrades, and no connection is kept`, fix: FIX };
}

/** Every place has a proxy_set_header of its own, so none inherits it. */
function idle(place: Finding['place'], where: string): Finding {
  const message = `${where}: one without a proxy_set_header of its own would send plain requests as upgrades`;
  return { place, message, fix: FIX, severity: 'info' };
}

function isUpgrade({ name, args }: Directive): boolean {
  return name === 'proxy_set_header' && /^connection$/i.test(args[0] ?? '') && /^\s*upgrade\s*$/i.test(args[1] ?? '');
}

function isHeldBy(place: ProxyPlace, directive: Directive): boolean {
  return place.header('connection') === directive;
}
