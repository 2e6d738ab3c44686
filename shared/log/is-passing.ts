/**
 * The one classifier of NATS errors: does it pass by itself? Yes for a server that is away, starting or electing a
 * leader; no for a fault of ours or of the set-up. By name, for an error may come from another copy of the library.
 */

export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  switch (error.name) {
    case 'TimeoutError':
    case 'NoResponders': // nobody serves the subject (yet); a missing stream looks like one without a leader
    case 'ConnectionError':
    case 'ClosedConnectionError':
    case 'DrainingConnectionError':
    case 'JetStreamNotEnabled': // what a server says that is still starting
      return true;
    case 'RequestError': // only a wrapping: what it wraps decides, and a lost connection wraps nothing
      return error.cause === undefined || isPassing(error.cause);
    case 'JetStreamApiError': // 503: no leader, no quorum, out of resources
      return 'status' in error && typeof error.status === 'number' && error.status >= 500;
    case 'JetStreamStatusError': // 408: the request expired; 503: no responders
      return 'code' in error && typeof error.code === 'number' && (error.code >= 500 || error.code === 408);
    default:
      return false;
  }
}

/** Nobody serves the subject of a request: also when what would serve it is starting, or electing a leader. */
export function hasNoResponder(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'NoResponders' || (error.name === 'RequestError' && hasNoResponder(error.cause));
}
