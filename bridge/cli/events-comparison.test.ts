import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARTITIONS, partitionOf } from '../../shared/events/partition.ts';
import { history, record, TEST_ROUTE } from '../partition/_test-records.ts';
import { recordDecoder } from '../decode/decoder.ts';
import { FrameBuilder } from '../partition/frame-builder.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { EventsComparison } from './events-comparison.ts';
import { Findings } from './findings.ts';

const decoder = recordDecoder(TEST_ROUTE, TEST_ROUTE.topic);
const NOW = Date.UTC(2026, 5, 1);

interface FrameItem {
  readonly kind: 'frame';
  readonly lane: string;
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}
type Item = FrameItem | { readonly kind: 'progress'; readonly offset: number };

/** What a bridge makes of records that come in batches of these sizes. */
function correctLog(records: readonly KafkaRecord[], sizes: readonly number[]): Item[] {
  const items: Item[] = [];
  for (let at = 0, turn = 0; at < records.length; turn++) {
    const batch = records.slice(at, at + (sizes[turn % sizes.length] ?? 1));
    at += batch.length;
    const frames = new FrameBuilder(400, decoder.line);
    for (const record of batch) frames.add(record.offset, decoder.decode(record, NOW).events);
    for (const [lane, { lines, offsets }] of frames.take())
      items.push({
        kind: 'frame',
        lane: PARTITIONS[lane] ?? '',
        from: offsets[0] ?? 0,
        to: offsets.at(-1) ?? 0,
        lines,
      });
    items.push({ kind: 'progress', offset: batch.at(-1)?.offset ?? 0 });
  }
  return items;
}

function compare(
  records: readonly KafkaRecord[],
  items: readonly Item[],
  { start = 0, end = records.length - 1, isCut = false } = {},
) {
  const findings = new Findings();
  const comparison = new EventsComparison({ start, end, isCut, findings });
  let next = start;
  const expectTo = (offset: number) => {
    for (; next <= Math.min(offset, end); next++) {
      const record = records[next];
      if (record) comparison.expect(record.offset, decoder.decode(record, NOW).events, decoder.line);
    }
  };
  items.forEach((item, at) => {
    expectTo(item.kind === 'frame' ? item.to : item.offset);
    if (item.kind === 'progress') comparison.progress(item.offset);
    else comparison.frame(item.lane, { ...item, seq: at + 1, text: item.lines.join('\n') });
  });
  comparison.finish();
  return { findings, comparison };
}

const COUNT = 150;
const records = history(COUNT);
const sizesArb = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
/** Picks one of however many there are. */
const pickArb = fc.nat({ max: 1_000_000 });

function framesOf(items: readonly Item[]): number[] {
  return items.flatMap(({ kind }, at) => (kind === 'frame' ? [at] : []));
}

function frameAt(items: readonly Item[], at: number): FrameItem {
  const item = items[at];
  if (item?.kind !== 'frame') throw new Error(`Cannot test: item ${at} is no frame`);
  return item;
}

function replaced(items: readonly Item[], at: number, ...by: Item[]): Item[] {
  return items.toSpliced(at, 1, ...by);
}

/** All findings lie where the change was made. */
function expectAt(findings: Findings, { from, to }: { readonly from: number; readonly to: number }): void {
  expect(findings.list.length).toBeGreaterThan(0);
  for (const finding of findings.list) {
    expect(finding.from).toBeGreaterThanOrEqual(from);
    expect(finding.to).toBeLessThanOrEqual(to);
  }
}

describe('a correct log', () => {
  it('has no finding, however its records were cut into frames', () => {
    fc.assert(
      fc.property(sizesArb, (sizes) => {
        const { findings, comparison } = compare(records, correctLog(records, sizes));
        expect(findings.list).toEqual([]);
        expect(comparison.checksums.kafka).toBe(comparison.checksums.log);
        expect(comparison.lines).toBeGreaterThan(100);
      }),
    );
  });

  it('has none either when only a part of it is looked at, or its end is not covered by progress yet', () => {
    fc.assert(
      fc.property(sizesArb, fc.nat(COUNT - 1), fc.nat(COUNT - 1), (sizes, a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const { findings } = compare(records, correctLog(records, sizes), { start, end });
        expect(findings.list).toEqual([]);
      }),
    );
  });

  it('has none when retention has cut its head off, at any place', () => {
    fc.assert(
      fc.property(sizesArb, pickArb, (sizes, pick) => {
        const items = correctLog(records, sizes);
        const kept = items.slice(pick % (items.length - 1));
        const first = kept.find((item) => item.kind === 'progress');
        if (first?.kind !== 'progress') return;
        const { findings } = compare(records, kept, { start: first.offset + 1, isCut: true });
        expect(findings.list).toEqual([]);
      }),
    );
  });
});

