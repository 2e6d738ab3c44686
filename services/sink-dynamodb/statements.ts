/**
 * The guarded statements of a table, in PartiQL: what BatchWriteItem cannot do, for it takes no conditions (ADR 9).
 *
 * Invariants (dynamodb-target.int.test.ts, frozen-writer.fault.test.ts):
 * 1. `update` changes an item that is there and older, and nothing else; `insert` makes one that is not there.
 *    Whoever sends them, however often and however late: an item never goes back.
 * 2. After either, the item has exactly the attributes given, of those the table shape names.
 */
import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';
import type { ResultTable } from './tables.ts';

interface Texts {
  readonly update: string;
  readonly insert: string;
}

export class Statements {
  readonly #tableName: string;
  readonly #table: ResultTable;
  /** By the attributes an item has: a handful of forms a table. */
  readonly #texts = new Map<string, Texts>();

  constructor(tableName: string, table: ResultTable) {
    this.#tableName = tableName;
    this.#table = table;
  }

  update({ key, attributes, version, source }: Item): BatchStatementRequest {
    const Parameters: AttributeValue[] = [];
    const form = this.#present(attributes, Parameters);
    Parameters.push(key, version);
    if (source) Parameters.push(source);
    // The item that stands in the way comes back: none means that there is none, for no more reads.
    return { Statement: this.#textsOf(form).update, Parameters, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  }

  insert({ key, attributes }: Item): BatchStatementRequest {
    const Parameters: AttributeValue[] = [];
    const form = this.#present(attributes, Parameters);
    Parameters.push(key);
    return { Statement: this.#textsOf(form).insert, Parameters };
  }

  /** Adds the values, in the order of the table's attributes, and says which are there: `0110...`. */
  #present(attributes: Item['attributes'], parameters: AttributeValue[]): string {
    let form = '';
    for (const name of this.#table.attributes) {
      const value = attributes[name];
      if (value) parameters.push(value);
      form += value ? '1' : '0';
    }
    return form;
  }

  #textsOf(form: string): Texts {
    let texts = this.#texts.get(form);
    if (!texts) {
      texts = this.#write(form);
      this.#texts.set(form, texts);
    }
    return texts;
  }

  #write(form: string): Texts {
    const { attributes, key, isShared } = this.#table;
    const present = attributes.filter((_, at) => form[at] === '1');
    const absent = attributes.filter((_, at) => form[at] === '0');
    const changes = [...present.map((name) => `SET "${name}"=?`), ...absent.map((name) => `REMOVE "${name}"`)];
    const guard = `"${key.attribute}"=? AND "kv_version"<?${isShared ? ' AND "source"=?' : ''}`;
    const members = [...present, key.attribute].map((name) => `'${name}':?`);
    return {
      update: `UPDATE "${this.#tableName}" ${changes.join(' ')} WHERE ${guard}`,
      insert: `INSERT INTO "${this.#tableName}" VALUE {${members.join(',')}}`,
    };
  }
}
