/** What the tables of formats have in common. */

export interface OddFormat {
  readonly words: readonly string[];
  /** Fields beside `status`. */
  readonly gives: string;
  /** Fields that it has and that cannot be found. */
  readonly unread?: string;
}

export const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
export const LISTS = 'upstream_addr upstream_status upstream_response_time';
export const JSON_ESCAPE = 'escape=json';
export const NO_ESCAPE = 'escape=none';
