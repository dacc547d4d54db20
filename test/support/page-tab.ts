import assert from 'node:assert/strict';
import type { ChromiumTab } from './chromium-tab.ts';

export const LIVE = `document.getElementById('live').textContent.startsWith('Live')`;
export const textOf = (selector: string) => `(document.querySelector(${JSON.stringify(selector)})?.textContent ?? '')`;
export const PHONE = { width: 360, height: 800 };
const OWNED = 'document.documentElement.dataset.owned';
/** Each would run, or turn the text around, if it were not shown as what it is. */
export const HOSTILE = `</bdi></code></details></style></main><script>${OWNED}='x'</script><img src=x onerror="${OWNED}='x'"><a href="javascript:${OWNED}='x'">\u202e\u2066\u001b[2J\u0000`;
export const noneRan = async (tab: ChromiumTab) => {
  assert.equal(await tab.evaluate(`${OWNED} ?? 'nothing ran'`), 'nothing ran');
  assert.equal(await tab.evaluate('document.querySelectorAll("img, main script, a[href^=javascript]").length'), 0);
  assert.deepEqual(tab.complaints, []);
};

/** Opens all that is folded. */
export const openDetails = (tab: ChromiumTab) =>
  tab.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);

/** Nothing is wider than the window. */
export async function fits(tab: ChromiumTab): Promise<void> {
  const [wide, window] = await tab.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
  assert.ok(wide <= window, `${wide} px in ${window} px`);
}
