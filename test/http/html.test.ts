import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { escapeHtml, Html, html, safeHref } from '../../src/http/html.ts';

describe('escapeHtml', () => {
  for (const [story, input, output] of [
    ['markup', `<script>alert("x")</script>&'`, '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;'],
    ['control characters', 'a\u0000b\u001b[31m\u007f\u009f', 'a\\u0000b\\u001b[31m\\u007f\\u009f'],
    ['line breaks', 'a\r\nb\u2028c', 'a\\u000d\\u000ab\\u2028c'],
    ['right-to-left override', 'gpj.\u202exe', 'gpj.\\u202exe'],
    ['invisible characters', 'pay\u200bpal\ufeff\u2066\u00ad', 'pay\\u200bpal\\ufeff\\u2066\\u00ad'],
    ['fillers and joiners', 'a\u3164b\uffa0c\u034f', 'a\\u3164b\\uffa0c\\u034f'],
    ['tags that nobody sees', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['other scripts', 'größe 購物車 🛒', 'größe 購物車 🛒'],
  ] as const) {
    it(`handles ${story}`, () => assert.equal(escapeHtml(input), output));
  }

  it('cuts long text', () => assert.equal(escapeHtml('x'.repeat(5000)).length, 601));
});

describe('html', () => {
  it('escapes values and keeps markup', () =>
    assert.equal(html`<b title="${'"'}">${html`<i>${'<'}</i>`}</b>`.text, '<b title="&quot;"><i>&lt;</i></b>'));
  it('joins lists, prints numbers, drops null and false', () =>
    assert.equal(html`${[new Html('<a>'), new Html('<b>')]}${0}${null}${false}`.text, '<a><b>0'));
});

describe('safeHref', () => {
  for (const href of ['https://a/', 'http://a', '/api', '#x'])
    it(`keeps ${href}`, () => assert.equal(safeHref(href), href));
  for (const href of ['javascript:alert(1)', ' javascript:alert(1)', '//evil', 'data:text/html,x', '']) {
    it(`drops ${JSON.stringify(href)}`, () => assert.equal(safeHref(href), '#'));
  }
});
