/**
 * What became of a line: `request` (counted); `quotes`, `text`, `value`, `attempts`: it does not fit the format (see LINE_FITS);
 * `error_line`: it is of an error log; `ambiguous`: it begins like one, but so may an access line; `too_long`; `partial` (a piece of
 * a line that the container runtime split); `unwrapped` (among a runtime's lines one that it has not written); `other_stream`.
 */
export const ACCESS_RESULTS = [
  'request',
  'quotes',
  'text',
  'value',
  'attempts',
  'error_line',
  'ambiguous',
  'too_long',
  'partial',
  'unwrapped',
  'other_stream',
] as const;
export type AccessResult = (typeof ACCESS_RESULTS)[number];
export const ACCESS_RESULT = Object.fromEntries(ACCESS_RESULTS.map((name, index) => [name, index])) as Readonly<
  Record<AccessResult, number>
>;
