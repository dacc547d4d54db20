import { parseBytes } from '../../parse/nginx-conf-units.ts';
import { byDirective } from '../proxy-place.ts';
import { type AuditRule, counted } from '../rule.ts';

/** One page, nginx's default on most machines (8 KiB on others). */
const DEFAULT_BYTES = 4096;

export const headerBuffersSmall: AuditRule = {
  name: 'header_buffers_small',
  severity: 'warning',
  summary: 'The buffer for the header of a response is smaller than by default: a longer header is a 502',
  needsWhole: false,
  *check({ proxies }) {
    for (const [directive, places] of byDirective(proxies, 'buffer_size')) {
      const bytes = parseBytes(directive.args[0] ?? '');
      if (bytes === null || bytes >= DEFAULT_BYTES) continue;
      yield {
        place: { file: directive.file, line: directive.line },
        message: `${directive.name} is ${bytes} bytes and nginx's default ${DEFAULT_BYTES}: at ${counted(places.length, 'place')} a response whose header does not fit is a 502 (upstream sent too big header)`,
        fix: `${directive.name} 8k;`,
      };
    }
  },
};
