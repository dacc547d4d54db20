import type { Subject } from '../contract/metrics.ts';
import type { ConditionSink } from '../contract/upstream.ts';
import type { CertificateExpiry } from '../parse/envoy-certs.ts';

const MOST_NAMED = 5;

export interface EnvoyState {
  /** `control_plane.connected_state`; undefined: it has no control plane. */
  readonly connected: number | undefined;
  readonly certificates: readonly CertificateExpiry[];
  readonly nowMs: number;
}

/** What Envoy says of itself that is bad without a request. Null: it does not answer, nothing is known. */
export function sayEnvoyConditions(sink: ConditionSink, subject: Subject, state: EnvoyState | null): void {
  const connected = state?.connected;
  const isDisconnected = connected === undefined ? null : connected === 0;
  sink.condition({
    ...{ condition: 'control_plane_disconnected', subject, isActive: isDisconnected },
    evidence: isDisconnected ? 'control_plane.connected_state is 0' : '',
  });
  const expired = state?.certificates.filter(({ expirySeconds }) => expirySeconds * 1000 <= state.nowMs) ?? [];
  const isKnown = state !== null && state.certificates.length > 0;
  const told = expired.length > 0 ? expired : (state?.certificates ?? []);
  sink.condition({
    ...{ condition: 'certificate_expired', subject, isActive: isKnown ? expired.length > 0 : null },
    evidence: told
      .slice(0, MOST_NAMED)
      .map((one) => certificateText(one, expired.length > 0))
      .join('; '),
  });
}

/** With all its names: in a mesh the identity is the URI (SPIFFE). */
function certificateText({ name, names, expirySeconds }: CertificateExpiry, isExpired: boolean): string {
  const others = names.filter((other) => !name.endsWith(other));
  const also = others.length === 0 ? '' : ` (${others.join(', ')})`;
  return `${name}${also} ${isExpired ? 'expired' : 'until'} ${new Date(expirySeconds * 1000).toISOString().slice(0, 10)}`;
}
