/** Writes the generated pages; test/docs/generated.test.ts compares them with the code. */
import { writeFileSync } from 'node:fs';
import { accessScanModule } from './access-scan.ts';
import { causesTemplate } from './alert-templates.ts';
import { blockScanModule } from './block-scan.ts';
import { configPage, configSchemaJson, metricsPage } from './pages.ts';

writeFileSync('docs/metrics.md', metricsPage());
writeFileSync('docs/configuration.md', configPage());
writeFileSync('docs/configuration.schema.json', configSchemaJson());
writeFileSync('src/parse/block-scan.ts', await blockScanModule());
writeFileSync('src/parse/access-log/access-scan.ts', await accessScanModule());
writeFileSync('alerts/templates/badgateway-causes.tmpl', causesTemplate());
