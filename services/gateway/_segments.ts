/** Segments for the tests of the gateway: bodies to send, and a rule set as the log and the partitions have it. */
import { encodeId } from '../../shared/events/id.ts';
import { partitionName, partitionOf, PARTITIONS } from '../../shared/events/partition.ts';
import { encodeFrame } from '../../shared/log/frame.ts';
import type { Log } from '../../shared/log/log.ts';
import { keySubject, rulesSubject } from '../../shared/log/names.ts';
import type { SegmentDefinition, SegmentRuleSet } from '../../shared/segments/rule-set.ts';

export const SPENDERS = {
  name: 'Big spenders',
  type: 'INDEPENDENT',
  windowMinutes: 30,
  rules: [{ eventType: 'orders', attribute: 'sum', operator: 'GTE', value: 100 }],
} as const;

export const VIEWERS = {
  name: 'Viewers',
  type: 'INDEPENDENT',
  windowMinutes: 30,
  rules: [{ eventType: 'view', attribute: 'count', operator: 'GT', value: 2 }],
} as const;

export const BOTH = {
  name: 'Viewers who spend',
  type: 'DERIVED',
  windowMinutes: 30,
  baseSegmentIds: ['big-spenders', 'viewers'],
} as const;

export function storedSegment(over: Partial<SegmentDefinition> = {}): SegmentDefinition {
  return {
    id: 'big-spenders',
    name: 'Big spenders',
    type: 'INDEPENDENT',
    windowMinutes: 30,
    window: 'trailing',
    rules: [{ id: 'r1', eventType: 'purchase', attribute: 'sum', operator: 'GTE', value: 100 }],
    baseSegmentIds: [],
    revision: 1,
    createdAt: '2024-06-01T12:00:00.000Z',
    updatedAt: '2024-06-01T12:00:00.000Z',
    ...over,
  };
}

export async function storeRules(log: Log, set: SegmentRuleSet): Promise<void> {
  await log.append(rulesSubject('segments'), encodeFrame([set]));
}

/** As if these partitions had taken the rule set over. */
export async function takeOver(
  log: Log,
  set: SegmentRuleSet,
  partitions: readonly string[] = PARTITIONS,
): Promise<void> {
  for (const partition of partitions)
    await log.append(keySubject('segments', `${partition}.rules`), JSON.stringify(set));
}

export interface SegmentStores {
  readonly log: Log;
  put(bucket: string, key: string, value: unknown): Promise<void>;
}

/** A user's document, the marker of an owner, and where the partition is, as the segments service leaves them. */
export async function putUser({ put }: SegmentStores, id: string, segments: readonly string[] = []): Promise<void> {
  const partition = partitionName(partitionOf(id));
  await put('segments', `${partition}.marker`, {});
  await put('segments', `${partition}.user.${encodeId(id)}`, {
    user_id: id,
    segments: Object.fromEntries(segments.map((segment) => [segment, RESULT])),
    updated: RESULT.timestamp,
  });
  for (const segment of segments)
    await put('segments', `${partition}.member.${segment}.${encodeId(id)}`, { user_id: id });
}

const RESULT = {
  qualified: true,
  value: 120.5,
  timestamp: '2024-06-01T12:00:00Z',
  windowStart: '2024-06-01T11:30:00Z',
  windowEnd: '2024-06-01T12:00:00Z',
  ruleId: 'r1',
};

/** `big-spenders` with one user. */
export async function fillSegments(stores: SegmentStores): Promise<void> {
  const set = { version: 1, segments: [storedSegment()] };
  await storeRules(stores.log, set);
  await takeOver(stores.log, set);
  await putUser(stores, 'user_001', ['big-spenders']);
}
