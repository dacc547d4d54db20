/** What `stub_status` says: totals since nginx started and connections now. */
export interface StubStatus {
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  readonly active: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

/** The text of ngx_http_stub_status_handler in src/http/modules/ngx_http_stub_status_module.c, unchanged since 2007. */
const PAGE =
  /^Active connections: (\d{1,20}) *\nserver accepts handled requests\n (\d{1,20}) (\d{1,20}) (\d{1,20}) *\nReading: (\d{1,20}) Writing: (\d{1,20}) Waiting: (\d{1,20}) *\n?$/;

/** @throws when the text is another page, e.g. the site's own HTML. */
export function parseStubStatus(text: string): StubStatus {
  const page = PAGE.exec(text.replaceAll('\r\n', '\n'));
  if (page === null) throw new Error(`not a stub_status page: ${JSON.stringify(text.slice(0, 40))}`);
  const [active, accepted, handled, requests, reading, writing, waiting] = page.slice(1).map(Number);
  return { active, accepted, handled, requests, reading, writing, waiting };
}
