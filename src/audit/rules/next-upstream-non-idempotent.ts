import { byDirective } from '../proxy-place.ts';
import { type AuditRule, counted } from '../rule.ts';

export const nextUpstreamNonIdempotent: AuditRule = {
  name: 'next_upstream_non_idempotent',
  severity: 'warning',
  summary: 'A POST that failed is sent again to another server, which may do it twice',
  needsWhole: false,
  *check({ proxies }) {
    for (const [directive, places] of byDirective(proxies, 'next_upstream')) {
      if (!directive.args.includes('non_idempotent')) continue;
      yield {
        place: { file: directive.file, line: directive.line },
        message: `${directive.name} has non_idempotent: at ${counted(places.length, 'place')} a POST, LOCK or PATCH that was sent 1 time may be done 2 times`,
        fix: `${directive.name} without non_idempotent, or only in locations whose requests may be repeated`,
      };
    }
  },
};
