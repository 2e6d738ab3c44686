import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEFORE_ALL_TIME, type Emitted, type StageDefinition } from '../events/stage.ts';
import { encodeFrame, type Progress } from '../log/frame.ts';
import { dataSubject, logSubject, progressSubject, rulesSubject } from '../log/names.ts';
import { counter, type Tick } from './_test-stage.ts';
import { type CommitHead, encodeEmit, parseCommit, parseEmits } from './commit.ts';
import { Committed } from './committed.ts';
import { type InputMessage, PartitionState } from './partition-state.ts';

const utf8 = new TextEncoder();

function open(definition: StageDefinition<never> = counter, partition = 'p00'): PartitionState {
  const state = new PartitionState(definition, partition);
  state.open();
  return state;
}

function data(seq: number, ...ticks: Tick[]): InputMessage {
  return { subject: dataSubject('ticks', 'p00', 0), seq, payload: utf8.encode(encodeFrame(ticks)) };
}

function progress(seq: number, value: Progress, kafkaPartition = 0): InputMessage {
  return { subject: progressSubject('ticks', kafkaPartition), seq, payload: utf8.encode(encodeFrame([value])) };
}

/** All that a stage can see of a state. */
function visible(state: PartitionState): object {
  const tables = [...state.tables.values()].map((table) => [
    table.name,
    [...table.entries()].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  const { watermark, position, lateCount } = state;
  return { tables, watermark, position, lateCount, sources: state.sources() };
}

const tick = fc.record({ t: fc.integer({ min: 1, max: 1_000 }), k: fc.constantFrom('a', 'b', 'c') });
const step = fc.oneof(
  fc.array(tick, { maxLength: 4 }).map((ticks) => (seq: number) => data(seq, ...ticks)),
  fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.nat(1), fc.boolean()).map(
    ([watermark, k, idle]) =>
      (seq: number) =>
        progress(seq, { watermark, idle }, k),
  ),
);
/** Steps, and after each whether a commit is taken. */
const runs = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 30 });

describe('replay (invariant 1)', () => {
  test('of all commits gives the state that folding left, at every commit', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const folded = open();
        const replayed = new PartitionState(counter, 'p00');
        for (const [at, [message, commits]] of run.entries()) {
          folded.fold(message(at + 1));
          if (!commits) continue;
          const { payload } = folded.takeCommit(1, at);
          const { head, lines } = parseCommit(utf8.encode(payload));
          replayed.replay(head, lines);
          expect(visible(replayed)).toEqual(visible(folded));
        }
      }),
    );
  });

  test('from any commit on, over what KV had by then, gives the same', () => {
    fc.assert(
      fc.property(runs, fc.nat(), (run, cut) => {
        const folded = open();
        const committed = new Committed();
        const commits = run.map(([message], at) => {
          folded.fold(message(at + 1));
          return parseCommit(utf8.encode(folded.takeCommit(1, at).payload));
        });
        const from = commits.length === 0 ? 0 : cut % commits.length;
        const kv = new Map<string, string>();
        for (const [at, { head, lines }] of commits.slice(0, from).entries()) {
          committed.take(at + 1, head);
          for (const line of lines) {
            if (line.kind === 'put' && !line.key.startsWith('seen')) kv.set(line.key, line.text);
            if (line.kind === 'delete') kv.delete(line.key);
          }
        }
        const recovered = new PartitionState(counter, 'p00');
        for (const [key, text] of kv) recovered.loadKey(key, text);
        if (from > 0) recovered.restore(committed.describe());
        for (const { head, lines } of commits.slice(from)) recovered.replay(head, lines);
        expect(visible(recovered)).toEqual(visible(folded));
      }),
    );
  });

  test('names what it touched, for KV may not have it', () => {
    const folded = open();
    folded.fold(data(1, { t: 5, k: 'a' }));
    const { head, lines } = parseCommit(utf8.encode(folded.takeCommit(1, 1).payload));
    const replayed = new PartitionState(counter, 'p00');
    const touched = replayed.replay(head, [
      ...lines,
      { kind: 'delete', key: 'count.b' },
      { kind: 'put', key: 'of-an-older-version.1', text: '1' },
      { kind: 'late', text: '{}' },
    ]);
    expect(touched.map(({ slot, text }) => [slot.table.name, slot.id, text])).toEqual([
      ['count', 'a', '{"n":1,"last":5}'],
      ['total', '', '1'],
      ['seen', 'a', '5'],
      ['count', 'b', undefined],
    ]);
    expect([replayed.hasChanges, replayed.positionMoved, replayed.watermarkMoved]).toEqual([false, false, false]);
  });
});

