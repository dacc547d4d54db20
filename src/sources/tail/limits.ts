import type { FollowStatus, TailerLimits } from '../line-source.ts';

/** docs/tailing.md says what each is for. */
export const DEFAULT_LIMITS: TailerLimits = {
  files: 512,
  lineBytes: 64 * 1024,
  quietMs: 5_000,
  holdMs: 60_000,
  generations: 8,
  archiveBytes: 4 * 1024 ** 3,
};

/** Of a file that matches and for which there is no place. */
export function overLimit(path: string, { files }: TailerLimits): FollowStatus {
  const error = `not followed: no more than ${files} files are followed at once (file_limit)`;
  return { path, state: 'refused', behindBytes: 0, offset: 0, lastReadMs: null, error };
}
