/**
 * Log lines for people: `12:00:01.123 INFO  sales: message key=value`, time in UTC.
 * It owns the format and the two output streams (stdout; stderr for warnings and errors). It does not own levels by
 * component, rotation or shipping: the launcher keeps the files.
 *
 * Invariants (tested in logger.test.ts):
 * 1. One call is one line, whatever is in the message or the fields.
 * 2. Logging never throws, also not for circular values, throwing getters and a closed pipe.
 * 3. Fields named like a secret and the userinfo of URLs are not shown, at any depth.
 */
import { isSecretName, REDACTED, redactUrls } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;
type Write = (line: string) => void;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const LABEL: Readonly<Record<LogLevel, string>> = { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' };
const MAX_CAUSES = 5;

/** `write` is for tests; without it lines go to the process's own streams. */
export function createLogger(component: string, level: LogLevel = 'info', write?: Write): Logger {
  const at = (lineLevel: LogLevel) => (message: string, fields?: LogFields) => {
    if (ORDER[lineLevel] < ORDER[level]) return;
    try {
      const line = formatLine(new Date(), lineLevel, component, message, fields);
      if (write) write(line);
      else writeTo(ORDER[lineLevel] >= ORDER.warn ? process.stderr : process.stdout, line);
    } catch {
      // Invariant 2: a line that cannot be written is not worth a crash.
    }
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The line without its newline. */
export function formatLine(
  time: Date,
  level: LogLevel,
  component: string,
  message: string,
  fields?: LogFields,
): string {
  let line = `${time.toISOString().slice(11, 23)} ${LABEL[level]} ${component}: ${message}`;
  for (const name in fields) line += showField(name, fields);
  return oneLine(redactUrls(line));
}

/** `Cannot open "x": no such file` with the messages of its causes: what a log needs, without the stack. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined && current !== null; depth++) {
    parts.push(current instanceof Error ? current.message || current.name : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(', because: ');
}

function showField(name: string, fields: LogFields): string {
  if (isSecretName(name)) return ` ${name}=${REDACTED}`;
  try {
    const value = fields[name];
    return value === undefined ? '' : ` ${name}=${showValue(value)}`;
  } catch {
    return ` ${name}=[unprintable]`;
  }
}

function showValue(value: unknown): string {
  if (value instanceof Error) return quoteIfNeeded(describeError(value));
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, replaceSecret) ?? 'undefined';
  return quoteIfNeeded(String(value));
}

function quoteIfNeeded(text: string): string {
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

function replaceSecret(name: string, value: unknown): unknown {
  if (name !== '' && isSecretName(name)) return REDACTED;
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? describeError(value) : value;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, (char) => JSON.stringify(char).slice(1, -1));
}

function writeTo(stream: NodeJS.WriteStream, line: string): void {
  // Without a listener, EPIPE from a reader that has gone (a killed launcher) would end the process.
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  stream.write(`${line}\n`);
}
