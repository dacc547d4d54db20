/** Status codes with a label of their own: those of RFC 9110 and its kin, and those that nginx makes itself (444, 49x). */
const KNOWN = [
  ...[100, 101, 103],
  ...[200, 201, 202, 203, 204, 205, 206, 207, 208, 226],
  ...[300, 301, 302, 303, 304, 305, 307, 308],
  ...[
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424,
  ],
  ...[425, 426, 428, 429, 431, 444, 451, 494, 495, 496, 497, 498, 499],
  ...[500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
];

/**
 * Labels of status codes. An unknown code is `1xx` to `5xx`; `000` (nginx, the connection ended before there was one) and an attempt without a
 * code are `none`; what is no code (`009`: HTTP/0.9) is `other`.
 */
export const CODES: readonly string[] = [...KNOWN.map(String), '1xx', '2xx', '3xx', '4xx', '5xx', 'other', 'none'];
export const NO_CODE = CODES.indexOf('none');

const INDEX = Uint8Array.from({ length: 1000 }, (_, code) => {
  const exact = KNOWN.indexOf(code);
  if (exact >= 0) return exact;
  if (code === 0) return NO_CODE;
  return CODES.indexOf(code >= 100 && code < 600 ? `${Math.floor(code / 100)}xx` : 'other');
});

/** Index into CODES; `code` is 0 to 999, or negative for none. */
export function codeIndex(code: number): number {
  return code < 0 ? NO_CODE : INDEX[code];
}
