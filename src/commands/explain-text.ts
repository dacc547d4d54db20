import { EXPLANATIONS, type Explanation } from '../causes/explanations.ts';
import type { GeneralCause } from '../causes/general.ts';
import { peerText } from '../causes/index.ts';
import { SYMPTOM_WORDS } from '../causes/symptom-words.ts';
import { counted } from '../contract/counted.ts';
import type { Explained } from './explain-line.ts';

const NO_ERROR_LOG =
  'None of them is a line of an nginx error log, which begins with a date and a level in brackets; access logs and logs of Envoy are read by `badgateway serve`.\n';
const MOST_KINDS = 500;

interface Seen {
  readonly title: string;
  readonly first: number;
  last: number;
  count: number;
}

/** Explains a kind of line in full the first time and counts it afterwards. */
export class ExplainText {
  private readonly isSingle: boolean;
  private readonly seen = new Map<string, Seen>();
  private lines = 0;
  private failures = 0;
  private others = 0;
  private foreign = 0;

  /** `isSingle`: one line was given by hand, so every line gets an answer and there is no summary. */
  constructor(isSingle: boolean) {
    this.isSingle = isSingle;
  }

  /** What to print for this line; empty when there is nothing new to say. */
  line(explained: Explained): string {
    this.lines++;
    if (explained.upstream_failure) this.failures++;
    else if (explained.format === 'other') this.foreign++;
    else if (explained.symptom !== null) this.others++;
    const words = wordsOf(explained);
    if (words === null) return this.isSingle ? nothing(explained) : '';
    return this.isNew(explained, words.title) ? paragraph(explained, words) : '';
  }

  summary(): string {
    if (this.isSingle) return '';
    const quiet = this.lines - this.failures - this.others - this.foreign;
    const counts = [
      counted(this.failures, 'failed attempt'),
      counted(this.others, 'companion, client or gateway line'),
      `${counted(quiet, 'nginx line')} without a failure`,
      counted(this.foreign, 'other line'),
    ];
    const kinds = [...this.seen.values()].sort((a, b) => b.count - a.count);
    const rows = kinds.map(({ title, first, last, count }) => {
      return `${String(count).padStart(9)}  ${title}  (${first === last ? `line ${first}` : `lines ${first} to ${last}`})`;
    });
    const hint = this.lines > 0 && this.foreign === this.lines ? NO_ERROR_LOG : '';
    return `${counted(this.lines, 'line')}: ${counts.join(', ')}\n${rows.map((row) => `${row}\n`).join('')}${hint}`;
  }

  /** Kinds beyond the limit share one row, so that a hostile log cannot fill the memory. */
  private isNew({ line, symptom, upstream, upstream_failure }: Explained, title: string): boolean {
    const where = upstream_failure && upstream !== null ? `, ${printable(peerText(upstream))}` : '';
    const full = `${title}${where}`;
    const key = `${symptom} ${full}`;
    const isKnown = this.seen.has(key);
    const kind = isKnown || this.seen.size < MOST_KINDS ? key : 'rest';
    const seen = this.seen.get(kind);
    if (seen === undefined)
      this.seen.set(kind, { title: kind === 'rest' ? 'more upstreams' : full, first: line, last: line, count: 1 });
    else {
      seen.count++;
      seen.last = line;
    }
    return seen === undefined;
  }
}

function wordsOf({ symptom, cause, upstream_failure }: Explained): Explanation | null {
  if (symptom === null) return null;
  const words = SYMPTOM_WORDS[symptom] ?? (cause === null ? null : EXPLANATIONS[cause as GeneralCause]);
  if (words === null || upstream_failure || symptom in SYMPTOM_WORDS) return words;
  return { ...words, title: `${words.title} (no failed attempt)` };
}

function paragraph(explained: Explained, { title, meaning, likely, next }: Explanation): string {
  const { line, symptom, cause, phase, upstream, status, errno } = explained;
  const facts = [
    cause === null ? `symptom ${symptom}` : `cause ${cause}`,
    upstream === null ? null : `upstream ${printable(peerText(upstream))}`,
    phase === null ? null : `phase ${phase}`,
    errno === null ? null : `errno ${errno}`,
    status === null ? null : `status ${status} if it was the last attempt`,
  ].filter((fact) => fact !== null);
  return (
    `line ${line}: ${title}\n  ${facts.join(', ')}\n  Means:  ${meaning}\n` +
    `  Likely: ${likely.join('; ')}\n  Next:   ${next}\n\n`
  );
}

function nothing({ format }: Explained): string {
  if (format === 'other') return 'Not a line of nginx’s error log.\n';
  return 'An nginx error line that reports no failed attempt and nothing of a gateway failure.\n';
}

/** Nothing from a log line reaches the terminal as a control sequence. */
function printable(text: string): string {
  return text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, '?');
}
