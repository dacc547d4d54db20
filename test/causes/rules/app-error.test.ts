import { appError } from '../../../src/causes/rules/app-error.ts';
import { testRule } from '../../support/rule-cases.ts';

const UNTOLD = { symptom: 'other', source: 'access_log', isUntold: true } as const;
const EVIDENCE =
  'an access line has a 5xx of 10.2.71.14:8080, and the error log, which tells of each attempt that nginx fails, says nothing of it: the upstream answered so';

testRule(appError, [
  { name: 'is proved by an error log that is silent', of: UNTOLD, given: { isErrorLogWhole: true }, says: [EVIDENCE] },
  {
    name: 'also of a 504 without the time of its header',
    of: { ...UNTOLD, symptom: 'response_timeout', isTimeout: true },
    given: { isErrorLogWhole: true },
    says: [EVIDENCE],
  },
  { name: 'not where errors may go elsewhere, or nowhere', of: UNTOLD, given: {}, says: null },
  {
    name: 'not of what the error log told',
    of: { symptom: 'response_timeout' },
    given: { isErrorLogWhole: true },
    says: null,
  },
  {
    name: 'not of what nginx answered without asking anybody',
    of: { ...UNTOLD, peer: null },
    given: { isErrorLogWhole: true },
    says: null,
  },
]);
