import type { Observation } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';
import type { Facts } from '../facts/facts.ts';
import { otherProtocolOf } from '../parse/port-protocols.ts';
import { bytesText, clockText, endpointSentence, endSentence, peerOf } from './sentences.ts';

/** What ended so long before may have to do with it. */
const ENDED_MS = 60_000;
const MOST_ENDS = 2;
const NOTHING: readonly string[] = [];
const NOT_WRITTEN = /^[^"]*\[crit\] pwritev?\(\) …(?: failed \((\d+: [A-Z][A-Za-z -]{2,40}))?/;
/** What comes of HTTP that is spoken to a program of another protocol: it answers in its own words, or closes. */
const MISUNDERSTOOD: ReadonlySet<Symptom> = new Set(['protocol_error', 'invalid_response', 'premature_close', 'reset']);

/**
 * What is known of the moment and the place although it proves no cause, for the evidence of a general one: what the address was to its
 * Service, which containers of its pod had ended, what listened.
 */
export function besides(of: Observation, facts: Facts): readonly string[] {
  const own = diskSentences(of);
  if (of.peer === null) return own;
  const endpoint = facts.endpoint(of);
  const first = endpoint.isKnown ? [endpointSentence(of, endpoint.value)] : NOTHING;
  const ends = endSentences(of, facts);
  const listened = listenerSentences(of, facts);
  const protocol = protocolSentences(of);
  const buffer = bufferSentences(of, facts);
  // Mostly nothing: then the first is all.
  if (own.length + ends.length + listened.length + protocol.length + buffer.length === 0) return first;
  return [...own, ...first, ...ends, ...listened, ...protocol, ...buffer];
}

/** nginx's own trouble with what it keeps in files for a while. */
function diskSentences({ proxy, symptom, sample = '' }: Observation): readonly string[] {
  const words = proxy === 'nginx' && symptom === 'other' ? NOT_WRITTEN.exec(sample) : null;
  if (words === null) return NOTHING;
  const why = words[1] === undefined ? 'it could be written in part only' : words[1];
  return [
    `nginx could not write a temporary file (client_body_temp_path, proxy_temp_path or a cache): ${why}; see df -h and df -i of its disk`,
  ];
}

function endSentences(of: Observation, facts: Facts): readonly string[] {
  const ends = facts.ends(of, 'peer', ENDED_MS);
  if (!ends.isKnown || ends.value.length === 0) return NOTHING;
  return ends.value.slice(0, MOST_ENDS).map((end) => endSentence(end, of.atMs));
}

function listenerSentences(of: Observation, facts: Facts): readonly string[] {
  const listener = of.symptom === 'connect_refused' ? facts.listener(of) : null;
  if (!listener?.isKnown || listener.value.state !== 'listening') return NOTHING;
  return [`${peerOf(of)} listened at ${clockText(listener.value.atMs, of.atMs)}`];
}

/** The header of an answer must fit in one buffer. */
function bufferSentences(of: Observation, facts: Facts): readonly string[] {
  const buffer = of.symptom === 'header_too_big' ? facts.headerBuffer(of) : null;
  if (buffer === null) return NOTHING;
  const { directive, bytes, place } = buffer;
  return [
    bytes === null
      ? `${directive} is not set: the header of an answer must fit in one page of memory (4 KiB, on some machines 8 KiB or more)`
      : `the header of an answer must fit in ${bytesText(bytes)}: ${directive} at ${place}`,
  ];
}

/** Envoy has these symptoms of clusters that speak HTTP only; nginx of other protocols too, which the scheme tells. */
function protocolSentences(of: Observation): readonly string[] {
  const { peer, symptom, proxy } = of;
  const protocol = MISUNDERSTOOD.has(symptom) ? otherProtocolOf(peer?.port ?? null) : undefined;
  if (protocol === undefined) return NOTHING;
  if (proxy === 'nginx' && !/^https?$/.test(peer?.scheme ?? '')) return NOTHING;
  return [
    `HTTP is sent to ${peerOf(of)}, and ${protocol} usually answers at port ${peer?.port}: the upstream may have to be a plain TCP one`,
  ];
}
