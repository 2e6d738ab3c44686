/** A value that can be no row, whatever the database says. The message is for people. */
export class RefusedValue extends Error {
  readonly code = 'refused-value';
}
