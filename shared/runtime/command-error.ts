/** The command cannot do its work; the message says why and what to do. Exit code 2. */
export class CommandError extends Error {
  readonly code = 'command';
}
