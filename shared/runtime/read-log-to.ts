/** Reads a part of a stream that is there already, and ends. */
import type { Log, StoredMessage } from '../log/log.ts';
import { CommandError } from './command-error.ts';

export interface LogRange {
  readonly stream: string;
  readonly subjects: readonly string[];
  readonly fromSeq?: number;
  /** Sequence of a message of these subjects, which is read too. */
  readonly toSeq: number;
  readonly signal: AbortSignal;
}

const SILENCE_MS = 30_000;

/** Throws CommandError when the log gives nothing for a while: its end was removed meanwhile, or NATS is away. */
export async function* readLogTo(log: Log, range: LogRange, silenceMs = SILENCE_MS): AsyncGenerator<StoredMessage> {
  const { stream, subjects, fromSeq = 1, toSeq, signal } = range;
  if (toSeq < fromSeq) return;
  const stop = new AbortController();
  let at = fromSeq - 1;
  let waitingSince = performance.now();
  const silence = setInterval(() => {
    if (performance.now() - waitingSince >= silenceMs) stop.abort();
  }, silenceMs / 4);
  try {
    for await (const message of log.read({
      ...{ stream, subjects, fromSeq },
      signal: AbortSignal.any([stop.signal, signal]),
    })) {
      if (message.seq > toSeq) return;
      at = message.seq;
      waitingSince = Number.POSITIVE_INFINITY; // the reader of this has it
      yield message;
      waitingSince = performance.now();
      if (at >= toSeq) return;
    }
  } finally {
    clearInterval(silence);
  }
  signal.throwIfAborted();
  throw new CommandError(
    `Cannot read ${stream} behind sequence ${at}: it has given nothing for ${Math.round(silenceMs / 1000)} s; ` +
      'check that NATS answers, and try again',
  );
}
