import { setFlagsFromString } from 'node:v8';

let areAllowed = false;

/**
 * From now on V8 makes its best code of what runs often. The program starts without (`--max-opt=1` on Node's command line), because the code of both
 * compilers is 2.2 MB of resident memory and a start gains nothing from theirs. Started without that flag this changes nothing.
 */
export function allowOptimizers(): void {
  if (areAllowed) return;
  areAllowed = true;
  setFlagsFromString('--maglev');
  setFlagsFromString('--turbofan');
}
