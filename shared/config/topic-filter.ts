/**
 * Which topics a route names: exact names, regular expressions, and the filters by which stages subscribe.
 *
 * Owns: matching names and filters. Does not own: which of several routes a topic takes (routes.ts).
 *
 * Invariants (tested in topic-filter.test.ts):
 * 1. A filter covers another when every topic of the other is its topic too; filters overlap when they share a topic.
 * 2. A regular expression never takes a reserved topic, whatever it says.
 */

/** Topics that Weir writes. Read back by a regular expression, its results would be its input. */
export const WEIR_TOPICS: readonly string[] = ['analytics', 'maip.analytics.aggregations', 'maip.anomaly.detected'];

/** Topics that only an exact name takes: Weir's own, and those of Kafka and its tools (`__consumer_offsets`, `_schemas`). */
export function isReserved(topic: string): boolean {
  return topic.startsWith('_') || WEIR_TOPICS.includes(topic);
}

const compiled = new Map<string, RegExp>();

/** The regular expression of a route's topic, over whole names; undefined for an exact name. Throws SyntaxError. */
export function topicPattern(topic: string): RegExp | undefined {
  if (topic.length <= 2 || !topic.startsWith('/') || !topic.endsWith('/')) return undefined;
  let pattern = compiled.get(topic);
  if (!pattern) {
    pattern = new RegExp(`^(?:${topic.slice(1, -1)})$`);
    compiled.set(topic, pattern);
  }
  return pattern;
}

/** True when the name, or every name of the other filter, is one of this filter's: `*` stands for one token. */
export function covers(filter: string, other: string): boolean {
  return tokenwise(filter, other, (mine, theirs) => mine === '*' || mine === theirs);
}

/** True when some name is of both filters. */
export function overlap(one: string, other: string): boolean {
  return tokenwise(one, other, (mine, theirs) => mine === '*' || theirs === '*' || mine === theirs);
}

function tokenwise(one: string, other: string, agree: (mine: string, theirs: string) => boolean): boolean {
  const mine = one.split('.');
  const theirs = other.split('.');
  return mine.length === theirs.length && mine.every((token, at) => agree(token, theirs[at] ?? ''));
}
