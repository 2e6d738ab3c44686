/** Ids that mean something to NATS, to a file system, to HTTP, to JavaScript or to nobody. */

/** Texts that fit: to be percent-encoded. Each may be the id of something. */
export const HOSTILE_IDS: readonly string[] = [
  ...[
    '../..',
    '../../etc/passwd',
    '..\\..',
    'a/b',
    '/',
    '//',
    '.hidden',
    'a.b',
    'a..b',
    '.a',
    'a.',
    '%2e%2e%2f',
    '%',
    '%25',
    '%zz',
  ],
  ...[
    '>',
    '*',
    'a.>',
    '*.>',
    '$KV.x.>',
    '$KV.rfm.>',
    '$JS.API.>',
    '_INBOX.x',
    'p07.customer.42',
    '42.>',
    '=',
    '=2A',
    '=zz',
  ],
  ...[
    '\u0000',
    '42\u0000',
    'a\r\nX-Injected: 1',
    '\n',
    '\t',
    ' ',
    ' 42',
    '42 ',
    '\u007f',
    '\u0085',
    '\u2028',
    '\ufeff42',
  ],
  ...['e\u0301', 'é', '\u202e42', '\u200b42', 'ключ', '日本', '👩‍👩‍👧', '\u{10ffff}', '４２', '\ufffd', '\uffff'],
  ...[
    "'; DROP TABLE x; --",
    '"',
    '<script>alert(1)</script>',
    '{"a":1}',
    '[42]',
    '42,43',
    '?limit=1',
    '#x',
    'a&b=c',
    ';',
    '|',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'NaN',
    'true',
    '-1',
    '0',
    '1e3',
    '042',
    '+42',
    '0x2a',
  ],
  ...['99999999999999999999', 'x'.repeat(512), 'é'.repeat(256), '*'.repeat(512), '>'.repeat(512)],
];

/** Texts that no key can be made of. */
export const TOO_LONG_IDS: readonly string[] = [
  ...['x'.repeat(513), 'é'.repeat(257), '👩'.repeat(129), '>'.repeat(3_000), 'x'.repeat(10_000)],
];

/** Pieces of an address as they stand: they are no percent-encoded UTF-8, */
export const BROKEN_PIECES: readonly string[] = [
  ...[
    '%',
    '%z',
    '%zz',
    '%2',
    '%C3%28',
    '%FF',
    '%C0%AF',
    '%ED%A0%80',
    '%ED%A0%BD',
    '%F5%80%80%80',
    '42%',
    '%u002e',
    `${'x'.repeat(600)}%FF`,
  ],
];

/** or vanish, so that they name another path or none. */
export const VANISHING_PIECES: readonly string[] = [
  '',
  '.',
  '..',
  '%2e',
  '%2e%2e',
  '%2E.',
  '../..',
  '%2e%2e/%2e%2e',
  './/',
  '..\\',
];
