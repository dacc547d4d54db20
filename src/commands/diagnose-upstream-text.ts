import type { StepOutcome } from './diagnose-check.ts';
import type { Colour, Paint } from './diagnose-paint.ts';
import type { UpstreamAnswer } from './diagnose-upstream.ts';

const COLOURS: Readonly<Record<StepOutcome, Colour>> = { pass: 'green', fail: 'red', unknown: 'yellow' };
const MARKS: Readonly<Record<StepOutcome, string>> = { pass: '+', fail: '!', unknown: '?' };
const MOST_GATEWAYS = 5;

/** The seven steps; the first that fails is where to begin. */
export function upstreamText({ asked, gateways, steps }: UpstreamAnswer, paint: Paint): string {
  const first = steps.find(({ outcome }) => outcome === 'fail');
  const shown = gateways.slice(0, MOST_GATEWAYS).map(({ gateway, upstream, service }) => {
    return paint.block('  ', `${gateway}: ${upstream}${service === '' ? '' : `, Service ${service}`}`, 'dim');
  });
  const more = gateways.length - MOST_GATEWAYS;
  return [
    paint.block('Upstream ', asked, 'bold'),
    ...shown,
    more > 0 ? paint.block('  ', `and ${more} more`, 'dim') : '',
    '\n',
    ...steps.map(({ number, question, outcome, checks }) =>
      [
        paint.labelled(`${outcome.toUpperCase().padEnd(7)}  `, COLOURS[outcome], `${number}. ${question}`),
        ...checks.map((check) => paint.block(`         ${MARKS[check.outcome]} `, check.text)),
      ].join(''),
    ),
    '\n',
    first === undefined
      ? paint.block(
          '',
          steps.every(({ outcome }) => outcome === 'pass')
            ? 'All seven steps pass.'
            : 'No step fails; what is unknown is not known to be good.',
        )
      : paint.whole(
          'Begin with ',
          `step ${first.number}. ${first.checks.find(({ outcome }) => outcome === 'fail')?.next ?? ''}`,
          'bold',
        ),
  ].join('');
}
