import { type Directive, walkConf } from '../../parse/nginx-conf-tree.ts';
import type { ProxyPlace } from '../proxy-place.ts';
import { type AuditRule, counted } from '../rule.ts';

export const websocketHeadersGlobal: AuditRule = {
  name: 'websocket_headers_global',
  severity: 'warning',
  summary: 'Every request asks its upstream to switch protocols, not only WebSockets',
  needsWhole: false,
  *check({ modules, proxies }) {
    for (const { module, directives } of modules) {
      if (module !== 'http') continue;
      for (const { directive, parents } of walkConf(directives)) {
        if (!isUpgrade(directive) || parents.some(({ name }) => name === 'location')) continue;
        const held = proxies.filter((place) => isHeldBy(place, directive)).length;
        yield {
          place: { file: directive.file, line: directive.line },
          message: `proxy_set_header Connection "upgrade" stands at ${parents.at(-1)?.name ?? 'http'} level and holds in ${held} of ${counted(proxies.length, 'place')} that pass requests on: plain requests are sent as upgrades, and no connection is kept`,
          fix: "map $http_upgrade $connection_upgrade { default upgrade; '' ''; } and proxy_set_header Connection $connection_upgrade; or the header only in the location of WebSockets",
        };
      }
    }
  },
};

function isUpgrade({ name, args }: Directive): boolean {
  return name === 'proxy_set_header' && /^connection$/i.test(args[0] ?? '') && /^\s*upgrade\s*$/i.test(args[1] ?? '');
}

function isHeldBy(place: ProxyPlace, directive: Directive): boolean {
  return place.header('connection') === directive;
}
