/**
 * The channels of the mesh: every subject of NATS that others may read, and the topics of Kafka that results go to.
 * Subjects are spelt by shared/log/names.ts; a name in braces is a parameter. Schemas are not its business.
 */
import type { z } from '@hono/zod-openapi';
import type { EventKind } from '../../../shared/config/routes.ts';
import { keySubject, lateSubject, logSubject, rulesSubject } from '../../../shared/log/names.ts';
import { MESSAGE_SCHEMAS } from '../../../bridge/egress/message-schemas.ts';
import { EVENT_SCHEMAS } from './event-schemas.ts';
import {
  CommitHeadLine,
  CommitLine,
  DataHeaders,
  DeadLetterHeaders,
  LateEvent,
  ProgressFrame,
  RefusedHeaders,
  SegmentRules,
} from './frame-schemas.ts';
import { STORED_VALUES } from './stored-values.ts';

export interface Message {
  readonly name: string;
  readonly summary: string;
  readonly contentType: 'application/json' | 'application/x-ndjson' | 'application/octet-stream';
  /** Of a frame: of each line. Absent: any bytes. */
  readonly payload?: z.ZodType;
  readonly headers?: z.ZodType;
}

export interface Channel {
  readonly name: string;
  readonly address: string;
  readonly server: 'nats' | 'kafka';
  readonly description: string;
  readonly messages: readonly Message[];
}

const NDJSON = 'application/x-ndjson';
const JSON_TYPE = 'application/json';

const TITLES: Readonly<Record<EventKind, string>> = {
  order: 'Orders',
  orderItem: 'Lines of orders',
  product: 'Products',
  download: 'Downloads',
  maip: 'MAIP events',
  userEvent: 'What users did',
};

const eventFrames = Object.entries(EVENT_SCHEMAS).map(
  ([kind, payload]): Message => ({
    name: `${kind}Frame`,
    summary: `${TITLES[kind as EventKind]}: a frame has one event a line`,
    contentType: NDJSON,
    payload,
    headers: DataHeaders,
  }),
);

const LOG_CHANNELS: readonly Channel[] = [
  {
    name: 'events',
    address: 'kafka.{topic}.{partition}.{kafkaPartition}',
    server: 'nats',
    description: 'Stream EVENTS: what a Kafka topic has become, in the order of its offsets. One topic has one kind',
    messages: eventFrames,
  },
  {
    name: 'progress',
    address: 'kafka.{topic}.progress.{kafkaPartition}',
    server: 'nats',
    description: 'Stream EVENTS: how far one Kafka partition has been read; stands behind the data that it speaks of',
    messages: [
      { name: 'progress', summary: 'Offset, watermark, counts', contentType: JSON_TYPE, payload: ProgressFrame },
    ],
  },
  {
    name: 'segmentRules',
    address: rulesSubject('segments'),
    server: 'nats',
    description:
      'Stream EVENTS: rules in the order of events. Written by the gateway only: send it POST /api/v1/segments',
    messages: [{ name: 'segmentRules', summary: 'The whole rule set', contentType: JSON_TYPE, payload: SegmentRules }],
  },
  {
    name: 'mirror',
    address: 'mirror.{topic}.{kafkaPartition}',
    server: 'nats',
    description:
      'Streams MIRROR_<topic>_<k>: raw records of Kafka (decoder: raw), value byte for byte, headers under their names',
    messages: [
      { name: 'mirroredRecord', summary: 'A record as Kafka has it', contentType: 'application/octet-stream' },
    ],
  },
  {
    name: 'commits',
    address: logSubject('{service}', '{share}'),
    server: 'nats',
    description: 'Streams LOG_<service>: each message is one transaction of one partition (or `all`)',
    messages: [
      { name: 'commitHead', summary: 'The first line of a commit', contentType: NDJSON, payload: CommitHeadLine },
      { name: 'commitLines', summary: 'Each of its other lines', contentType: NDJSON, payload: CommitLine },
    ],
  },
  {
    name: 'late',
    address: lateSubject('{service}', '{share}'),
    server: 'nats',
    description: 'Stream LATE: events that could not be counted any more, once each',
    messages: [{ name: 'lateEvents', summary: 'One a line', contentType: NDJSON, payload: LateEvent }],
  },
  {
    name: 'deadLetters',
    address: 'dlq.{topic}.{reason}',
    server: 'nats',
    description:
      'Stream DLQ: records that cannot become events, value byte for byte; `npm run bridge -- redrive` sends them again',
    messages: [
      {
        ...{ name: 'deadLetter', summary: 'A record of Kafka and why it was refused' },
        ...{ contentType: 'application/octet-stream', headers: DeadLetterHeaders },
      },
      {
        ...{ name: 'refusedValue', summary: 'A value of a bucket that a sink could not store; it is not sent again' },
        ...{ contentType: 'application/octet-stream', headers: RefusedHeaders },
      },
    ],
  },
];

