/**
 * JSON texts with every number kept as it was written: a default of 9223372036854775807 or 1.0 must come back as it
 * went in, and two schemas that differ only there are two schemas. Pure.
 */

/** A number that a double would not give back digit by digit. JSON.stringify writes the digits. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Not in TypeScript's library yet; Node, Bun and Deno have them. */
const json: JSON & { rawJSON?(text: string): RawNumber; isRawJSON?(value: unknown): boolean } = JSON;

/** Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  return json.parse(text, (_name: string, value: unknown, context?: { readonly source?: string }) => {
    const digits = context?.source;
    return typeof value === 'number' && digits !== undefined && digits !== String(value)
      ? (json.rawJSON?.(digits) ?? value)
      : value;
  });
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON?.(value) ?? false;
}
