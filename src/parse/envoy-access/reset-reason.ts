import { FLAG } from './response-flags.ts';

/**
 * The reset reasons of Http::Utility::resetReasonToString, all versions, and the flag that goes with each (router.cc,
 * streamResetReasonToResponseFlag). Before 1.27 every connection that could not be made was a `connection failure`.
 */
const RESET_REASONS: Readonly<Record<string, number>> = {
  'connection failure': FLAG.UF,
  'local connection failure': FLAG.UF,
  'remote connection failure': FLAG.UF,
  'connection timeout': FLAG.UF,
  'connection termination': FLAG.UC,
  'local reset': FLAG.LR,
  'local refused stream reset': FLAG.LR,
  'http/1 premature upstream half close': FLAG.UC,
  'http1 premature upstream half close': FLAG.UC,
  overflow: FLAG.UO,
  'remote reset': FLAG.UR,
  'remote refused stream reset': FLAG.UR,
  'remote error with connect request': FLAG.UR,
  'protocol error': FLAG.UPE,
  'overload manager reset': FLAG.OM,
  'overload manager': FLAG.OM,
};

/** Bits of FLAG; 0: not a reset reason. Blanks may be `_`. */
export function flagsOfReset(reason: string): number {
  const plain = plainReset(reason);
  return Object.hasOwn(RESET_REASONS, plain) ? RESET_REASONS[plain] : 0;
}

/** The longest reset reason that the text begins with; the text when there is none. */
export function resetReasonIn(text: string): string {
  const words = text.split(' ');
  for (let count = words.length; count > 0; count--) {
    const reason = words.slice(0, count).join(' ');
    if (flagsOfReset(reason) !== 0) return reason;
  }
  return text;
}

/** It waited for the connection until its own time was over. */
export function isConnectTimeout(reason: string): boolean {
  return plainReset(reason) === 'connection timeout';
}

/** The upstream closed before its answer was whole; Envoy flags it as its own reset. */
export function isHalfClose(reason: string): boolean {
  return plainReset(reason).endsWith('premature upstream half close');
}

function plainReset(reason: string): string {
  return reason.replaceAll('_', ' ').trim().toLowerCase();
}
