import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXPLANATIONS } from '../../src/causes/explanations.ts';
import { prose } from '../../src/http/page-prose.ts';

const commands = (sentence: string) =>
  [...prose(sentence).text.matchAll(/<code class="cmd">(.*?)<\/code>/g)].map(([, text]) => text);

describe('prose', () => {
  for (const [sentence, ...found] of [
    ['Run `nginx -t`, then `nginx -s reload`.', 'nginx -t', 'nginx -s reload'],
    [
      'On the peer: ss -ltn, then the state (kubectl describe pod, systemctl status).',
      'ss -ltn',
      'kubectl describe pod',
      'systemctl status',
    ],
    ['Then ip route get ADDRESS on the gateway.', 'ip route get ADDRESS'],
    [
      'kubectl -n shop get endpointslices -l kubernetes.io/service-name=cart',
      'kubectl -n shop get endpointslices -l kubernetes.io/service-name=cart',
    ],
    ['See nstat -az TcpExtListenOverflows in the peer’s namespace.', 'nstat -az TcpExtListenOverflows'],
    ['The ip of nginx is in the ss output of badgateway.'],
    ['Nothing to run.'],
    [''],
  ]) {
    it(`finds the commands of “${sentence}”`, () => assert.deepEqual(commands(sentence), found));
  }

  it('keeps every character and escapes all', () => {
    const sentence = 'a `kubectl <b>` & kubectl get "x", c';
    const plain = prose(sentence).text.replace(/<\/?(code|bdi)[^>]*>/g, '');
    assert.equal(plain, 'a kubectl &lt;b&gt; &amp; kubectl get &quot;x&quot;, c');
  });

  it('loses no word of any explanation', () => {
    for (const { next } of Object.values(EXPLANATIONS)) {
      const plain = prose(next).text.replace(/<\/?(code|bdi)[^>]*>/g, '');
      assert.equal(
        plain
          .replaceAll(/&#39;/g, "'")
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&amp;', '&'),
        next.replaceAll('`', ''),
      );
    }
  });

  it('takes its time from the length of the text only', () => {
    const { text } = prose('kubectl '.repeat(20_000));
    assert.ok(text.length < 20_000, String(text.length));
  });
});
