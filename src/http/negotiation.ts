import type { IncomingMessage } from 'node:http';
import type { Format } from '../metrics/registry.ts';

const LONGEST_HEADER = 4096;
const LONGEST_AGENT = 200;

interface Choice {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * The exposition format for an Accept header (RFC 9110 §12.5.1). OpenMetrics only where version 1.0.0 is named and
 * preferred; everything else gets the text format, never a 406: a human with curl wants an answer.
 */
export function chooseFormat(accept: string | undefined): Format {
  let openmetrics = 0;
  let text = { specificity: -1, quality: 0 };
  for (const { value, parameters, quality } of choices(accept)) {
    if (value === 'application/openmetrics-text' && parameters.get('version') === '1.0.0') {
      openmetrics = Math.max(openmetrics, quality);
    }
    const specificity = ['*/*', 'text/*', 'text/plain'].indexOf(value);
    if (
      specificity > text.specificity ||
      (specificity >= 0 && specificity === text.specificity && quality > text.quality)
    ) {
      text = { specificity, quality };
    }
  }
  return openmetrics > 0 && openmetrics >= text.quality ? 'openmetrics' : 'text';
}

export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const all = choices(acceptEncoding);
  const choice = all.find(({ value }) => value === 'gzip') ?? all.find(({ value }) => value === '*');
  return choice !== undefined && choice.quality > 0;
}

/** Who scrapes, bounded: the address and the agent, because several Prometheus servers may share an address. */
export function scraperOf(request: IncomingMessage): string {
  return `${request.socket.remoteAddress ?? ''} ${(request.headers['user-agent'] ?? '').slice(0, LONGEST_AGENT)}`;
}

function choices(header: string | undefined): Choice[] {
  if (header === undefined || header.length > LONGEST_HEADER) return [];
  return header.split(',').map((part) => {
    const [value, ...rest] = part.split(';').map((piece) => piece.trim());
    const parameters = new Map(rest.map((piece) => splitParameter(piece)));
    const quality = Number(parameters.get('q') ?? 1);
    return { value: value.toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
  });
}

function splitParameter(piece: string): [string, string] {
  const at = piece.indexOf('=');
  if (at < 0) return [piece.toLowerCase(), ''];
  return [
    piece.slice(0, at).trim().toLowerCase(),
    piece
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1'),
  ];
}
