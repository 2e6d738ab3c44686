/**
 * Texts of the mesh as JSON literals: exact decimals as numbers, ids as numbers where they are numbers.
 * No value goes through floating-point arithmetic: digits are moved as text.
 */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/;

/** "1250.50" to 1250.5, "1500.00" to 1500.0: at least one fraction digit, and none without need. */
export function decimalLiteral(text: string): string {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError(`Cannot write ${JSON.stringify(text)} as a number: expected a decimal like "12.50"`);
  const [, sign = '', whole = '', fraction = ''] = match;
  return `${sign}${whole.replace(/^0+(?=\d)/, '')}.${fraction.replace(/0+$/, '') || '0'}`;
}

/** "42" to 42; "a-7", "007" and what is beyond 2^53 stay text: as numbers they would not come back as they were. */
export function idLiteral(id: string): string {
  return INTEGER.test(id) && Number.isSafeInteger(Number(id)) ? id : JSON.stringify(id);
}

/** "2024-06-01T00:00:00Z" to "2024-06-01T00:00:00": UTC, without saying so, as the original has it. */
export function zonelessTime(time: string): string {
  return time.endsWith('Z') ? time.slice(0, -1) : time;
}
