import { type Command, Option } from 'commander';
import type { PreviewOptions } from './preview-dashboards.ts';

/** Declares the command; `done` gets its exit code. */
export function addPreviewDashboards(program: Command, done: (code: number) => void): void {
  program
    .command('preview-dashboards')
    .argument('[names...]', 'only these: overview, triage, nginx … (default: all)')
    .description('draw the dashboards with the data of a Prometheus, without a Grafana')
    .requiredOption('--prometheus <url>', 'address of the Prometheus (or Thanos, Mimir), e.g. http://prometheus:9090')
    .option('--output <directory>', 'where the pictures go; it is made', '.')
    .addOption(new Option('--format <format>', 'png needs a chromium').choices(['png', 'html']).default('png'))
    .option('--from <duration>', 'how far back: 15m, 3h, 2d (default: what the dashboard says)')
    .option('--at <time>', 'end of the time range, e.g. 2026-11-20T12:00:00Z (default: now)')
    .option('--width <pixels>', 'of the picture', '1600')
    .option('--variable <name=value...>', 'e.g. namespace=shop gateway=edge (default: all)')
    .option('--scrape-interval <duration>', 'of badgateway; rates go over four of them', '15s')
    .option('--dashboards <path>', 'a directory of dashboards of the classic model, or one file')
    .option('--chromium <program>', 'the browser that draws (default: chromium, google-chrome … on PATH)')
    .option('--ca-file <file>', 'authority of its certificate (PEM), for https')
    .option('--user <name>', 'user, with --password-file')
    .option('--password-file <file>', 'file with the password of --user')
    .option('--bearer-file <file>', 'file with a bearer token')
    .addHelpText(
      'after',
      `
Each picture is labelled "preview, not Grafana": panels are where Grafana puts them and show what their queries give, but fonts,
colours and axes are ours. Nothing is written to Prometheus. A panel without data says why, one whose query fails says that.

Exit codes: 0 all was drawn, 1 a query failed (its panel says why), 2 nothing can be drawn.

Examples:
  badgateway preview-dashboards --prometheus http://prometheus:9090 --output previews
  badgateway preview-dashboards overview triage --prometheus http://prometheus:9090 --from 6h --variable namespace=shop
  badgateway preview-dashboards --prometheus http://prometheus:9090 --from 30m --at 2026-11-20T12:00:00Z --output incident
  badgateway preview-dashboards --prometheus https://mimir/prometheus --bearer-file token --format html --output pages`,
    )
    .action(async (names: string[], options: Omit<PreviewOptions, 'only'>) => {
      const { runPreviewDashboards } = await import('./preview-dashboards.ts');
      done(await runPreviewDashboards({ ...options, ...(names.length > 0 && { only: names }) }));
    });
}
