/**
 * The orders every row works on, as Debezium writes inserts into a table (schema-less envelope, about 420 bytes). Pure:
 * the number of an order decides everything about it.
 */

export const CUSTOMERS = 100_000;
export const KAFKA_PARTITIONS = 4;

export interface OrderFacts {
  /** 0, 1, 2 ... */
  readonly number: number;
  readonly customer: number;
  /** Event time, ms. */
  readonly t: number;
}

/** Uniform, by a hash of the number: some customers buy more often than others, as by chance. */
export function customerOf(number: number): number {
  const once = Math.imul(number ^ (number >>> 16), 0x45d9f3b);
  const twice = Math.imul(once ^ (once >>> 16), 0x45d9f3b);
  return 1 + (((twice ^ (twice >>> 16)) >>> 0) % CUSTOMERS);
}

/** The Kafka record's value. */
export function orderEnvelope({ number, customer, t }: OrderFacts): string {
  const amount = (5 + ((number * 37) % 39_500) / 100).toFixed(2);
  const lsn = 24_023_128 + number;
  return (
    `{"before":null,"after":{"order_id":${1_000_000 + number},"customer_id":${customer},"total_amount":"${amount}",` +
    `"status":"placed","order_date":${t * 1000}},"source":{"version":"2.7.0.Final","connector":"postgresql",` +
    `"name":"dbserver1","ts_ms":${t},"snapshot":"false","db":"shop","sequence":"[\\"24023119\\",\\"${lsn}\\"]",` +
    `"schema":"public","table":"orders","txId":${number},"lsn":${lsn},"xmin":null},"op":"c","ts_ms":${t},"transaction":null}`
  );
}

/** The Kafka record's key. */
export function orderKey(number: number): string {
  return `{"order_id":${1_000_000 + number}}`;
}
