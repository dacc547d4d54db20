import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const MOST_COLORS = 64;
/** Shades of a channel that are told apart before the most frequent colours are taken. */
const SHADES = 24;

/** The same picture with at most 64 colours (PNG, third edition: palette images): a third of the bytes, for pictures of text and lines. */
export function withFewColors(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const keys = new Uint32Array(width * height);
  const counts = new Map<number, number>();
  for (let at = 0; at < keys.length; at++) {
    const key = (shade(pixels[3 * at]) << 16) | (shade(pixels[3 * at + 1]) << 8) | shade(pixels[3 * at + 2]);
    keys[at] = key;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const palette = [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_COLORS)
    .map(([key]) => key);
  const nearest = new Map([...counts.keys()].map((key) => [key, nearestOf(key, palette)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < keys.length; at++)
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = nearest.get(keys[at])!;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const colors = Buffer.from(palette.flatMap((key) => [key >> 16, (key >> 8) & 255, key & 255]));
  const body = deflateSync(rows, { level: 9, memLevel: 9 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', colors),
    chunk('IDAT', body),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const shade = (value: number) => Math.round((Math.round((value * SHADES) / 255) * 255) / SHADES);

function nearestOf(key: number, palette: readonly number[]): number {
  const far = (a: number, b: number) =>
    [16, 8, 0].reduce((sum, bits) => sum + (((a >> bits) & 255) - ((b >> bits) & 255)) ** 2, 0);
  let best = 0;
  for (let at = 1; at < palette.length; at++) if (far(key, palette[at]) < far(key, palette[best])) best = at;
  return best;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Of 8-bit RGB or RGBA, as browsers write them. */
function decode(png: Buffer): { width: number; height: number; pixels: Buffer } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const bytes = png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * bytes;
  const pixels = Buffer.alloc(width * height * 3);
  let before: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const row = unfilter(raw[start], raw.subarray(start + 1, start + 1 + stride), before, bytes);
    for (let x = 0; x < width; x++) pixels.set(row.subarray(x * bytes, x * bytes + 3), (y * width + x) * 3);
    before = row;
  }
  return { width, height, pixels };
}

/** PNG, third edition, §9: filters. */
function unfilter(filter: number, row: Uint8Array, before: Uint8Array, bytes: number): Uint8Array {
  const out = new Uint8Array(row.length);
  for (let at = 0; at < row.length; at++) {
    const [left, up, corner] = [out[at - bytes] ?? 0, before[at], before[at - bytes] ?? 0];
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    out[at] = row[at] + guess;
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
