import { ANYTHING, type ByteSet, union } from './byte-set.ts';
import type { Escape } from './log-format.ts';
import type { Part, Segment } from './segments.ts';
import { LIST_FIELDS, type Variable } from './variables.ts';

const [SPACE, COMMA, COLON] = [32, 44, 58];

/** How the far end of a value is found when its near end is known. */
export type End =
  /** It is the end of the segment. */
  | { readonly by: 'segment' }
  /** The nearest `byte` stands `offset` bytes behind the end (walking back: before it): no value holds the byte. */
  | { readonly by: 'byte'; readonly byte: number; readonly offset: number }
  /** The nearest space that is not between two items stands `offset` bytes behind the end. */
  | { readonly by: 'list'; readonly offset: number }
  /** It has as many items as the list that was read before. Only on the way forward. */
  | { readonly by: 'items' };

export interface Step {
  /** Index in the segment. */
  readonly part: number;
  /** Null: a text. */
  readonly end: End | null;
}

/** The ways into a segment from both ends: as far as nothing that a value may hold can lead astray. */
export interface Walk {
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
  /** Index of the one value between the two ways, or -1. */
  readonly gap: number;
  /** Index of the value where the way forward ends, or -1: all is reached. */
  readonly blockedBy: number;
}

/** `hasList`: a list of attempts has been read in a segment before. */
export function walkSegment(segment: Segment, escaping: Escape, hasList: boolean): Walk {
  const forward = stepsOf(segment, escaping, 1, hasList);
  if (forward.length === segment.length) return { forward, backward: [], gap: -1, blockedBy: -1 };
  const blocked = forward.length;
  const backward = stepsOf(segment, escaping, -1, false).filter(({ part }) => part > blocked);
  const isGap = backward.length === segment.length - blocked - 1;
  return { forward, backward, gap: isGap ? blocked : -1, blockedBy: isGap ? -1 : blocked };
}

function stepsOf(segment: Segment, escaping: Escape, way: 1 | -1, hasList: boolean): Step[] {
  const steps: Step[] = [];
  let hasOne = hasList;
  for (let part = way === 1 ? 0 : segment.length - 1; part >= 0 && part < segment.length; part += way) {
    const isList = isListOfAttempts(segment[part]);
    const end = segment[part].kind === 'text' ? null : endOf(segment, part, escaping, way);
    if (end === undefined && !(isList && hasOne && isSeparate(segment[part + 1]))) break;
    steps.push({ part, end: end === undefined ? { by: 'items' } : end });
    hasOne ||= isList && way === 1;
  }
  return steps;
}

/** The text cannot be taken for more of an item. */
function isSeparate(part: Part | undefined): boolean {
  return part?.kind === 'text' && (part.bytes[0] === SPACE || part.bytes[0] === COMMA);
}

/** A list that is read, not only passed over. */
export function isListOfAttempts(part: Part): boolean {
  const lists: readonly string[] = LIST_FIELDS;
  return part.kind === 'value' && part.variables.length === 1 && lists.includes(part.variables[0].name);
}

/** Undefined: the value may hold what ends it. */
function endOf(segment: Segment, part: number, escaping: Escape, way: 1 | -1): End | undefined {
  const value = segment[part];
  const text = segment[part + way];
  if (value.kind !== 'value') return undefined;
  if (text?.kind !== 'text') return { by: 'segment' };
  const held = bytesIn(value.variables, escaping);
  // Walking back, the text is read from its end.
  const bytes = way === 1 ? text.bytes : Buffer.from(text.bytes).reverse();
  const offset = bytes.findIndex((byte) => held[byte] === 0);
  if (offset >= 0) return { by: 'byte', byte: bytes[offset], offset };
  return listEnd(value.variables, bytes, { escaping, beyond: beyondOf(segment, part + way, way), way });
}

interface Beyond {
  readonly escaping: Escape;
  /** What is behind the text, nearest first. */
  readonly beyond: readonly Part[];
  readonly way: 1 | -1;
}

function beyondOf(segment: Segment, part: number, way: 1 | -1): readonly Part[] {
  return way === 1 ? segment.slice(part + 1) : segment.slice(0, part).reverse();
}

/** Between items there is `, ` or ` : `. So a list ends at another space, if what stands there cannot look like one of them. */
function listEnd(variables: readonly Variable[], bytes: Buffer, { escaping, beyond, way }: Beyond): End | undefined {
  const offset = bytes.indexOf(SPACE);
  if (variables.length !== 1 || !variables[0].isList || offset < 0) return undefined;
  const before = bytes.subarray(0, offset);
  if (before.includes(COMMA) || before.includes(COLON)) return undefined;
  const misleading = way === 1 ? [COLON] : [COLON, COMMA];
  const isSafe =
    offset + 1 < bytes.length
      ? !misleading.includes(bytes[offset + 1])
      : misleading.every((byte) => !canTouch(beyond, byte, escaping));
  return isSafe ? { by: 'list', offset } : undefined;
}

/** True when the first byte of what is there may be `byte`. A list begins and ends with an item, or with a space. */
function canTouch(parts: readonly Part[], byte: number, escaping: Escape): boolean {
  for (const part of parts) {
    if (part.kind === 'text') return part.bytes[0] === byte || part.bytes.at(-1) === byte;
    if (part.variables.some((variable) => !variable.isList && bytesIn([variable], escaping)[byte] === 1)) return true;
    if (part.variables.some(({ mayBeEmpty }) => !mayBeEmpty)) return false;
  }
  return false;
}

/** All bytes that can stand in the value. */
export function bytesIn(variables: readonly Variable[], escaping: Escape): ByteSet {
  return union(variables.map(({ bytes }) => bytes ?? ANYTHING[escaping]));
}