const storedChannels = STORED_VALUES.map(
  ({ name, bucket, key, schema, own = [], about }): Channel => ({
    name: `${name}Entry`,
    address: keySubject(bucket, key),
    server: 'nats',
    description: `Bucket ${bucket}. ${about}${own.length === 0 ? '' : `; \`${own.join('`, `')}\` is the stage's own`}`,
    messages: [{ name, summary: about, contentType: JSON_TYPE, payload: schema }],
  }),
);

/** Topics as they are named unless settings of the egress say otherwise. */
const KAFKA_CHANNELS: readonly Channel[] = [
  {
    name: 'analytics',
    address: 'analytics',
    server: 'kafka',
    description: 'Final hours of sales and of customers, fraud alerts; each once (read_committed)',
    messages: [
      {
        ...{ name: 'analyticsMessage', summary: 'An hour of sales, an hour of a customer, or a fraud alert' },
        ...{ contentType: JSON_TYPE, payload: MESSAGE_SCHEMAS.analytics.openapi('AnalyticsMessage') },
      },
    ],
  },
  {
    name: 'activityAggregations',
    address: 'maip.analytics.aggregations',
    server: 'kafka',
    description: 'Final windows of what customers did',
    messages: [
      {
        ...{ name: 'aggregationMessage', summary: 'What a customer did in 5 minutes', contentType: JSON_TYPE },
        payload: MESSAGE_SCHEMAS['maip.analytics.aggregations'].openapi('AggregationMessage'),
      },
    ],
  },
  {
    name: 'detectedAnomalies',
    address: 'maip.anomaly.detected',
    server: 'kafka',
    description: 'Alerts about MAIP events',
    messages: [
      {
        ...{ name: 'detectedAnomalyMessage', summary: 'An alert, again when it grows', contentType: JSON_TYPE },
        payload: MESSAGE_SCHEMAS['maip.anomaly.detected'].openapi('DetectedAnomalyMessage'),
      },
    ],
  },
];

export const CHANNELS: readonly Channel[] = [...LOG_CHANNELS, ...storedChannels, ...KAFKA_CHANNELS];

/** What the names in braces stand for. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  topic: 'Topic of Kafka; its dots stay, other characters than A-Z a-z 0-9 _ - are encoded (shared/events/id.ts)',
  partition: 'Partition of the mesh, p00 to p15',
  share: 'Partition of the mesh, p00 to p15, or all: what combines them',
  kafkaPartition: 'Partition of Kafka, k0 and so on',
  service: 'A stage: sales, rfm, anomaly, anomaly-maip, inventory, region-health, segments, activity',
  reason: 'One token, as in dlq.orders.malformed',
  start: 'Of the window: 20240601T100000Z',
  window: 'Start of the fold window: 20240601T100000Z',
  first: 'First bad minute: 20240601T100000Z',
  type: 'Of the alert',
  customer: "The customer's id, encoded as one token",
  product: "The product's id, encoded as one token",
  content: "The content's id, encoded as one token",
  region: 'Encoded as one token; = is the empty text',
  device: 'Encoded as one token; = is the empty text',
  os: 'Encoded as one token; = is the empty text',
  osVersion: 'Encoded as one token; = is the empty text',
  user: "The user's id, encoded as one token",
  segment: "The segment's id",
};
