import { readFileSync } from 'node:fs';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { parseSchemaText } from '../../shared/avro/avro-schema.ts';
import { frameWriter } from '../../shared/avro/avro-writer.ts';
import { type Download, DownloadSource } from './downloads.ts';

const NOW = Date.UTC(2024, 5, 1);
const text = readFileSync(new URL('../../infra/schemas/content-downloads.avsc', import.meta.url), 'utf8');

function make(count: number, seed = 1): Download[] {
  const source = new DownloadSource(seed, 1_000);
  return Array.from({ length: count }, (_, index) => source.next(NOW + index * 100));
}

describe('DownloadSource', () => {
  it('makes the same downloads of the same seed, with ids that go on', () => {
    expect(make(20)).toEqual(make(20));
    expect(make(20)).not.toEqual(make(20, 2));
    expect(make(2).map(({ event_id }) => event_id)).toEqual(['dl-1000', 'dl-1001']);
  });

  it('is never ahead of its time, and out of order by at most 3 s', () => {
    for (const [index, { timestamp }] of make(1_000).entries()) {
      expect(timestamp).toBeLessThanOrEqual(NOW + index * 100);
      expect(timestamp).toBeGreaterThan(NOW + index * 100 - 3_000);
    }
  });

  it('fails where it is said to, and seldom elsewhere', () => {
    const downloads = make(20_000);
    const failing = ({ region, os }: Download) => region === 'ap-south' && os === 'android';
    const rate = (some: Download[]) => some.filter(({ status }) => status === 'FAILED').length / some.length;
    expect(rate(downloads.filter(failing))).toBeGreaterThan(0.2);
    expect(rate(downloads.filter((one) => !failing(one)))).toBeLessThan(0.04);
  });

  it('measures duration and speed that belong together', () => {
    for (const { bytes, duration_seconds, speed_mbps } of make(1_000))
      if (duration_seconds !== null && speed_mbps !== null)
        expect((bytes * 8) / 1e6 / speed_mbps).toBeCloseTo(duration_seconds, 2);
  });

  it('is what the schema says, framed: avsc reads it back', () => {
    const type = avsc.Type.forSchema(JSON.parse(text));
    const write = frameWriter(7, parseSchemaText(text));
    for (const download of make(500)) {
      const bytes = write(download);
      expect(bytes.readUInt32BE(1)).toBe(7);
      expect({ ...type.fromBuffer(bytes.subarray(5)) }).toEqual(download);
    }
  });
});
