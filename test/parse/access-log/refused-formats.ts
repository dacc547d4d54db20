/** Formats that are refused, and why. */

import { COMBINED, JSON_ESCAPE, NO_ESCAPE } from './format-words.ts';

export interface Refused {
  readonly words: readonly string[];
  readonly reason: string;
  readonly variable: string | null;
}

export const REFUSED: readonly Refused[] = [
  { words: [], reason: 'no_status', variable: null },
  { words: [''], reason: 'no_status', variable: null },
  { words: ['$remote_addr $request_time'], reason: 'no_status', variable: null },
  { words: ['$upstream_status'], reason: 'no_status', variable: null },
  { words: ['$http_x $status $http_y'], reason: 'hidden', variable: 'status' },
  { words: ['$remote_user $host $status $request_uri'], reason: 'hidden', variable: 'status' },
  { words: ['$request $status $http_user_agent'], reason: 'hidden', variable: 'status' },
  { words: ['[$http_user_agent] [$status] [$http_referer]'], reason: 'hidden', variable: 'status' },
  { words: ['$http_x|$status|$http_y'], reason: 'hidden', variable: 'status' },
  { words: ["'$http_x' '$status' '$http_y'"], reason: 'hidden', variable: 'status' },
  { words: ['"$request" $status $http_x $request_time $http_y'], reason: 'hidden', variable: 'request_time' },
  { words: ['"$request" $status $http_x $upstream_status $http_y'], reason: 'hidden', variable: 'upstream_status' },
  { words: ['$status $upstream_addr $http_x'], reason: 'hidden', variable: 'upstream_addr' },
  { words: ['$status $http_x, $upstream_addr'], reason: 'hidden', variable: 'upstream_addr' },
  // `, ` stands within a list, and a comma behind it.
  { words: ['$status,$upstream_addr,$upstream_status'], reason: 'hidden', variable: 'upstream_addr' },
  { words: ['$status to: $upstream_addr: $request'], reason: 'hidden', variable: 'upstream_addr' },
  { words: [COMBINED, ' $http_x_request_id $upstream_addr'], reason: 'hidden', variable: 'upstream_addr' },
  { words: ['$status $upstream_response_time:$http_x'], reason: 'hidden', variable: 'upstream_response_time' },
  { words: ['$pipe$status'], reason: 'adjacent', variable: 'status' },
  { words: ['$status$http_x'], reason: 'adjacent', variable: 'status' },
  { words: ['"x"', '$http_x', '$status'], reason: 'adjacent', variable: 'status' },
  // `: 500` in $http_x would be another attempt, and so would `502,`.
  { words: ['$http_x $upstream_status $request_time $status'], reason: 'hidden', variable: 'upstream_status' },
  {
    words: ['$http_x [$upstream_addr] $upstream_status $upstream_response_time $status'],
    reason: 'hidden',
    variable: 'upstream_addr',
  },
  { words: ['$upstream_status,$upstream_addr;$status'], reason: 'hidden', variable: 'upstream_status' },
  { words: ['$status$request_time'], reason: 'adjacent', variable: 'status' },
  { words: ['$status $upstream_addr$upstream_status'], reason: 'adjacent', variable: 'upstream_addr' },
  { words: ['$status ', '$request_time', '$bytes_sent'], reason: 'adjacent', variable: 'request_time' },
  { words: ['$status $request_time$http_x'], reason: 'adjacent', variable: 'request_time' },
  { words: ['$status $request_time\n$host'], reason: 'multiline', variable: null },
  { words: [NO_ESCAPE, '"$http_x" $status "$http_y"'], reason: 'hidden', variable: 'status' },
  {
    words: [NO_ESCAPE, '{"request":"$request","status":"$status","agent":"$http_user_agent"}'],
    reason: 'hidden',
    variable: 'status',
  },
  { words: [NO_ESCAPE, '$status "$uri"'], reason: 'forgeable_lines', variable: null },
  { words: [NO_ESCAPE, '$status $remote_user'], reason: 'forgeable_lines', variable: null },
  { words: [NO_ESCAPE, '$status $request_body'], reason: 'forgeable_lines', variable: null },
  { words: [NO_ESCAPE, '$status $my_own'], reason: 'forgeable_lines', variable: null },
  { words: [JSON_ESCAPE, '$http_x $status $http_y'], reason: 'hidden', variable: 'status' },
  {
    words: [JSON_ESCAPE, '{"m":"{\\"agent\\":\\"$http_x\\",\\"status\\":$status,\\"b\\":\\"$http_y\\"}"}'],
    reason: 'hidden',
    variable: 'status',
  },
  { words: ['escape=xml', '$status'], reason: 'unknown_escape', variable: null },
  { words: ['$status $'], reason: 'bad_variable', variable: null },
  { words: ['$status \x24{host'], reason: 'bad_variable', variable: null },
  { words: ['$status $-x'], reason: 'bad_variable', variable: null },
];