describe('the watermark of commits (invariant 2)', () => {
  test('is what the last fold left, and never falls', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const state = open();
        let former = BEFORE_ALL_TIME;
        for (const [at, [message]] of run.entries()) {
          state.fold(message(at + 1));
          const { head } = state.takeCommit(1, at);
          expect(head.wm).toBe(state.watermark);
          expect(head.wm).toBeGreaterThanOrEqual(former);
          former = head.wm;
        }
      }),
    );
  });

  test('is held by a source that is declared and has none, in the same fold', () => {
    const state = open();
    state.fold(progress(1, { watermark: 10 }, 0));
    state.fold(progress(2, {}, 1));
    state.fold(progress(3, { watermark: 50 }, 0));
    expect(state.watermark).toBe(10);
    state.fold(progress(4, { watermark: 30 }, 1));
    expect(state.watermark).toBe(30);
    state.fold(progress(5, { idle: true }, 1));
    expect(state.watermark).toBe(50);
  });

  test('is told to the decision when it rises, and only then', () => {
    const state = open();
    for (const [at, watermark] of [10, 10, 5, 20].entries()) state.fold(progress(at + 1, { watermark }));
    expect(state.hasChanges).toBe(true);
    expect(state.pendingBytes).toBeGreaterThan(40);
    const { emits } = parseEmits(utf8.encode(state.takeCommit(1, 1).payload));
    expect(emits.map(({ value }) => value)).toEqual([
      { at: 10, keys: 0 },
      { at: 20, keys: 0 },
    ]);
  });
});

describe('a message at or below the position (invariant 3)', () => {
  test('changes nothing', () => {
    const state = open();
    expect(state.fold(data(5, { t: 1, k: 'a' }))).toBe(1);
    state.takeCommit(1, 1);
    const before = visible(state);
    for (const seq of [5, 4, 1]) expect(state.fold(data(seq, { t: 2, k: 'b' }))).toBe(0);
    expect(visible(state)).toEqual(before);
    expect([state.hasChanges, state.positionMoved]).toEqual([false, false]);
  });
});

test('pending bytes grow with what the tables changed', () => {
  const state = open();
  for (let at = 1; at <= 50; at++) state.fold(data(at, { t: 1, k: `k${at}` }));
  expect(state.pendingBytes).toBeGreaterThan(50 * 32);
});

describe('what is to be committed', () => {
  test('is known by kind: changes, a watermark alone, a position alone', () => {
    const state = open({ ...counter, open: () => ({ onEvent: () => {}, onWatermark: () => {} }) });
    const due = () => [state.hasChanges, state.watermarkMoved, state.positionMoved];
    expect(due()).toEqual([false, false, false]);
    state.fold(data(1, { t: 1, k: 'a' }));
    expect(due()).toEqual([false, false, true]);
    state.fold(progress(2, { watermark: 9 }));
    expect(due()).toEqual([false, true, true]);
    state.takeCommit(1, 1);
    expect(due()).toEqual([false, false, false]);
  });

  test('is taken once: values, emits, late events, sources', () => {
    const state = open();
    state.fold(progress(1, { watermark: 10 }));
    state.fold(data(2, { t: 20, k: 'a' }, { t: 3, k: 'late' }));
    expect(state.hasChanges).toBe(true);
    expect(state.pendingBytes).toBeGreaterThan(0);
    const first = state.takeCommit(7, 1);
    expect(first.head).toEqual({
      ...{ pos: 2, wm: 10, epoch: 7, n: 1, emits: 1, late: 1 },
      src: [['ticks.k0', 10, 0]],
    });
    expect(first.late).toEqual(['{"reason":"too late","event":{"t":3,"k":"late"},"watermark":10}']);
    expect(first.changes).toHaveLength(3);
    expect([state.hasChanges, state.pendingBytes]).toEqual([false, 0]);
    const second = state.takeCommit(7, 2);
    expect(second.head).toEqual({ pos: 2, wm: 10, epoch: 7, n: 2, emits: 0, late: 1 });
    expect([second.changes, second.late]).toEqual([[], []]);
    expect(second.payload).not.toContain('\n');
  });
});

