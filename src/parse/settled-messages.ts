import { SYMPTOMS } from '../contract/names.ts';
import { answeredTexts } from './nginx-answers.ts';
import { isMissingFile, KINDS, type Kind, MISSING_FILE_LEVEL } from './nginx-kinds.ts';

/** A message that begins so is no failed attempt, whatever follows. */
export interface SettledMessage {
  readonly beginning: string;
  /** Index into SYMPTOMS, or -1: it says nothing. */
  readonly symptom: number;
  /** nginx has answered the client itself. */
  readonly answered: boolean;
  /** Index into LEVELS: so at this one and those behind it. */
  readonly fromLevel: number;
}

/** What these say depends on more than how they begin. */
const JUDGED: readonly Kind['symptom'][] = ['worker_crash', 'fds_exhausted'];
/** Whatever has no connection is a rejected configuration at the first level. */
const NOTHING: Omit<SettledMessage, 'beginning'> = { symptom: -1, answered: false, fromLevel: 1 };

const GONE = [
  'recv() failed (104: Connection reset by peer)',
  'client timed out (110: Connection timed out)',
  'client timed out (110: Operation timed out)',
];
const IDLE = ['waiting for request', 'reading client request line', 'reading client request headers', 'keepalive'];

/** What fills the error log of a gateway that refuses requests, that lacks files, or whose programs and clients make many words. */
export const SETTLED_MESSAGES: readonly SettledMessage[] = [
  ...KINDS.filter(isAlone).flatMap(settledOf),
  ...GONE.flatMap((gone) => IDLE.map((action) => ({ ...NOTHING, beginning: `${gone} while ${action}` }))),
];

/** The first kind that fits is taken: none before may fit what this one fits. */
function isAlone({ prefix }: Kind, index: number): boolean {
  return !KINDS.slice(0, index).some((kind) => kind.prefix.startsWith(prefix) || prefix.startsWith(kind.prefix));
}

function settledOf(kind: Kind): readonly SettledMessage[] {
  const { prefix: beginning, then, failure } = kind;
  if (isMissingFile(kind, MISSING_FILE_LEVEL)) return [{ ...NOTHING, beginning, fromLevel: MISSING_FILE_LEVEL }];
  if (failure !== 'never' || then !== 'text' || JUDGED.includes(kind.symptom)) return [];
  const symptom = (SYMPTOMS as readonly string[]).indexOf(kind.symptom);
  const answered = answeredTexts(symptom).filter((text) => text.startsWith(beginning));
  if (answered.length === 0) return [{ ...NOTHING, beginning, symptom }];
  return answered.map((text) => ({ ...NOTHING, beginning: text, symptom, answered: true }));
}
