import { quoted } from '../../parse/nginx-conf-problem.ts';
import { otherProtocolOf } from '../../parse/port-protocols.ts';
import { byUpstream } from '../proxy-place.ts';
import type { AuditRule } from '../rule.ts';

const PASSES = new Set(['proxy_pass', 'grpc_pass']);

export const httpToDatabasePort: AuditRule = {
  name: 'http_to_database_port',
  severity: 'info',
  summary: 'HTTP is sent to a port that usually speaks another protocol',
  needsWhole: false,
  *check({ proxies }) {
    for (const [upstream, places] of byUpstream(proxies.filter(({ pass }) => PASSES.has(pass.directive)))) {
      const server = upstream.servers.find(({ address }) => otherProtocolOf(address.port) !== undefined);
      if (server === undefined) continue;
      const { port } = server.address;
      const name = upstream.isImplicit ? places[0].pass.directive : `upstream ${quoted(upstream.name)}`;
      yield {
        place: { file: server.file, line: server.line },
        message: `${name} sends HTTP to port ${port}, which ${otherProtocolOf(port)} uses: it would answer with no valid header, or not at all`,
        fix: `stream { server { listen ${port}; proxy_pass …; } } if it is no HTTP server`,
      };
    }
  },
};
