/**
 * Folding and committing alone, without servers and in this process: what a service's decision and its tables cost.
 *
 *   node infra/bench/stage-fold.ts anomaly [events] [rounds of how many events]
 *
 * Prints CPU-us/event for decoding frames, folding them, and encoding commits (one a partition and round), commit bytes
 * an event, and live keys in the tables.
 */
import type { StageDefinition } from '../../shared/events/stage.ts';
import { PARTITIONS, partitionOf } from '../../shared/events/partition.ts';
import { decodeText, encodeFrame } from '../../shared/log/frame.ts';
import { FrameLines } from '../../shared/log/frame-lines.ts';
import { dataSubject, progressSubject, rulesSubject } from '../../shared/log/names.ts';
import { type InputMessage, PartitionState } from '../../shared/runtime/partition-state.ts';
import type { Service } from '../../shared/runtime/worker.ts';
import { SERVICE_INPUTS, type ServiceInput } from './service-inputs.ts';

const EVENTS_DEFAULT = 500_000;
const ROUND_DEFAULT = 10_000;
const utf8 = new TextEncoder();

const INPUTS: Readonly<Record<string, ServiceInput>> = SERVICE_INPUTS;

if (import.meta.main) {
  const [name = '', count, round] = process.argv.slice(2);
  const input = INPUTS[name];
  if (!input) throw new Error(`Cannot measure "${name}": expected one of ${Object.keys(INPUTS).join(', ')}`);
  await measure(input, Number(count ?? EVENTS_DEFAULT), Number(round ?? ROUND_DEFAULT));
}

async function measure(input: ServiceInput, count: number, round: number): Promise<void> {
  const definition = await stageOf(input);
  const states = PARTITIONS.map((partition) => new PartitionState(definition, partition));
  for (const state of states) state.open();
  const lines = new FrameLines();
  const spent = { decode: 0, fold: 0, commit: 0 };
  let [seq, bytes, commits] = [0, 0, 0];
  const timed = <T>(part: keyof typeof spent, work: () => T): T => {
    const { user, system } = process.cpuUsage();
    const result = work();
    const after = process.cpuUsage();
    spent[part] += after.user + after.system - user - system;
    return result;
  };
  for (const messages of roundsOf(input, count, round)) {
    for (const message of messages) {
      seq++;
      const stored: InputMessage = { ...message, seq };
      stored.values = timed('decode', () => lines.read(decodeText(stored.payload)));
      const readers = states.filter(({ partition }) => isFor(message.subject, partition));
      timed('fold', () => {
        for (const state of readers) state.fold(stored);
      });
    }
    timed('commit', () => {
      for (const state of states) {
        const { payload, changes } = state.takeCommit(1, ++commits);
        for (const { slot } of changes) slot.taken = false;
        bytes += utf8.encode(payload).length;
      }
    });
  }
  const keys = states.reduce((sum, { tables }) => sum + [...tables.values()].reduce((n, { size }) => n + size, 0), 0);
  const late = states.reduce((sum, { lateCount }) => sum + lateCount, 0);
  const us = (part: keyof typeof spent) => (spent[part] / count).toFixed(2);
  console.log(
    `${input.stage}: decode ${us('decode')}, fold ${us('fold')}, commit ${us('commit')} CPU-us/event; ` +
      `${(bytes / count).toFixed(0)} commit bytes/event; ${keys} live keys, ${late} late; ` +
      `heap ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB`,
  );
}

/** Frames of each round, and the progress behind them. */
function* roundsOf({ sources, event, rules, everyMs = 1 }: ServiceInput, count: number, round: number) {
  const firstTime = Date.UTC(2026, 0, 1);
  if (rules) yield [{ subject: rulesSubject(rules.name), payload: utf8.encode(encodeFrame([rules.set])) }];
  for (let from = 0; from < count; from += round) {
    const upTo = Math.min(count, from + round);
    const frames = new Map<string, unknown[]>();
    for (let number = from; number < upTo; number++) {
      const made = event(number, firstTime + number * everyMs);
      const subject = dataSubject(sources[made.source]?.topic ?? '', PARTITIONS[partitionOf(made.event.k)] ?? '', 0);
      const frame = frames.get(subject);
      if (frame) frame.push(made.event);
      else frames.set(subject, [made.event]);
    }
    const progress = sources.map(({ topic, boundMs }) => ({
      subject: progressSubject(topic, 0),
      values: [{ offset: upTo, watermark: firstTime + upTo * everyMs - boundMs - 1 }],
    }));
    const data = Array.from(frames, ([subject, values]) => ({ subject, values }));
    yield [...data, ...progress].map(({ subject, values }) => ({ subject, payload: utf8.encode(encodeFrame(values)) }));
  }
}

function isFor(subject: string, partition: string): boolean {
  return subject.includes(`.${partition}.`) || subject.includes('.progress.') || subject.startsWith('rules.');
}

async function stageOf({ worker, stage }: ServiceInput): Promise<StageDefinition<never>> {
  const { service } = (await import(`../../services/${worker}/main.ts`)) as { readonly service: Service };
  const definition = service.stages.find((each) => each.service === stage && each.input.kind === 'events');
  if (!definition) throw new Error(`Cannot measure "${stage}": services/${worker} has no such stage over events`);
  return definition;
}
