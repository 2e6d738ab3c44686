/**
 * SASL OAUTHBEARER (RFC 7628) for kafkajs. Its own takes the broker's refusal for a login, and fails later with words
 * about something else: a broker refuses a token by an answer with text, where it says yes by an empty one.
 */
import type { Mechanism } from 'kafkajs';
import { KafkaLoginError, type TokenSource } from './token-source.ts';

const LENGTH_BYTES = 4;

export function oauthBearer(tokens: TokenSource): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const token = await tokens.token();
        const refusal = await saslAuthenticate<string>({
          request: { encode: () => withLength(`n,,\u0001auth=Bearer ${token}\u0001\u0001`) },
          response: { decode: (answer) => answer, parse: (answer) => readRefusal(answer) },
        });
        if (!refusal) return;
        tokens.forget();
        throw new KafkaLoginError(
          `Kafka refuses the token of KAFKA_OAUTH_CLIENT_ID (${refusal}): check KAFKA_OAUTH_SCOPE, the audience and issuer that the broker expects, and the clocks of all three`,
          false,
        );
      },
    }),
  };
}

/** The status in `{"status":"invalid_token"}`; empty when the broker has said yes. */
function readRefusal(answer: Buffer): string {
  const text = answer.subarray(LENGTH_BYTES).toString();
  return /"status"\s*:\s*"([\w-]+)"/.exec(text)?.[1] ?? (text === '' ? '' : 'no reason given');
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
