/**
 * What another set of routes changes, topic by topic: only what changed needs to begin again. Pure.
 *
 * Invariants (tested in route-changes.test.ts):
 * 1. A topic is unchanged exactly when the same would become of its records: where its route stands in the file, and
 *    whether its name or a regular expression took it, makes no difference.
 * 2. Going from old to new and back again turns added into removed, and each change around.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Route, routeOf } from './routes.ts';

export type TopicChange =
  | { readonly change: 'unchanged'; readonly route: Route }
  | { readonly change: 'changed'; readonly from: Route; readonly to: Route }
  | { readonly change: 'added'; readonly to: Route }
  | { readonly change: 'removed'; readonly from: Route };

/** For each of these topics that either set of routes takes. `topics`: those in Kafka. */
export function routeChanges(
  former: readonly Route[],
  next: readonly Route[],
  topics: Iterable<string>,
): ReadonlyMap<string, TopicChange> {
  const changes = new Map<string, TopicChange>();
  for (const topic of topics) {
    const change = changeOf(routeOf(former, topic), routeOf(next, topic));
    if (change) changes.set(topic, change);
  }
  return changes;
}

function changeOf(from: Route | undefined, to: Route | undefined): TopicChange | undefined {
  if (!from) return to && { change: 'added', to };
  if (!to) return { change: 'removed', from };
  return isSameTreatment(from, to) ? { change: 'unchanged', route: to } : { change: 'changed', from, to };
}

function isSameTreatment(from: Route, to: Route): boolean {
  return isDeepStrictEqual(treatment(from), treatment(to));
}

/** All of a route but the topics it takes; a member that is absent and one that is undefined are the same. */
function treatment(route: Route): Readonly<Record<string, unknown>> {
  const { topic: _topic, topicFilter: _filter, ...rest } = route;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}