describe('what is done to a correct log is found, where it was done', () => {
  const mutated = (
    change: (
      items: Item[],
      at: number,
      pick: number,
    ) => { items: Item[]; kinds: string[]; wide?: boolean; sameLines?: boolean } | undefined,
  ) =>
    fc.assert(
      fc.property(sizesArb, pickArb, pickArb, (sizes, pick, inner) => {
        const items = correctLog(records, sizes);
        const frames = framesOf(items);
        const at = frames[pick % frames.length] ?? 0;
        const result = change(items, at, inner);
        if (!result) return;
        const { findings, comparison } = compare(records, result.items);
        expectAt(findings, result.wide ? { from: 0, to: COUNT } : frameAt(items, at));
        expect(Object.keys(findings.totals).sort()).toEqual(result.kinds);
        expect(comparison.checksums.kafka === comparison.checksums.log).toBe(result.sameLines === true);
      }),
    );

  it('a frame that is gone', () => mutated((items, at) => ({ items: replaced(items, at), kinds: ['missing'] })));

  it('a frame that is there twice, at once or later', () =>
    mutated((items, at, inner) => {
      const later = at + 1 + (inner % (items.length - at));
      return { items: items.toSpliced(later, 0, frameAt(items, at)), kinds: ['duplicate'] };
    }));

  it('a line that is gone', () =>
    mutated((items, at, inner) => {
      const frame = frameAt(items, at);
      if (frame.lines.length === 1) return undefined;
      const lines = frame.lines.toSpliced(inner % frame.lines.length, 1);
      return { items: replaced(items, at, { ...frame, lines }), kinds: ['missing'] };
    }));

  it('a line that is there twice', () =>
    mutated((items, at, inner) => {
      const frame = frameAt(items, at);
      const line = frame.lines[inner % frame.lines.length] ?? '';
      return { items: replaced(items, at, { ...frame, lines: [...frame.lines, line] }), kinds: ['duplicate'] };
    }));

  it('a line that is another', () =>
    mutated((items, at, inner) => {
      const frame = frameAt(items, at);
      const lines = frame.lines.with(inner % frame.lines.length, '{"t":1}');
      return { items: replaced(items, at, { ...frame, lines }), kinds: ['different'] };
    }));

  it('a line that nobody wrote', () =>
    mutated((items, at, inner) => {
      const frame = frameAt(items, at);
      const lines = frame.lines.toSpliced(inner % (frame.lines.length + 1), 0, '{"t":1}');
      return { items: replaced(items, at, { ...frame, lines }), kinds: ['unexpected'] };
    }));

  it('two lines that changed places', () =>
    mutated((items, at, inner) => {
      const frame = frameAt(items, at);
      const [one, other] = [inner % frame.lines.length, frame.lines.length - 1];
      if (frame.lines[one] === frame.lines[other]) return undefined;
      const lines = frame.lines.with(one, frame.lines[other] ?? '').with(other, frame.lines[one] ?? '');
      return { items: replaced(items, at, { ...frame, lines }), kinds: ['out-of-order'] };
    }));

  it('a frame behind the progress that spoke of it', () =>
    mutated((items, at) => {
      const next = items.findIndex((item, place) => place > at && item.kind === 'progress');
      const { lane } = frameAt(items, at);
      const passed = items.slice(at + 1, next).some((item) => item.kind === 'frame' && item.lane === lane);
      return {
        items: replaced(items, at).toSpliced(next, 0, frameAt(items, at)),
        kinds: ['out-of-order'],
        sameLines: !passed, // behind another frame of its lane, the lane's lines are in another order
      };
    }));

  it('two frames of a lane that changed places', () =>
    mutated((items, at) => {
      const frame = frameAt(items, at);
      const next = items.findIndex((item, place) => place > at && item.kind === 'frame' && item.lane === frame.lane);
      if (next < 0) return undefined;
      const swapped = items.with(at, frameAt(items, next)).with(next, frame);
      return { items: swapped, kinds: ['out-of-order'], wide: true };
    }));

  it('a frame in another lane', () =>
    mutated((items, at) => {
      const frame = frameAt(items, at);
      const lane = PARTITIONS[(PARTITIONS.indexOf(frame.lane) + 1) % PARTITIONS.length] ?? '';
      const { findings } = compare(records, replaced(items, at, { ...frame, lane }));
      expect(findings.totals.missing).toBeGreaterThan(0);
      return undefined;
    }));
});

it('a hole in a log without progress frames in between is one finding with its ends', () => {
  const items = correctLog(records, [10]);
  const lane = frameAt(items, 0).lane;
  const ofLane = framesOf(items).filter((at) => frameAt(items, at).lane === lane);
  const gone = ofLane.slice(2, 5);
  const { findings } = compare(
    records,
    items.filter((_item, at) => !gone.includes(at)),
  );
  const lines = gone.reduce((sum, at) => sum + frameAt(items, at).lines.length, 0);
  expect(findings.list).toMatchObject([
    {
      kind: 'missing',
      lane,
      from: frameAt(items, gone[0] ?? 0).from,
      to: frameAt(items, gone[2] ?? 0).to,
      count: lines,
    },
  ]);
});

describe('a record that is in DLQ and would be an event today', () => {
  const [event] = decoder.decode(records[0] ?? record(0, null), NOW).events;
  const line = event ? decoder.line(event) : '';
  const lane = PARTITIONS[partitionOf(event?.k ?? '')] ?? '';

  it.each([
    [false, {}],
    [true, { 'letter-extra': 1 }],
  ])('and whose line is in the log: %s', (isThere, totals) => {
    const findings = new Findings();
    const comparison = new EventsComparison({ start: 0, end: 2, isCut: false, findings });
    if (!event) throw new Error('Cannot test: the first record has no event');
    const other = { ...event, id: 'other' };
    comparison.notExpect(0, [event], decoder.line);
    comparison.expect(1, [other], decoder.line);
    const lines = [...(isThere ? [line] : []), decoder.line(other)];
    comparison.frame(lane, { from: isThere ? 0 : 1, to: 1, seq: 1, text: lines.join('\n') });
    comparison.progress(2);
    comparison.finish();
    expect(findings.totals).toEqual(totals);
  });
});
