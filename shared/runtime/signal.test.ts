import { describe, expect, test } from 'vitest';
import { Signal } from './signal.ts';

const LONG_MS = 3_600_000;

/** True when the promise is settled by now, without a timer having gone off. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return done;
}

describe('a signal', () => {
  test('wakes everyone who waits', async () => {
    const signal = new Signal();
    const waits = [signal.wait(), signal.wait()];
    expect(await isDone(waits[0]!)).toBe(false);
    signal.raise();
    await Promise.all(waits);
    expect(await isDone(signal.wait())).toBe(false); // who was woken took the raise
  });

  test('that was raised before makes one wait return at once, however often it was raised', async () => {
    const signal = new Signal();
    signal.raise();
    signal.raise();
    await signal.wait();
    expect(await isDone(signal.wait())).toBe(false);
  });

  test('is raised by itself after a while', async () => {
    const signal = new Signal();
    signal.raiseWithin(1);
    await signal.wait();
    signal.raiseWithin(1);
    await signal.wait();
  });

  test('is raised at the earliest of the times asked for', async () => {
    const signal = new Signal();
    signal.raiseWithin(LONG_MS);
    signal.raiseWithin(1);
    signal.raiseWithin(LONG_MS);
    await signal.wait();
  });

  test('that is raised before its time is not raised again at it', async () => {
    const signal = new Signal();
    signal.raiseWithin(1);
    signal.raise();
    signal.raiseWithin(1);
    await signal.wait();
    const next = signal.wait();
    await new Promise((resolve) => setTimeout(resolve, 5)); // later than the timer that must not be there
    expect(await isDone(next)).toBe(false);
  });

  test('stops a wait that has a limit, and then a raise is for the next', async () => {
    const signal = new Signal();
    await signal.waitAtMost(1);
    signal.raise();
    expect(await isDone(signal.waitAtMost(LONG_MS))).toBe(true);
  });

  test('ends a wait that has a limit before it', async () => {
    const signal = new Signal();
    const wait = signal.waitAtMost(LONG_MS);
    signal.raise();
    await wait;
  });
});
