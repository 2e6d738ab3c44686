import { describe, expect, it } from 'vitest';
import { nextFreePort } from './free-port.ts';

const except =
  (...busy: number[]) =>
  async (port: number) =>
    !busy.includes(port);

describe('nextFreePort', () => {
  it('gives the wanted port when it is free', async () => {
    expect(await nextFreePort(4222, new Set(), except())).toBe(4222);
  });

  it('gives the next one that is neither busy nor already given', async () => {
    const taken = new Set([4223]);
    expect(await nextFreePort(4222, taken, except(4222, 4224))).toBe(4225);
    expect(taken.has(4225)).toBe(true);
    expect(await nextFreePort(4222, taken, except(4222, 4224))).toBe(4226);
  });

  it('says what it tried when nothing is free, and never leaves the range of ports', async () => {
    const none = async () => false;
    await expect(nextFreePort(65_500, new Set(), none)).rejects.toThrow('from "65500" to "65535"');
  });
});
