/** The feeds of the demo beside the shop's tables, as its settings say. Composition only. */
import type { Kafka } from 'kafkajs';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { DownloadSource } from '../../shared/demo/downloads.ts';
import { Flaws } from '../../shared/demo/flaws.ts';
import { MaipSource } from '../../shared/demo/maip-events.ts';
import { PlainOrderSource } from '../../shared/demo/plain-orders.ts';
import { ShopTraffic } from '../../shared/demo/shop-traffic.ts';
import { UserEventSource } from '../../shared/demo/user-events.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { DemoSettings } from './demo-settings.ts';
import { startDownloadsFeed } from './downloads-feed.ts';
import { startEventsFeed } from './events-feed.ts';
import type { KafkaFeed } from './kafka-feed.ts';

export interface DemoFeedsOptions {
  readonly kafka: Kafka;
  /** Without one there are no downloads. */
  readonly registry: Pick<SchemaRegistry, 'register'> | undefined;
  readonly settings: DemoSettings;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  onDownloads(count: number): void;
  onEvents(count: number): void;
}

export function startDemoFeeds(options: DemoFeedsOptions): KafkaFeed[] {
  const { kafka, registry, settings, logger, stop, onDownloads, onEvents } = options;
  const { seed, startMs, customers, bursts, flaws, rates } = settings;
  const firstId = firstIdAt(startMs);
  const shared = { kafka, logger, stop, startMs };
  const events = startEventsFeed({
    ...shared,
    sources: [new MaipSource(seed, firstId, { bursts }), new UserEventSource(seed, firstId, { waves: true })],
    flaws: new Flaws(seed, flaws, 'json'),
    rate: rates.events,
    onSent: onEvents,
  });
  const traffic = new ShopTraffic(seed + 1, { customers, late: 0, bursts: false });
  const plainOrders = startEventsFeed({
    ...shared,
    name: 'plain orders',
    sources: [new PlainOrderSource(traffic, firstId)],
    flaws: new Flaws(seed + 1, flaws, 'json'),
    rate: rates.plainOrders,
    onSent: onEvents,
  });
  if (!registry) return [events, plainOrders];
  const downloads = startDownloadsFeed({
    ...shared,
    registry,
    source: new DownloadSource(seed, firstId, { incidents: bursts }),
    flaws: new Flaws(seed + 2, flaws, 'avro'),
    rate: rates.downloads,
    onSent: onDownloads,
  });
  return [events, plainOrders, downloads];
}

/** Ids of a later run are larger. */
export function firstIdAt(startMs: number): number {
  return Math.floor(startMs / 1000) * 1000;
}
