/**
 * Whether a value is what a JSON Schema says, as far as the document uses it. Written for the tests alone, so that the
 * gateway's answers are not judged by the library that made the document of its schemas.
 *
 * Invariants (json-schema.test.ts):
 * 1. An object has no member that the schema does not name, whether it says so or not; one of which it names none may
 *    have any.
 * 2. A keyword that is not known here is a fault, not overlooked.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
}
export type Schemas = Readonly<Record<string, JsonSchema>>;

const CHECKED = [
  ...['$ref', 'type', 'properties', 'required', 'additionalProperties', 'items', 'anyOf', 'enum', 'minimum', 'maximum'],
  ...['minLength', 'maxLength', 'maxItems', 'pattern', 'format'],
];
const SAYS_NOTHING = ['description', 'example', 'default'];
const KNOWN: ReadonlySet<string> = new Set([...CHECKED, ...SAYS_NOTHING]);

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
};

/** What is wrong, each with its place; empty: nothing is. */
export function faultsOf(schema: JsonSchema, value: unknown, schemas: Schemas, at = '$'): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  if (unknown.length > 0) return [`${at}: the schema has ${unknown.join(', ')}, which this check does not know`];
  if (schema.$ref !== undefined) {
    const named = schemas[schema.$ref.split('/').at(-1) ?? ''];
    return named ? faultsOf(named, value, schemas, at) : [`${at}: there is no ${schema.$ref}`];
  }
  if (schema.anyOf) {
    const each = schema.anyOf.map((one) => faultsOf(one, value, schemas, at));
    return each.some((faults) => faults.length === 0) ? [] : [`${at}: none of ${JSON.stringify(each)}`];
  }
  if (!hasType(schema.type, value)) return [`${at}: ${JSON.stringify(value)} is no ${String(schema.type)}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${JSON.stringify(value)} is not of the list`];
  if (typeof value === 'string') return textFaults(schema, value, at);
  if (typeof value === 'number') return numberFaults(schema, value, at);
  if (Array.isArray(value)) return arrayFaults(schema, value, schemas, at);
  return typeof value === 'object' && value !== null ? objectFaults(schema, value, schemas, at) : [];
}

function hasType(type: JsonSchema['type'], value: unknown): boolean {
  return type === undefined || [type].flat().some((name) => isOf(String(name), value));
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function textFaults({ minLength = 0, maxLength, pattern, format }: JsonSchema, text: string, at: string): string[] {
  const length = [...text].length;
  const wanted = format === undefined ? undefined : (FORMATS[format] ?? /^\b$/);
  return [
    ...(length < minLength || length > (maxLength ?? length) ? [`${at}: ${length} characters`] : []),
    ...(pattern !== undefined && !new RegExp(pattern, 'u').test(text) ? [`${at}: "${text}" is not ${pattern}`] : []),
    ...(wanted && !wanted.test(text) ? [`${at}: "${text}" is no ${format}`] : []),
  ];
}

function numberFaults({ minimum, maximum }: JsonSchema, value: number, at: string): string[] {
  return value < (minimum ?? value) || value > (maximum ?? value) ? [`${at}: ${value} is out of range`] : [];
}

function arrayFaults(schema: JsonSchema, values: readonly unknown[], schemas: Schemas, at: string): string[] {
  const { items = {}, maxItems = values.length } = schema;
  const each = values.flatMap((value, n) => faultsOf(items, value, schemas, `${at}[${n}]`));
  return values.length > maxItems ? [`${at}: ${values.length} items`, ...each] : each;
}

function objectFaults(schema: JsonSchema, value: object, schemas: Schemas, at: string): string[] {
  const { properties = {}, required = [], additionalProperties: rest = schema.properties ? false : {} } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}: has no ${name}`);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property) return faultsOf(property, member, schemas, `${at}.${name}`);
    return typeof rest === 'object' ? faultsOf(rest, member, schemas, `${at}.${name}`) : [`${at}: ${name} is extra`];
  });
  return [...missing, ...members];
}
