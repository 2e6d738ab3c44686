/** What a gateway asks of NATS, by the subjects that it names. */
import type { Log } from '../../../shared/log/log.ts';

export interface Asked {
  readonly call: string;
  readonly stream: string;
  readonly subject: string;
}

/** The same log; what is asked of it is told first. */
export function recordingLog(base: Log, tell: (asked: Asked) => void): Log {
  const each = (call: string, stream: string, subjects: readonly string[]) => {
    for (const subject of subjects) tell({ call, stream, subject });
  };
  return {
    maxPayload: base.maxPayload,
    append(subject, ...rest) {
      each('append', '', [subject]);
      return base.append(subject, ...rest);
    },
    appendChain(subject, ...rest) {
      each('append', '', [subject]);
      return base.appendChain(subject, ...rest);
    },
    last(stream, subject, ...rest) {
      each('last', stream, [subject]);
      return base.last(stream, subject, ...rest);
    },
    lastOfEach(stream, subjects) {
      each('lastOfEach', stream, subjects);
      return base.lastOfEach(stream, subjects);
    },
    batch(query) {
      each('batch', query.stream, ['']);
      return base.batch(query);
    },
    read(options) {
      each('read', options.stream, options.subjects);
      return base.read(options);
    },
    purge(stream, subject, ...rest) {
      each('purge', stream, [subject]);
      return base.purge(stream, subject, ...rest);
    },
    state(stream) {
      each('state', stream, ['']);
      return base.state(stream);
    },
  };
}
