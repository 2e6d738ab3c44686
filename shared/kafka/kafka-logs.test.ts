/** What of kafkajs's lines is shown, and what errors are explained by. Invariant: see kafka-logs.ts. */
import { type LogEntry, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../telemetry/logger.ts';
import { explainKafkaError } from './explain-error.ts';
import { kafkaLogs } from './kafka-logs.ts';

describe('a line of kafkajs', () => {
  it.each([
    ['an error', logLevel.ERROR, 'Consumer', 'Crash: it broke', 'WARN'],
    ['a warning', logLevel.WARN, 'Fetcher', 'odd', 'WARN'],
    ['info', logLevel.INFO, 'ConsumerGroup', 'Consumer has joined the group', 'DEBUG'],
    ['what it repeats itself', logLevel.ERROR, 'Connection', 'Connection timeout', 'DEBUG'],
    [
      'a coordinator that is loading',
      logLevel.ERROR,
      'Consumer',
      "Crash: KafkaJSNumberOfRetriesExceeded: The coordinator is loading and hence can't process requests for this group",
      'DEBUG',
    ],
    ['its restart', logLevel.ERROR, 'Consumer', 'Restarting the consumer in 300ms', 'DEBUG'],
    ['a rebalance', logLevel.WARN, 'Runner', 'The group is rebalancing, so a rejoin is needed', 'DEBUG'],
  ])('%s', (_, level, namespace, message, shown) => {
    expect(linesOf(level, namespace, message).join()).toContain(`${shown}`);
  });

  it('shows its message, its error and what to check, and nothing else (1)', () => {
    const secret = { payload: 's3cret', data: { authBytes: 's3cret' } };
    const [line = ''] = linesOf(logLevel.ERROR, 'SaslAuthenticator-PLAIN', 'SASL PLAIN authentication failed', {
      error: 'refused',
      ...secret,
    });
    expect(line).toContain(
      'kafkajs SaslAuthenticator-PLAIN: SASL PLAIN authentication failed error=refused advice="check',
    );
    expect(line).not.toContain('s3cret');
  });
});

describe('an error', () => {
  it('is told once, however often it was wrapped', () => {
    const inner = new Error('Connection error: connect ECONNREFUSED 10.0.0.1:9092');
    const outer = new Error(inner.message, { cause: new Error(inner.message, { cause: new Error('other') }) });
    expect(explainKafkaError(outer)).toBe(
      'Connection error: connect ECONNREFUSED 10.0.0.1:9092, because: other; check KAFKA_BOOTSTRAP_SERVERS, and that the broker runs',
    );
  });

  it('loses what OpenSSL says of its own sources', () => {
    const text =
      'Connection error: 409D845DBF7F0000:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../deps/openssl/rec_layer_s3.c:918:SSL alert number 42\n';
    expect(explainKafkaError(new Error(text))).toMatch(
      /^Connection error: ssl\/tls alert bad certificate; the broker wants/,
    );
  });

  it('that is not known is left in its own words', () => {
    expect(explainKafkaError(new Error('the moon is full'))).toBe('the moon is full');
    expect(explainKafkaError('text')).toBe('text');
    expect(explainKafkaError(new TypeError())).toBe('TypeError');
  });
});

function linesOf(level: logLevel, namespace: string, message: string, more: object = {}): string[] {
  const lines: string[] = [];
  const logger = createLogger('test', 'debug', (line) => void lines.push(line));
  const log = { timestamp: '', logger: 'kafkajs', message, ...more };
  const entry: LogEntry = { namespace, level, label: '', log };
  kafkaLogs(logger)(logLevel.DEBUG)(entry);
  return lines;
}
