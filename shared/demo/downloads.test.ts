import { readFileSync } from 'node:fs';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { parseSchemaText } from '../avro/avro-schema.ts';
import { frameWriter } from '../avro/avro-writer.ts';
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

describe('incidents', () => {
  /** An hour's minutes of each region, at five downloads a second. */
  function minutes(incidents: boolean) {
    const source = new DownloadSource(1, 1_000, { incidents });
    const made = Array.from({ length: 5 * 3_600 }, (_, at) => source.next(NOW + at * 200));
    const cells = Map.groupBy(made, ({ region, timestamp }) => `${region} ${Math.floor(timestamp / 60_000)}`);
    return [...cells.values()]
      .filter(({ length }) => length >= 20)
      .map((some) => {
        const measured = some.flatMap(({ speed_mbps }) => speed_mbps ?? []);
        return {
          success: some.filter(({ status }) => status === 'SUCCESS').length / some.length,
          mbps: measured.reduce((sum, one) => sum + one, 0) / measured.length,
        };
      });
  }

  it('give minutes in which a region succeeds in under 0.9, under 0.8, and is under 10 Mbit/s, and many without', () => {
    const cells = minutes(true);
    const count = (is: (cell: (typeof cells)[number]) => boolean) => cells.filter(is).length;
    expect(count(({ success }) => success < 0.9 && success >= 0.8)).toBeGreaterThanOrEqual(10);
    expect(count(({ success }) => success < 0.8)).toBeGreaterThanOrEqual(8);
    expect(count(({ mbps }) => mbps < 10)).toBe(10);
    expect(count(({ success, mbps }) => success >= 0.9 && mbps >= 10) / cells.length).toBeGreaterThan(0.8);
  });

  it('are none without', () => {
    const cells = minutes(false);
    expect(cells.filter(({ success, mbps }) => success < 0.8 || mbps < 10)).toEqual([]);
  });
});
