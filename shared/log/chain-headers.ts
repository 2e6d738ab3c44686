/**
 * The headers of a chain's messages, written as text: a general header object costs more than the rest of a publish.
 *
 * Each message names itself, and what the stream must end with when it arrives.
 */
import { MsgHdrsImpl } from '@nats-io/nats-core';
import { type ChainedMessage, type ChainStart, MESSAGE_ID_HEADER } from './log.ts';

/** Headers that are encoded already. */
export class EncodedHeaders extends MsgHdrsImpl {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override encode(): Uint8Array {
    return this.#bytes;
  }
}

/** Hot path: once a message. */
export function encodeChain(after: ChainStart, messages: readonly ChainedMessage[]): Uint8Array[] {
  let expected =
    after.kind === 'seq' ? `Nats-Expected-Last-Sequence: ${after.seq}` : `Nats-Expected-Last-Msg-Id: ${after.id}`;
  return messages.map(({ id, head }) => {
    const text = `NATS/1.0\r\n${MESSAGE_ID_HEADER}: ${id}\r\n${expected}\r\n${head}\r\n`;
    expected = `Nats-Expected-Last-Msg-Id: ${id}`;
    return Buffer.from(text);
  });
}
