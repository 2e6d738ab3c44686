/**
 * What to check when Kafka cannot be reached: from what kafkajs, OpenSSL and brokers say to the setting that is wrong.
 * Total: what it does not know, it leaves in its own words. Runtimes word TLS errors differently, hence the patterns.
 */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /does not support the requested SASL mechanism|mechanism is not supported by the server/i,
    'set KAFKA_SASL_MECHANISM to one that this listener of the broker offers',
  ],
  [
    /SASL (PLAIN|SCRAM)\S* (\S+ )?authentication failed/i,
    'check KAFKA_USERNAME and KAFKA_PASSWORD, and that the user was made for this KAFKA_SASL_MECHANISM',
  ],
  [
    /self.signed certificate|unable to (verify the first|get (local )?issuer) certificate|UnknownIssuer|unknown (certificate )?issuer|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/i,
    "set KAFKA_SSL_CA to a PEM file of the CA that signed the broker's certificate",
  ],
  [
    /certificate (has expired|is not yet valid)|CERT_HAS_EXPIRED/i,
    "renew the broker's certificate, or check the clocks",
  ],
  [
    /altnames|ALTNAME_INVALID|NotValidForName|certificate not valid for name/i,
    "use a host name in KAFKA_BOOTSTRAP_SERVERS and in the broker's advertised.listeners that its certificate names",
  ],
  [
    /certificate.required|bad.certificate|alert handshake failure|alert unknown ca|alert certificate unknown|CertificateRequired|BadCertificate/i,
    'the broker wants a certificate of ours: set KAFKA_SSL_CERT and KAFKA_SSL_KEY to one of a CA that it trusts',
  ],
  [
    /wrong version number|packet length too long|before secure TLS connection|InvalidContentType|corrupt message/i,
    'this port of the broker speaks no TLS: check KAFKA_SECURITY_PROTOCOL and the port',
  ],
  [/not valid given the current SASL state/i, 'this port of the broker takes no login: unset it, or check the port'],
  [
    /\bClosed connection|Connection closed by the server|ApiVersions\S* .*timed out/,
    'this port of the broker may want TLS or a login: check KAFKA_SECURITY_PROTOCOL and the port',
  ],
  [/authorization failed|not authorized/i, 'give the user the right to it (Kafka ACLs)'],
  [/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|Connection timeout/i, 'check KAFKA_BOOTSTRAP_SERVERS, and that the broker runs'],
];

const MAX_CAUSES = 5;
/** `409D8:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../deps/...:918:SSL alert ...` */
const OPENSSL = /[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):.*$/s;

/** The error in words, with those of its causes that say something else, and what to check. */
export function explainKafkaError(error: unknown): string {
  const words = new Set<string>();
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined && current !== null; depth++) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    words.add(text.replace(OPENSSL, '$1').trim());
    current = current instanceof Error ? current.cause : undefined;
  }
  const said = [...words].join(', because: ');
  const advice = adviceFor(said);
  return advice === undefined ? said : `${said}; ${advice}`;
}

export function adviceFor(words: string): string | undefined {
  return ADVICE.find(([pattern]) => pattern.test(words))?.[1];
}
