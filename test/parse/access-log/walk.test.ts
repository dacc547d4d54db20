import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { segmentsOf } from '../../../src/parse/access-log/segments.ts';
import { walkSegment } from '../../../src/parse/access-log/walk.ts';

/** How each value is reached: `>` forward, `<` backward, `=` between both; `?` not at all. */
function ways(text: string, hasList = false): string {
  const format = parseFormatWords(['escape=none', text]);
  if (isProblem(format)) assert.fail(format.reason);
  const [segment] = segmentsOf(format, new Set());
  const { forward, backward, gap } = walkSegment(segment, 'none', hasList);
  return segment
    .map((part, i) => {
      if (part.kind === 'text') return '';
      const [to, from] = [forward, backward].map((steps) => steps.find((step) => step.part === i)?.end?.by);
      return to !== undefined ? `>${to}` : from !== undefined ? `<${from}` : i === gap ? '=' : '?';
    })
    .filter(Boolean)
    .join(' ');
}

describe('walkSegment', () => {
  it('goes forward while no value can hold what ends it', () => {
    assert.equal(ways('$status $request_time $http_x'), '>byte >byte >segment');
    assert.equal(ways('$status'), '>segment');
  });

  it('comes from the other end, and takes the one value between', () => {
    assert.equal(ways('$status $http_x $request_time'), '>byte = <byte');
    assert.equal(ways('$http_x $request_time'), '= <byte');
  });

  it('leaves what lies between two that may hold anything', () =>
    assert.equal(ways('$status $http_x $request_time $http_y $bytes_sent'), '>byte ? ? ? <byte'));

  it('finds a text by the byte of it that the value cannot hold', () => {
    assert.equal(ways('$status0 $http_x'.replace('0', '')), '>byte >segment');
    assert.equal(ways('$upstream_status, x $http_x'), '>byte >segment');
  });

  describe('a list ends at a space', () => {
    it('if nothing behind it looks like another item', () => {
      assert.equal(ways('$upstream_addr $status $http_x'), '>list >byte >segment');
      assert.equal(ways('$upstream_addr] $status $http_x'), '>list >byte >segment');
      assert.equal(ways('$upstream_addr x$http_x'), '>list >segment');
    });

    it('not if it may', () => {
      assert.equal(ways('$upstream_addr $http_x $http_y'), '? ? ?');
      assert.equal(ways('$upstream_addr :$http_x $http_y'), '? ? ?');
      assert.equal(ways('$upstream_addr, $http_x $http_y'), '? ? ?');
    });

    it('and begins behind one', () => {
      assert.equal(ways('$http_x x $upstream_addr $status'), '= <list <byte');
      assert.equal(ways('$http_x $upstream_status $status'), '? ? <byte');
      assert.equal(ways('$http_x, $upstream_status $status'), '? ? <byte');
      assert.equal(ways('$http_x $server_name $upstream_status $status'), '? ? ? <byte');
      assert.equal(ways('$http_x $request_id $upstream_status $status'), '= <byte <list <byte');
      assert.equal(ways('$http_x $bytes_sent $upstream_status $status'), '= <byte <list <byte');
    });
  });

  it('counts the items of a list when another was read before', () => {
    assert.equal(ways('$upstream_status $http_x', true), '>items >segment');
    assert.equal(ways('$upstream_addr $upstream_status $http_x'), '>list >items >segment');
    assert.equal(ways('$upstream_status-$http_x $http_y', true), '? ? ?');
  });
});
