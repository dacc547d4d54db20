import { bytes, isDigit, SPACE, standsAt } from './bytes.ts';

const STDOUT = bytes(' stdout');
const STDERR = bytes(' stderr');
const STREAM_LENGTH = STDOUT.length;
const DOT = 46;
const COLON = 58;
const DASH = 45;
const PLUS = 43;
const LETTER_T = 84;
const LETTER_Z = 90;
const FULL = 70;
const PARTIAL = 80;
/** `YYYY-MM-DDTHH:MM:SS` */
const SECONDS_LENGTH = 19;
const NINE_DIGITS = 9;

/**
 * Position after the RFC 3339 stamp at `start` (fraction of 1–9 digits optional, zone `Z`, `+08:00` or `+0800`), or -1.
 */
export function stampEnd(buffer: Uint8Array, start: number, end: number): number {
  if (start + SECONDS_LENGTH >= end || !isSeconds(buffer, start)) return -1;
  let at = start + SECONDS_LENGTH;
  if (buffer[at] === DOT) {
    const fraction = at + 1;
    at = fraction;
    while (isDigit(buffer[at]) && at - fraction < NINE_DIGITS) at++;
    if (at === fraction) return -1;
  }
  if (buffer[at] === LETTER_Z) return at + 1;
  if (buffer[at] !== PLUS && buffer[at] !== DASH) return -1;
  if (!isDigit(buffer[at + 1]) || !isDigit(buffer[at + 2])) return -1;
  const minutes = buffer[at + 3] === COLON ? at + 4 : at + 3;
  return isDigit(buffer[minutes]) && isDigit(buffer[minutes + 1]) ? minutes + 2 : -1;
}

function isSeconds(buffer: Uint8Array, start: number): boolean {
  return (
    isDigit(buffer[start]) &&
    buffer[start + 4] === DASH &&
    buffer[start + 7] === DASH &&
    buffer[start + 10] === LETTER_T &&
    buffer[start + 13] === COLON &&
    buffer[start + 16] === COLON &&
    isDigit(buffer[start + 18])
  );
}

/**
 * `STAMP stdout|stderr P|F[:more tags] CONTENT` as the kubelet's runtimes write it (kubernetes/kubernetes
 * pkg/kubelet/kuberuntime/logs/logs.go, parseCRILog). Runtimes before the tag existed wrote `STAMP stderr CONTENT`.
 */
export class CriLine {
  start = 0;
  /** 1 stdout, 2 stderr. */
  stream = 0;
  partial = false;

  read(buffer: Uint8Array, start: number, end: number): boolean {
    const stream = stampEnd(buffer, start, end);
    if (stream < 0 || stream + STREAM_LENGTH > end) return false;
    if (standsAt(buffer, stream, STDERR)) this.stream = 2;
    else if (standsAt(buffer, stream, STDOUT)) this.stream = 1;
    else return false;
    const tag = stream + STREAM_LENGTH + 1;
    if (tag <= end && buffer[tag - 1] !== SPACE) return false;
    this.start = Math.min(tag, end);
    this.partial = false;
    this.readTag(buffer, tag, end);
    return true;
  }

  private readTag(buffer: Uint8Array, tag: number, end: number): void {
    const letter = buffer[tag];
    if (tag >= end || (letter !== FULL && letter !== PARTIAL)) return;
    let after = tag + 1;
    if (buffer[after] === COLON) while (after < end && buffer[after] !== SPACE) after++;
    if (after < end && buffer[after] !== SPACE) return;
    this.partial = letter === PARTIAL;
    this.start = Math.min(after + 1, end);
  }
}
