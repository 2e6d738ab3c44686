/** What a parameter of the document takes and what it does not, by its schema alone. */
import type { Parameter } from './_document.ts';
import type { JsonSchema } from './_json-schema.ts';

const NO_INTEGERS = [
  '',
  'x',
  '1.5',
  '1e2',
  ' 1',
  '1 ',
  '+1',
  '-1',
  '-0',
  '01',
  '0x10',
  '１',
  '1,2',
  'NaN',
  '9'.repeat(400),
];
const NO_TIMES = [
  ...['', 'x', '0', '1717200000', '2024-06-01', '2024-06-01T00:00:00', '2024-06-01 00:00:00Z', '2024-06-01T00:00:00z!'],
  ...['2024-13-01T00:00:00Z', '2024-02-30T00:00:00Z', '2024-06-01T25:00:00Z', '2024-06-01T00:61:00Z'],
  ...['2024-06-01T00:00:00+99:00', '+12024-06-01T00:00:00Z', '２024-06-01T00:00:00Z', '2024-06-01T00:00:00Z\n'],
];
/** Of texts with a syntax that the schema does not tell: cursors, lists of names, ids of events. */
const NO_SYNTAX = ['', '\u0000', 'x y', '💥', '\r\n', 'x'.repeat(10_000), '../../x', '<b>'];

export function badValues({ schema = {} }: Parameter): string[] {
  if (schema.enum) return notListed(schema.enum.map(String));
  if (schema.type === 'integer') return [...NO_INTEGERS, ...outOfRange(schema)];
  if (schema.format === 'date-time') return NO_TIMES;
  if (schema.pattern !== undefined) {
    const pattern = new RegExp(schema.pattern, 'u');
    return NO_SYNTAX.filter((text) => !pattern.test(text));
  }
  if (!isId(schema)) return NO_SYNTAX;
  const { maxLength = 0 } = schema;
  return ['', 'x'.repeat(maxLength + 1), 'é'.repeat(maxLength / 2 + 1), 'x'.repeat(10_000)];
}

export function goodValues({ schema = {} }: Parameter): string[] {
  const { minimum, maximum, example } = schema;
  if (schema.enum) return schema.enum.map(String);
  if (schema.type === 'integer') return [minimum, maximum, example].map(String);
  if (schema.format === 'date-time')
    return [String(example), '2024-06-01T02:00:00.125+02:00', '0000-01-01T00:00:00+14:00'];
  return [
    ...(example === undefined ? [] : [String(example)]),
    ...(isId(schema) ? ['x'.repeat(schema.maxLength ?? 0)] : []),
  ];
}

/** Whatever it is made of, it may be one. */
export function isId({ type, minLength, maxLength, pattern, enum: listed, format }: JsonSchema): boolean {
  const isFree = pattern === undefined && listed === undefined && format === undefined;
  return type === 'string' && isFree && minLength === 1 && maxLength !== undefined;
}

function notListed(values: readonly string[]): string[] {
  const [first = ''] = values.filter((value) => value !== '');
  const other = first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase();
  return [
    '',
    'nobody-knows',
    other,
    ` ${first}`,
    `${first},${first}`,
    `${first}\u0000`,
    '__proto__',
    'toString',
  ].filter((value) => !values.includes(value));
}

function outOfRange({ minimum, maximum }: JsonSchema): string[] {
  return [...(minimum === undefined ? [] : [minimum - 1]), ...(maximum === undefined ? [] : [maximum + 1])].map(String);
}