describe('decoding', () => {
  test('is done once for all stages that share a message', () => {
    const message = data(1, { t: 1, k: 'a' });
    open().fold(message);
    const { values } = message;
    open().fold(message);
    expect(message.values).toBe(values);
    expect(values).toEqual([{ t: 1, k: 'a' }]);
  });

  test('of a subject or payload that is none is an error, and the position stays', () => {
    const state = open();
    expect(() => state.fold({ subject: 'mirror.ticks.k1', seq: 1, payload: utf8.encode('{}') })).toThrow(
      'mirror.ticks.k1',
    );
    expect(() => state.fold({ ...data(1), payload: utf8.encode('{') })).toThrow(SyntaxError);
    expect(state.position).toBe(0);
  });

  test('before open is refused', () => {
    expect(() => new PartitionState(counter, 'p00').fold(data(1))).toThrow(
      'Cannot fold into counter p00: it is not open',
    );
  });
});

test('a rule set is told to the decision at its place in the log, and an event by the order of its source', () => {
  const seen: unknown[] = [];
  const definition: StageDefinition<Tick> = {
    service: 'ruled',
    input: { kind: 'events', events: ['tick'], rules: 'limits' },
    tables: {},
    open: () => ({
      onEvent: ({ t }, source) => seen.push([t, source]),
      onRules: (rules) => seen.push(rules),
      onWatermark: () => undefined,
    }),
  };
  const state = open(definition);
  state.fold(data(1, { t: 1, k: 'a' }));
  state.fold({ subject: rulesSubject('limits'), seq: 2, payload: utf8.encode(encodeFrame([{ most: 3 }])) });
  state.fold(data(3, { t: 2, k: 'a' }));
  expect(seen).toEqual([[1, 'ticks#00000'], { most: 3 }, [2, 'ticks#00000']]);
});

describe('a second stage', () => {
  const seen: [unknown, string][] = [];
  const second: StageDefinition<Emitted> = {
    service: 'counter',
    input: { kind: 'log', service: 'counter' },
    tables: {},
    open: () => ({ onEvent: (event, source) => void seen.push([event, source]), onWatermark: () => {} }),
  };
  const commit = (partition: string, seq: number, head: Partial<CommitHead>, ...emits: string[]): InputMessage => ({
    subject: logSubject('counter', partition),
    seq,
    payload: utf8.encode(
      [
        JSON.stringify({ pos: 1, wm: BEFORE_ALL_TIME, epoch: 1, n: 1, emits: emits.length, late: 0, ...head }),
        ...emits,
      ].join('\n'),
    ),
  });

  test('folds what is emitted, with the partition it came from, and not its own commits', () => {
    const state = open(second, 'all');
    seen.length = 0;
    expect(state.fold(commit('p03', 1, {}, encodeEmit('window', 1), encodeEmit('window', 2)))).toBe(2);
    expect(state.fold(commit('all', 2, { wm: 5 }, encodeEmit('window', 3)))).toBe(0);
    expect(seen).toEqual([
      [{ kind: 'window', value: 1 }, 'p03'],
      [{ kind: 'window', value: 2 }, 'p03'],
    ]);
    expect(state.position).toBe(2);
  });

  test('has a watermark only when every partition has one', () => {
    const state = open(second, 'all');
    for (let at = 0; at < 15; at++) state.fold(commit(`p${String(at).padStart(2, '0')}`, at + 1, { wm: 100 + at }));
    expect(state.watermark).toBe(BEFORE_ALL_TIME);
    expect(state.takeCommit(1, 1).head.src).toHaveLength(15);
    state.fold(commit('p15', 16, { wm: 120 }));
    expect(state.watermark).toBe(100);
  });
});

describe('tables', () => {
  test('are found by the longest name that a key begins with', () => {
    const state = new PartitionState(
      { ...counter, tables: { window: { kind: 'state' }, 'window.1h': { kind: 'result' } } },
      'p00',
    );
    expect(state.tableOf('window.5')?.name).toBe('window');
    expect(state.tableOf('window.1h.5')?.name).toBe('window.1h');
    expect(state.tableOf('window.1h')?.name).toBe('window.1h');
    expect(state.tableOf('windows.5')).toBeUndefined();
    const reversed = { 'window.1h': { kind: 'result' }, window: { kind: 'state' } } as const;
    expect(new PartitionState({ ...counter, tables: reversed }, 'p00').tableOf('window.1h.5')?.name).toBe('window.1h');
    expect(state.loadKey('window.1h.5.b', '1')).toMatchObject({ id: '5.b' });
    expect(state.loadKey('window', '1')).toMatchObject({ id: '' });
    expect(state.loadKey('applied', '1')).toBeUndefined();
  });

  test('that are not declared cannot be used', () => {
    const state = new PartitionState(
      { ...counter, open: (ctx) => ({ onEvent: () => void ctx.table('typo'), onWatermark: () => {} }) },
      'p00',
    );
    state.open();
    expect(() => state.fold(data(1, { t: 1, k: 'a' }))).toThrow('Cannot use table "typo"');
  });
});
