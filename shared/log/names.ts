/**
 * The one grammar of subjects, streams and buckets. Nothing else in the repository spells a subject.
 *
 *   EVENTS         kafka.<topic>.p07.k2         data frame (mesh partition, Kafka partition; the topic's dots stay)
 *                  kafka.<topic>.progress.k2    progress frame
 *                  rules.<name>                 rule changes, placed in the order of events
 *   MIRROR_<topic>_k2  mirror.<topic>.k2        raw records, a stream for each Kafka partition; `+` for the topic's dots
 *   LOG_<service>  log.<service>.p07 | .all     commit frames
 *   DLQ            dlq.<topic>.<reason>         dead letters
 *   LATE           late.<service>.p07           late events
 *   KV_<bucket>    $KV.<bucket>.<key>           stores, one bucket a service; also leases, members, mesh
 */
import { decodeId, encodeId } from '../events/id.ts';

export const EVENTS = 'EVENTS';
export const DLQ = 'DLQ';
export const LATE = 'LATE';
export const LEASES = 'leases';
export const MEMBERS = 'members';
export const MESH = 'mesh';

/** The stream that stores a subject. */
export function streamOf(subject: string): string {
  const [root, second] = subject.split('.', 2);
  switch (root) {
    case 'kafka':
    case 'rules':
      return EVENTS;
    case 'mirror':
      return mirrorStream(subject);
    case 'log':
      return logStream(second ?? '');
    case 'dlq':
      return DLQ;
    case 'late':
      return LATE;
    case '$KV':
      return bucketStream(second ?? '');
    default:
      throw new RangeError(`Cannot place subject "${subject}": no stream of the mesh has it`);
  }
}

/**
 * A Kafka topic as subject tokens: dots stay, every token is encoded, an empty token becomes `=`.
 * A bare `*` stays too: no Kafka topic has one, and a reader of a family of topics filters by it.
 */
export function topicTokens(topic: string): string {
  return topic
    .split('.')
    .map((token) => (token === '*' ? token : encodeId(token)))
    .join('.');
}

export function dataSubject(topic: string, partition: string, kafkaPartition: number | '*'): string {
  return `kafka.${topicTokens(topic)}.${partition}.${kafkaPartition === '*' ? '*' : `k${kafkaPartition}`}`;
}

export function progressSubject(topic: string, kafkaPartition: number | '*'): string {
  return `kafka.${topicTokens(topic)}.progress.${kafkaPartition === '*' ? '*' : `k${kafkaPartition}`}`;
}

/** The rule set of that name: each message is the whole set, in force from there on. `name`: letters, digits, `-`. */
export function rulesSubject(name: string): string {
  return `rules.${name}`;
}

/**
 * What a subject of EVENTS speaks of. `source` names the Kafka partition: `<topic tokens>.k2`; `order` too, and as texts
 * they order by topic, then by number.
 */
export type EventSubject =
  | { readonly kind: 'rules'; readonly name: string }
  | {
      readonly kind: 'data' | 'progress';
      readonly topic: string;
      readonly source: string;
      readonly order: string;
    };

export function parseEventSubject(subject: string): EventSubject {
  const tokens = subject.split('.');
  if (tokens[0] === 'rules' && tokens.length === 2) return { kind: 'rules', name: tokens[1] ?? '' };
  const kafkaPartition = tokens.at(-1) ?? '';
  const lane = tokens.at(-2) ?? '';
  const topic = tokens.slice(1, -2).join('.');
  if (tokens[0] !== 'kafka' || topic === '' || !/^k\d+$/.test(kafkaPartition))
    throw new RangeError(`Cannot read subject "${subject}": not a subject of ${EVENTS}`);
  return {
    kind: lane === 'progress' ? 'progress' : 'data',
    topic,
    source: `${topic}.${kafkaPartition}`,
    order: `${topic}#${kafkaPartition.slice(1).padStart(5, '0')}`, // `#` is below every character of a topic's tokens
  };
}

/** The mesh partition of a data frame's subject; undefined for progress and rules. Hot path: once a message. */
export function dataPartition(subject: string): string | undefined {
  const end = subject.lastIndexOf('.');
  const lane = subject.slice(subject.lastIndexOf('.', end - 1) + 1, end);
  return lane === 'progress' || subject.startsWith('rules.') ? undefined : lane;
}

export function mirrorSubject(topic: string, kafkaPartition: number): string {
  return `mirror.${topicTokens(topic)}.k${kafkaPartition}`;
}

/** The Kafka partition that a subject mirrors. */
export function parseMirrorSubject(subject: string): { readonly topic: string; readonly partition: number } {
  const [, tokens = '', partition] = /^mirror\.(.+)\.k(\d+)$/.exec(subject) ?? [];
  if (tokens === '') throw new RangeError(`Cannot read subject "${subject}": it mirrors no Kafka partition`);
  return { topic: tokens.split('.').map(decodeId).join('.'), partition: Number(partition) };
}

/** A stream's name has no dots; no encoded token and no Kafka topic has a `+`. */
function mirrorStream(subject: string): string {
  const tokens = subject.split('.');
  return `MIRROR_${tokens.slice(1, -1).join('+')}_${tokens.at(-1)}`;
}

export function logStream(service: string): string {
  return `LOG_${service}`;
}

export function logSubject(service: string, partition: string): string {
  return `log.${service}.${partition}`;
}

export function bucketStream(bucket: string): string {
  return `KV_${bucket}`;
}

export function keySubject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`;
}

/** The key in a KV subject. */
export function subjectKey(bucket: string, subject: string): string {
  return subject.slice(`$KV.${bucket}.`.length);
}

export function dlqSubject(topic: string, reason: string): string {
  return `dlq.${topicTokens(topic)}.${encodeId(reason)}`;
}

export function lateSubject(service: string, partition: string): string {
  return `late.${service}.${partition}`;
}
