import type { Observation } from '../contract/failure.ts';
import { type Cause, SYMPTOMS, type Symptom } from '../contract/names.ts';
import type { Answer } from '../facts/answer.ts';
import type { Charge, Facts } from '../facts/facts.ts';
import { besides } from './besides.ts';
import { AskedOnce } from './engine-asked.ts';
import { generalCause } from './general.ts';
import type { CauseRule, Judgement } from './rule.ts';

const BY_ERROR_LINE = sentences('the error line');
const BY_COUNTERS = sentences("Envoy's counters");
const BY_ACCESS_LINE = sentences('the access line');

/** Charged to failures that were read with them: these are as old. */
const STORMS: ReadonlySet<Symptom> = new Set(['no_live_upstreams', 'no_healthy_upstream']);

const NONE: readonly Cause[] = [];

/** One cause for all failures of an observation. */
export interface OneCause {
  readonly cause: Cause;
  readonly evidence: readonly string[];
}

/** Charges have positive weights, and there is at least one. */
export type Decision = OneCause | { readonly charges: readonly Charge[] };

export interface JudgeOptions {
  /** In their order: the first proof counts. */
  readonly rules: readonly CauseRule[];
  readonly facts: Facts;
  /** A rule threw; it counts as not proved. */
  readonly onRuleError: (cause: Cause, error: unknown) => void;
}

/** Asks the rules in their order. Keeps nothing between two observations. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #facts: AskedOnce;
  readonly #bySymptom = new Map<Symptom, readonly CauseRule[]>();

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#facts = new AskedOnce(options.facts);
  }

  /**
   * `wait`: a rule waits, and none before it proves its cause. Never with `isFinal`: then who waits has no proof, and what the
   * symptom alone says remains.
   */
  decide(observation: Observation, isFinal: boolean): Decision | 'wait' {
    this.#facts.begin(observation);
    if (observation.isLate && !STORMS.has(observation.symptom)) {
      // Only to know whose upstream it was: lines from before a start are read before the first look at the cluster.
      const isNamed = isFinal || !mayCome(this.#facts.endpoint(observation));
      return isNamed ? decideLate(observation) : 'wait';
    }
    let undecided: readonly Cause[] = NONE;
    const rules = this.#rulesFor(observation.symptom);
    for (let at = 0; at < rules.length; at++) {
      const rule = rules[at];
      const judgement = this.#ask(rule, observation);
      if (judgement === null) continue;
      if (judgement === 'wait') {
        if (!isFinal) return this.#askTheOthers(rules, at + 1, observation);
        undecided = [...undecided, rule.cause];
      } else if ('evidence' in judgement) return { cause: rule.cause, evidence: judgement.evidence };
      else {
        const { charges: said } = judgement;
        const charges = said.every(isCharge) ? said : said.filter(isCharge);
        if (charges.length > 0) return { charges };
      }
    }
    return this.#general(observation, undecided);
  }

  /** So that what they need is looked for meanwhile, and not only when the rule before them is done; their answers come later. */
  #askTheOthers(rules: readonly CauseRule[], from: number, observation: Observation): 'wait' {
    for (let at = from; at < rules.length; at++) this.#ask(rules[at], observation);
    return 'wait';
  }

  /** With what is known beside it, and what would have said more but did not become known in time. */
  #general(observation: Observation, undecided: readonly Cause[]): OneCause {
    const { cause, evidence } = decideAlone(observation);
    const more = this.#besides(observation, cause);
    const all = more.length > 0 ? evidence.concat(more) : evidence;
    if (undecided.length === 0) return { cause, evidence: all };
    return { cause, evidence: [...all, `not known in time: whether it was ${undecided.map(words).join(' or ')}`] };
  }

  #besides(observation: Observation, cause: Cause): readonly string[] {
    try {
      return besides(observation, this.#facts);
    } catch (error) {
      this.#options.onRuleError(cause, error);
      return [];
    }
  }

  #ask(rule: CauseRule, observation: Observation): Judgement {
    try {
      return rule.judge(observation, this.#facts);
    } catch (error) {
      this.#options.onRuleError(rule.cause, error);
      return null;
    }
  }

  #rulesFor(symptom: Symptom): readonly CauseRule[] {
    return this.#bySymptom.get(symptom) ?? this.#findRules(symptom);
  }

  #findRules(symptom: Symptom): readonly CauseRule[] {
    const found = this.#options.rules.filter(({ symptoms }) => symptoms.has(symptom));
    this.#bySymptom.set(symptom, found);
    return found;
  }
}

const mayCome = (answer: Answer<unknown>) => !answer.isKnown && answer.mayCome;

function isCharge({ weight }: Charge): boolean {
  return weight > 0 && Number.isFinite(weight);
}

function decideLate(observation: Observation): OneCause {
  const { cause, evidence } = decideAlone(observation);
  return { cause, evidence: [...evidence, 'read late: what was so at that moment is not known'] };
}

/** What the observation alone proves; `unidentified` is a real answer: counted and shown, never dropped. */
export function decideAlone(observation: Observation): OneCause {
  const cause = generalCause(observation);
  const symptom = sentencesOf(observation)[observation.symptom];
  const said = cause === null ? `${symptom}; no rule explains it` : symptom;
  const evidence = observation.said === undefined ? [said] : [said, observation.said];
  return { cause: cause ?? 'unidentified', evidence };
}

function sentencesOf({ proxy, source }: Observation): Readonly<Record<Symptom, string>> {
  if (source === 'access_log') return BY_ACCESS_LINE;
  return proxy === 'nginx' ? BY_ERROR_LINE : BY_COUNTERS;
}

/** Once for all: they are said of most failures. */
function sentences(source: string): Readonly<Record<Symptom, string>> {
  const said = SYMPTOMS.map((symptom) => [symptom, `${words(symptom)}, by ${source} alone`]);
  return Object.fromEntries(said) as Record<Symptom, string>;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}
