/** A doubly linked list whose links can be taken out of the middle: a Map's first entry costs a walk over its holes. */
export interface Link<V> {
  readonly value: V;
  previous: Link<V> | undefined;
  next: Link<V> | undefined;
}

export class LinkedList<V> {
  first: Link<V> | undefined;
  last: Link<V> | undefined;
  size = 0;

  append(value: V): Link<V> {
    return this.insertAfter(this.last, value);
  }

  /** `undefined`: as the first. */
  insertAfter(previous: Link<V> | undefined, value: V): Link<V> {
    const next = previous ? previous.next : this.first;
    const link = { value, previous, next };
    if (previous) previous.next = link;
    else this.first = link;
    if (next) next.previous = link;
    else this.last = link;
    this.size++;
    return link;
  }

  /** The link keeps its own ends, so that a walk that stands on it can go on. */
  remove(link: Link<V>): void {
    if (link.previous) link.previous.next = link.next;
    else this.first = link.next;
    if (link.next) link.next.previous = link.previous;
    else this.last = link.previous;
    this.size--;
  }
}
