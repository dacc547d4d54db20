/** `41 s`, `12 min`, `3 h`, `2 d`: how long ago, for people. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `just now` or `41 s ago`; empty for a text that is no time. */
export function formatAgo(iso: string, nowMs: number): string {
  const atMs = Date.parse(iso);
  if (Number.isNaN(atMs)) return '';
  return nowMs - atMs < 1000 ? 'just now' : `${formatAge(nowMs - atMs)} ago`;
}

/** Time of day in UTC, as in logs of servers. */
export function formatClock(iso: string): string {
  const atMs = Date.parse(iso);
  return Number.isNaN(atMs) ? '–' : new Date(atMs).toISOString().slice(11, 19);
}
