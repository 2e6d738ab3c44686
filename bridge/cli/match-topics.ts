/**
 * Routes against the topics that Kafka has: who takes what, and what looks like a slip of the pen. Pure.
 */
import { filterOf, type Route, routeOf, takes } from '../../shared/config/routes.ts';
import { covers, isReserved, topicPattern } from '../../shared/config/topic-filter.ts';

export interface RouteMatch {
  /** As the routes file has it. */
  readonly topic: string;
  readonly decoder: string;
  /** Of its events; a mirror has none. */
  readonly kind?: string;
  readonly topics: readonly string[];
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export interface TopicMatches {
  readonly routes: readonly RouteMatch[];
  /** Topics that no route takes, internal ones left out; `near`: a route that may have been meant for it. */
  readonly unrouted: readonly { readonly topic: string; readonly near?: string }[];
}

export function matchTopics(routes: readonly Route[], topics: readonly string[]): TopicMatches {
  const sorted = [...topics].sort();
  const unrouted = sorted.filter((topic) => routeOf(routes, topic) === undefined && !topic.startsWith('_'));
  return {
    routes: routes.map((route) => matchRoute(route, routes, sorted, unrouted)),
    unrouted: unrouted.map((topic) => {
      const near = routes.find((route) => nearMiss(route, topic) !== undefined)?.topic;
      return { topic, ...(near !== undefined && { near }) };
    }),
  };
}

function matchRoute(
  route: Route,
  routes: readonly Route[],
  topics: readonly string[],
  unrouted: readonly string[],
): RouteMatch {
  const taken = topics.filter((topic) => routeOf(routes, topic) === route);
  const problems: string[] = [];
  const notes: string[] = [];
  const shadowed = topics.filter((topic) => takes(route, topic) && routeOf(routes, topic) !== route);
  if (taken.length === 0 && shadowed.length > 0)
    problems.push(`it takes nothing: a route before it takes ${list(shadowed)}; put it before that one`);
  else if (shadowed.length > 0) notes.push(`a route before it takes ${list(shadowed)}`);
  for (const topic of unrouted) {
    const why = nearMiss(route, topic);
    if (why === undefined) continue;
    // A topic of the very name is there, so the other one is another topic.
    if (taken.length > 0 && !topicPattern(route.topic)) notes.push(`it does not take "${topic}": ${why}`);
    else problems.push(`it does not take "${topic}": ${why}`);
  }
  if (taken.length === 0 && problems.length === 0) notes.push('Kafka has no topic for it yet');
  const kind = route.decoder === 'raw' ? undefined : route.kind;
  return { topic: route.topic, decoder: route.decoder, ...(kind && { kind }), topics: taken, problems, notes };
}

/** Why a route that may have been meant for a topic does not take it; undefined: it was not meant for it. */
function nearMiss(route: Route, topic: string): string | undefined {
  const pattern = topicPattern(route.topic);
  if (!pattern) return isAlike(route.topic, topic) ? 'the names are alike, but not the same' : undefined;
  if (pattern.test(topic)) {
    if (isReserved(topic)) return undefined; // on purpose
    return `the expression matches it, but the route's topicFilter "${filterOf(route)}" does not cover it`;
  }
  if (route.decoder === 'raw') return undefined;
  return covers(filterOf(route), topic)
    ? "the route's topicFilter covers it, but its expression does not match"
    : undefined;
}

/** The same but for case and separators, or one or two characters off. */
export function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => name.toLowerCase().replaceAll(/[._-]/g, '')) as [string, string];
  if (a === b) return true;
  const most = Math.min(a.length, b.length) < 6 ? 1 : 2;
  return Math.abs(a.length - b.length) <= most && distance(a, b, most) <= most;
}

/** Levenshtein's; any number above `most` stands for too many. */
function distance(a: string, b: string, most: number): number {
  let former = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let at = 1; at <= b.length; at++) {
      const change = (former[at - 1] ?? 0) + (a[row - 1] === b[at - 1] ? 0 : 1);
      current.push(Math.min(change, (former[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1));
    }
    if (Math.min(...current) > most) return most + 1;
    former = current;
  }
  return former[b.length] ?? 0;
}

function list(topics: readonly string[]): string {
  const shown = topics.slice(0, 3).map((topic) => `"${topic}"`);
  return topics.length > 3 ? `${shown.join(', ')} and ${topics.length - 3} more` : shown.join(', ');
}
