import type { TailerLimits } from '../line-source.ts';

/** docs/tailing.md says what each is for. */
export const DEFAULT_LIMITS: TailerLimits = {
  files: 512,
  lineBytes: 64 * 1024,
  quietMs: 5_000,
  holdMs: 60_000,
  generations: 8,
  archiveBytes: 4 * 1024 ** 3,
};
