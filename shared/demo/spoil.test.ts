import { expect, it } from 'vitest';
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import { DEFAULT_ROUTES, routeOf } from '../config/routes.ts';
import { GENERATED_TOPICS, generateRecords } from './generate.ts';
import { spoil } from './spoil.ts';

const NOW = Date.UTC(2026, 0, 1);
const DICE = [0, 0.4, 0.6, 0.99];

for (const topic of GENERATED_TOPICS) {
  const route = routeOf(DEFAULT_ROUTES, topic);
  if (!route || route.decoder === 'raw' || route.decoder === 'debezium-avro') continue;
  const { decoder } = route;

  it(`a damaged record of ${topic} is a dead letter, and its good one was none`, () => {
    // Sent as JSON to a topic of Avro: whatever else it says, it does not begin as Avro does.
    const read = recordDecoder(decoder === 'avro' ? { ...route, decoder: 'json' } : route, topic);
    const recordOf = (value: unknown) => {
      const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
      return { offset: 0, timestampMs: NOW, key: Buffer.from('k'), value: bytes };
    };
    for (const record of generateRecords({ topic, count: 200, seed: 1, nowMs: NOW })) {
      expect(read.decode(recordOf(record.value), NOW).outcome).not.toBe('dead');
      for (const dice of DICE) {
        const { key, value } = spoil(record, dice, decoder);
        expect(key).toBe(record.key);
        if (decoder === 'avro') expect(typeof value === 'string' && value.startsWith('{')).toBe(true);
        else expect(read.decode(recordOf(value), NOW)).toMatchObject({ outcome: 'dead', events: [] });
      }
    }
  });
}
