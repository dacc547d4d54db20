/** Takes the pictures that docs/page.md shows: three states of the page, each light, dark and on a phone. Needs chromium. */
import { writeFileSync } from 'node:fs';
import { createServers } from '../src/http/servers.ts';
import { ChromiumTab } from '../test/support/chromium-tab.ts';
import { createDoubles } from '../test/support/http-doubles.ts';
import { blindPage, healthyPage, incidentPage } from '../test/support/page-reports.ts';

const STATES = { healthy: healthyPage, incident: incidentPage, blind: blindPage };
const LOOKS = {
  light: { width: 1100, height: 900 },
  dark: { width: 1100, height: 900, dark: true },
  phone: { width: 390, height: 844, scale: 1.5 },
};
const directory = process.argv[2] ?? 'docs/images';
const doubles = createDoubles();
const servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' } });
await servers.start();
const tab = await ChromiumTab.open();
try {
  for (const [state, reportAt] of Object.entries(STATES)) {
    for (const [name, look] of Object.entries(LOOKS)) {
      doubles.statusSource.page = reportAt(Date.now());
      await tab.look(look);
      await tab.go(`http://${servers.addresses().page}/`);
      await tab.until(`document.getElementById('live').textContent.startsWith('Live')`, 'the page is live');
      writeFileSync(`${directory}/page-${state}-${name}.png`, await tab.picture());
    }
  }
} finally {
  await tab.close();
  await servers.stop();
}
