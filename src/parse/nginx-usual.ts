import { type LineMarks, marksOf } from './block-index.ts';
import { FOUND } from './block-layout.ts';
import { NginxErrorLine } from './nginx-error.ts';
import { USUAL_MESSAGES } from './usual-messages.ts';

const SAMPLE_HEAD = '2026/01/01 00:00:00 [error] 1#1: *1 ';
const [LEVEL, MESSAGE, FIELDS, VALUE, PEER, PEER_END] = FOUND.keys();

/** A quick way round the general reader for usual lines: same answer, a fifth of the time. */
export class UsualErrorLine extends NginxErrorLine {
  private readonly meanings = USUAL_MESSAGES.map((message) => {
    const line = Buffer.from(SAMPLE_HEAD + message);
    super.read(line, 0, line.length);
    return { symptom: this.symptom, phase: this.phase, errno: this.errno };
  });

  override read(buffer: Buffer, start: number, end: number, marks: LineMarks = marksOf(buffer, start, end)): boolean {
    const { index } = marks;
    const usual = index.usual(start, end, marks.first, marks.last);
    const message = index.found[MESSAGE];
    if (message < 0) return super.read(buffer, start, end, marks);
    this.level = index.found[LEVEL];
    this.messageStart = message;
    if (usual > 0) this.takeUsual(usual - 1, index.found);
    else this.readMessage(buffer, end, marks);
    return true;
  }

  private takeUsual(usual: number, found: Int32Array): void {
    const { symptom, phase, errno } = this.meanings[usual];
    const { upstream } = this;
    this.fieldsAt = found[FIELDS];
    this.hasConnection = true;
    this.symptom = symptom;
    this.phase = phase;
    this.errno = errno;
    this.failure = true;
    this.hasUpstream = true;
    upstream.state = 0;
    upstream.start = found[VALUE];
    upstream.peerStart = found[PEER];
    upstream.peerEnd = found[PEER_END];
  }
}
