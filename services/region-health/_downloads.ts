/** Downloads for this folder's tests: by hand, and generated from a seed, with the progress a bridge would write. */
import type { DownloadEvent } from '../../shared/events/download.ts';
import { seededRandom } from '../../shared/testing/orders.ts';
import type { Step } from '../../shared/testing/stage-harness.ts';

export const START = Date.parse('2024-06-01T10:00:00Z');
export const MINUTE = 60_000;
const TOPIC = 'content-downloads';

export function download(seconds: number, k: string, rest: Partial<DownloadEvent> = {}): DownloadEvent {
  return {
    t: START + seconds * 1_000,
    k,
    id: `${k}-${seconds}`,
    user: '',
    region: 'eu',
    device: 'mobile',
    os: 'android',
    osVersion: '14.1',
    status: 'SUCCESS',
    bytes: 1,
    ...rest,
  };
}

export function retraction(of: DownloadEvent): DownloadEvent {
  return { ...of, retract: true };
}

export function data(...events: DownloadEvent[]): Step<DownloadEvent> {
  return { topic: TOPIC, kafkaPartition: 0, events };
}

/** Everything before that second has come. */
export function progress(seconds: number): Step<DownloadEvent> {
  return { topic: TOPIC, kafkaPartition: 0, progress: { watermark: START + seconds * 1_000 - 1 } };
}

export function advance(kafkaPartitions: number, ms: number): Step<DownloadEvent>[] {
  return Array.from({ length: kafkaPartitions }, (_, kafkaPartition) => ({
    topic: TOPIC,
    kafkaPartition,
    progress: { watermark: START + ms },
  }));
}

export interface DownloadStream {
  readonly seed: number;
  readonly downloads: number;
  readonly minutes: number;
  /** How far event time may be behind the place in the stream, ms. */
  readonly disorderMs: number;
  /** Share of downloads that are corrected or deleted. */
  readonly changed: number;
}

/** Some minutes of some regions go badly. */
export function generateDownloads({ seed, downloads, minutes, disorderMs, changed }: DownloadStream): DownloadEvent[] {
  const random = seededRandom(seed);
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const badness = new Map<string, number>();
  return Array.from({ length: downloads }, (_, n): DownloadEvent[] => {
    const seconds = Math.max(0, (n / downloads) * minutes * 60 - (random() * disorderMs) / 1_000);
    const region = pick('eu', 'us-east', '');
    const spell = `${region} ${Math.floor(seconds / 60)}`;
    const bad = badness.get(spell) ?? random() ** 2;
    badness.set(spell, bad);
    const made = download(Math.round(seconds * 1_000) / 1_000, pick('c-1', 'c-2', 'c-3', 'ü.1'), {
      id: `d-${n}`,
      region,
      device: pick('mobile', 'tv'),
      os: pick('android', ''),
      osVersion: pick('14.1', '15'),
      status: random() < bad ? 'FAILED' : 'SUCCESS',
      ...(random() < 0.8 ? { mbps: Math.round(random() * 25_000) / 1_000 } : {}),
      ...(random() < 0.8 ? { seconds: Math.round(random() * 90_000) / 1_000 } : {}),
    });
    if (random() >= changed) return [made];
    const status = pick('FAILED' as const, 'SUCCESS' as const);
    const corrected: DownloadEvent = { ...made, id: `${made.id}-corrected`, status, region: pick('eu', 'us-east') };
    return random() < 0.5 ? [made, retraction(made)] : [made, retraction(made), corrected];
  }).flat();
}

/** Spreads downloads over Kafka partitions by content, with progress after each batch of one. */
export function toSteps(
  events: readonly DownloadEvent[],
  kafkaPartitions: number,
  batch: number,
  boundMs: number,
): Step<DownloadEvent>[] {
  const steps: Step<DownloadEvent>[] = Array.from({ length: kafkaPartitions }, (_, kafkaPartition) => ({
    topic: TOPIC,
    kafkaPartition,
    progress: {},
  }));
  const watermarks = new Map<number, number>();
  for (let at = 0; at < events.length; at += batch) {
    const groups = Map.groupBy(events.slice(at, at + batch), ({ k }) => k.length % kafkaPartitions);
    for (const [kafkaPartition, group] of groups) {
      const watermark = Math.max(watermarks.get(kafkaPartition) ?? 0, ...group.map(({ t }) => t - boundMs - 1));
      watermarks.set(kafkaPartition, watermark);
      steps.push(
        { topic: TOPIC, kafkaPartition, events: group },
        { topic: TOPIC, kafkaPartition, progress: { watermark } },
      );
    }
  }
  return steps;
}
