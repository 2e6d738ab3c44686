/**
 * The times of the two oldest and the two newest events of a window, so that the first and the last stay right when
 * one of them is taken back. Exact unless both oldest, or both newest, are taken back. The order of adding is nothing.
 */

/** Ascending; of all events while they are four or fewer. Relative to the window's start: that makes short texts. */
export type EventTimes = number[];

const KEPT = 4;

/** Hot path: no sorting, for most events are the newest. */
export function addTime(times: EventTimes, time: number): void {
  if (times.length < KEPT) {
    insert(times, time);
    return;
  }
  const [oldest = 0, second = 0, secondNewest = 0, newest = 0] = times;
  if (time >= newest) {
    times[2] = newest;
    times[3] = time;
  } else if (time > secondNewest) times[2] = time;
  else if (time < oldest) {
    times[1] = oldest;
    times[0] = time;
  } else if (time < second) times[1] = time;
}

/** Removes a time if it is remembered; the only one stays, for those between are forgotten. */
export function removeTime(times: EventTimes, time: number): void {
  const at = times.indexOf(time);
  if (at >= 0 && times.length > 1) times.splice(at, 1);
}

function insert(times: EventTimes, time: number): void {
  let at = times.length;
  while (at > 0 && (times[at - 1] ?? 0) > time) at--;
  times.splice(at, 0, time);
}
