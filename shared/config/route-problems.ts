/**
 * What is wrong with routes although each member is of its type: names that Kafka refuses, members that a route does
 * not have, routes that can never match, and routes whose events stages could not keep apart.
 *
 * Invariants (tested in routes-file.test.ts):
 * 1. Among accepted routes, the topics of different kinds never overlap: a stage would read another kind's events.
 * 2. Filters of one kind are equal, or one covers the other, or they share no topic: a consumer of overlapping
 *    subjects is refused by NATS.
 */
import type { Route } from './routes.ts';
import { filterOf, takes } from './routes.ts';
import { foreignMembers, type GivenRoute, membersOf } from './routes-schema.ts';
import { covers, overlap, topicPattern } from './topic-filter.ts';

export interface Problem {
  /** Below the file: `['routes', 0, 'topic']`. */
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** The first problem of a route by itself. */
export function routeProblem(route: GivenRoute, at: number): Problem | undefined {
  const problem = topicProblem(route) ?? memberProblem(route);
  return problem && { path: ['routes', at, ...problem.path], text: problem.text };
}

function topicProblem({ topic, topicFilter, decoder }: GivenRoute): Problem | undefined {
  if (!topic.startsWith('/')) {
    if (topicFilter !== undefined)
      return { path: ['topicFilter'], text: 'only a topic that is a /regular expression/ has one; leave it out' };
    return isTopicName(topic)
      ? undefined
      : { path: ['topic'], text: `"${topic}" is no Kafka topic name; a regular expression stands between slashes` };
  }
  try {
    if (!topicPattern(topic)) return { path: ['topic'], text: `"${topic}" lacks its closing slash` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { path: ['topic'], text: `"${topic}" is no regular expression (${why}); correct it` };
  }
  return decoder === 'raw' ? undefined : filterProblem(topicFilter);
}

function filterProblem(filter: string | undefined): Problem | undefined {
  const path = ['topicFilter'];
  if (filter === undefined)
    return {
      path,
      text: 'a regular expression needs one, or no stage sees its topics; for example "dbserver1.*.orders"',
    };
  const isFilter = filter.split('.').every((token) => token === '*' || /^[A-Za-z0-9_-]+$/.test(token));
  return isFilter
    ? undefined
    : {
        path,
        text: `"${filter}" is no filter; write a topic's name with * for whole tokens, as in "dbserver1.*.orders"`,
      };
}

function isTopicName(topic: string): boolean {
  return /^[A-Za-z0-9._-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..';
}

function memberProblem(route: GivenRoute): Problem | undefined {
  const { decoder, kind = 'order', fields = {} } = route;
  const foreign = foreignMembers(decoder).find((name) => Object.hasOwn(route, name));
  if (foreign !== undefined)
    return {
      path: [foreign],
      text: 'a raw topic is kept as it is: it has topic and maxRecordBytes only; leave this out',
    };
  const known = membersOf(kind);
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  return { path: ['fields', unknown], text: `kind "${kind}" has no such member; it has ${known.join(', ')}` };
}

/** What is wrong with routes beside one another. */
export function problemsTogether(routes: readonly Route[]): Problem[] {
  return routes.flatMap((route, at) => {
    const former = routes.slice(0, at);
    const problem = unreachable(route, former) ?? mixed(route, former);
    return problem ? [{ path: ['routes', at, ...problem.path], text: problem.text }] : [];
  });
}

function unreachable(route: Route, former: readonly Route[]): Problem | undefined {
  const by = former.findIndex((other) =>
    topicPattern(route.topic) ? takesAll(other, route) : takes(other, route.topic),
  );
  if (by < 0) return undefined;
  const text = `"${route.topic}" can never match: routes[${by}] ("${former[by]?.topic}") takes its topics first; put this route before that one, or remove it`;
  return { path: ['topic'], text };
}

/** True when this regular expression takes all topics of that one, as far as one can tell by looking. */
function takesAll(first: Route, then: Route): boolean {
  if (first.topic !== then.topic && !['/.*/', '/.+/'].includes(first.topic)) return false;
  return first.decoder === 'raw' || (then.decoder !== 'raw' && covers(filterOf(first), filterOf(then)));
}

function mixed(route: Route, former: readonly Route[]): Problem | undefined {
  if (route.decoder === 'raw') return undefined;
  const mine = filterOf(route);
  const path = [route.topicFilter === undefined ? 'topic' : 'topicFilter'];
  for (const [at, other] of former.entries()) {
    if (other.decoder === 'raw' || !overlap(filterOf(other), mine)) continue;
    const both = `"${mine}" and routes[${at}] ("${filterOf(other)}") share topics`;
    if (other.kind !== route.kind)
      return {
        path,
        text: `${both}, and stages of kind ${route.kind} would read events of kind ${other.kind}; narrow topicFilter`,
      };
    if (!covers(filterOf(other), mine) && !covers(mine, filterOf(other)))
      return { path, text: `${both}, and neither has all of the other's; give both one topicFilter that covers both` };
  }
  return undefined;
}
