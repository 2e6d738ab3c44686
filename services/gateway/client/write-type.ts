/** A JSON Schema of the OpenAPI document as a TypeScript type. Pure; knows the words that the document uses, no more. */

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly default?: unknown;
}

export function writeType(schema: JsonSchema): string {
  const { $ref, type, allOf, anyOf = schema.oneOf } = schema;
  if ($ref !== undefined) return $ref.replace('#/components/schemas/', '');
  if (schema.enum) return schema.enum.map(writeLiteral).join(' | ');
  if (anyOf) return anyOf.map(writeType).join(' | ');
  if (allOf)
    return allOf
      .filter((part) => Object.keys(part).some(saysSomething))
      .map(writeType)
      .join(' & ');
  if (typeof type === 'object') return type.map((one) => writeType({ ...schema, type: one })).join(' | ');
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return writeArray(writeType(schema.items ?? {}));
    case 'object':
      return writeObject(schema);
    case undefined:
      return 'unknown';
    default:
      throw new Error(
        `Cannot write the type of a schema of type "${type}": teach services/gateway/client/write-type.ts`,
      );
  }
}

function saysSomething(word: string): boolean {
  return !['description', 'example', 'default'].includes(word);
}

function writeObject({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties).map(([name, schema]) =>
    writeMember(name, required.includes(name), writeType(schema), schema.description),
  );
  if (members.length > 0) return writeBlock(members);
  const values = typeof additionalProperties === 'object' ? writeType(additionalProperties) : 'unknown';
  return writeBlock([`readonly [name: string]: ${values};`]);
}

function writeArray(items: string): string {
  return /^\w+$/.test(items) ? `readonly ${items}[]` : `ReadonlyArray<${items}>`;
}

function writeLiteral(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);
}

/** A line for each, and more for those that have blocks in them. */
export function writeBlock(members: readonly string[]): string {
  return `{\n${members.join('\n').replaceAll(/^/gm, '  ')}\n}`;
}

export function writeComment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '* /')} */\n`;
}

export function writeMember(name: string, isRequired: boolean, type: string, description?: string): string {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : writeLiteral(name);
  return `${writeComment(description)}readonly ${key}${isRequired ? '' : '?'}: ${type};`;
}
