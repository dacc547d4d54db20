// Stands for whoever is paged: prints what Alertmanager sends to the receivers of alerts/alertmanager.example.yml, one line for each alert.
import { createServer } from 'node:http';

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { status, alerts = [] } = JSON.parse(Buffer.concat(chunks).toString());
  response.end();
  for (const { labels, annotations, status: own } of alerts) {
    process.stdout.write(
      `${JSON.stringify({ to: request.url.slice(1), status: own ?? status, labels, annotations })}\n`,
    );
  }
}).listen(9094, '127.0.0.1', () => process.stdout.write('pager: waiting for alerts\n'));
