import { EnvoyParseError } from '../parse/envoy-json.ts';
import { parseServerInfo } from '../parse/envoy-server-info.ts';
import { type Base, formatBase, HttpGetError } from '../sources/http-get.ts';
import { type EnvoyAdminLimits, getEnvoyAdmin } from '../sources/http-get-envoy.ts';

/** Usual admin ports: plain Envoy, Istio, Consul and Envoy Gateway, Envoy Gateway's stats listener. */
export const USUAL_PORTS = [9901, 15_000, 19_000, 19_001] as const;

export interface Probe {
  readonly base: Base;
  readonly isEnvoy: boolean;
  /** One sentence for the page. */
  readonly detail: string;
}

/** Asks for `/server_info`, and for nothing else, whether an Envoy's admin interface answers at `base`. Never rejects. */
export async function probeEnvoy(base: Base, limits: EnvoyAdminLimits): Promise<Probe> {
  const chunks: Buffer[] = [];
  try {
    await getEnvoyAdmin({ base, request: 'server_info' }, limits, (chunk) => chunks.push(Buffer.from(chunk)));
    const server = parseServerInfo(Buffer.concat(chunks).toString('utf8'));
    return { base, isEnvoy: true, detail: `found Envoy ${server.version}` };
  } catch (error) {
    const place = formatBase(base);
    if (error instanceof EnvoyParseError)
      return { base, isEnvoy: false, detail: `${place} answers, but not as an Envoy` };
    if (error instanceof HttpGetError && error.reason === 'unreachable')
      return { base, isEnvoy: false, detail: `nothing listens on ${place}` };
    return { base, isEnvoy: false, detail: (error as Error).message };
  }
}
