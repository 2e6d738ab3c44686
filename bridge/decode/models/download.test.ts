import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../../shared/config/routes.ts';
import { decode, lines, NOW, only, refuses } from './_cases.ts';

/** Values are the same in Avro; how its bytes are read is tested with the decoder. */
const route: EventRoute = { ...routeDefaults('download', 'json'), topic: 'content-downloads' };
const good = {
  event_id: 'e-1',
  content_id: 'movie-7',
  user_id: 'u-1',
  region: 'eu-west',
  device_type: 'mobile',
  os: 'iOS',
  os_version: '17.4',
  status: 'SUCCESS',
  bytes: 1_000_000,
  duration_seconds: 12.5,
  speed_mbps: 45.3,
  timestamp: NOW - 1000,
};
const event = {
  t: NOW - 1000,
  k: 'movie-7',
  id: 'e-1',
  user: 'u-1',
  region: 'eu-west',
  device: 'mobile',
  os: 'iOS',
  osVersion: '17.4',
  status: 'SUCCESS',
  bytes: 1_000_000,
  seconds: 12.5,
  mbps: 45.3,
};

describe('a download', () => {
  it('is read, and is one line', () => {
    expect(only(decode(route, good))).toEqual(event);
    expect(lines(route, good)).toEqual([JSON.stringify(event)]);
  });
  it('that failed may know little; what was not measured is absent, not zero', () => {
    const failed = {
      event_id: 'e',
      content_id: 'c',
      status: 'failed',
      timestamp: NOW,
      speed_mbps: null,
      user_id: null,
    };
    const nothing = { user: '', region: '', device: '', os: '', osVersion: '', status: 'FAILED', bytes: 0 };
    expect(only(decode(route, failed))).toEqual({ t: NOW, k: 'c', id: 'e', ...nothing });
    expect(lines(route, failed)).toEqual([JSON.stringify({ t: NOW, k: 'c', id: 'e', ...nothing })]);
  });
  it('may have numbers for ids and versions, without losing a digit', () => {
    const text = JSON.stringify(good).replace('"u-1"', '9007199254740993').replace('"17.4"', '17');
    expect(only(decode(route, text))).toMatchObject({ user: '9007199254740993', osVersion: '17' });
  });
});

describe('a download with a bad value', () => {
  refuses(route, good, [
    ['content_id', undefined, 'missing-key'],
    ['content_id', {}, 'bad-id'],
    ['event_id', null, 'bad-id'],
    ['user_id', {}, 'bad-id'],
    ['region', {}, 'bad-value'],
    ['device_type', ['tv'], 'bad-value'],
    ['os', true, 'bad-value'],
    ['os_version', 'x'.repeat(1025), 'bad-value'],
    ['status', null, 'bad-value', 'SUCCESS, FAILED'],
    ['status', 'DONE', 'bad-value', '"DONE"'],
    ['bytes', 1.5, 'bad-value'],
    ['bytes', -1, 'bad-value', 'below zero'],
    ['duration_seconds', 'long', 'bad-value'],
    ['duration_seconds', -0.1, 'bad-value', 'below zero'],
    ['speed_mbps', {}, 'bad-value'],
    ['timestamp', null, 'bad-time'],
    ['timestamp', NOW / 1000, 'bad-time', 'timeUnit'],
  ]);
});

it('the line of any download parses to the event', () => {
  const text = fc.string({ maxLength: 20, unit: 'binary' });
  const measured = fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }));
  const any = fc.record({ user: text, region: text, device: text, os: text, osVersion: text, bytes: fc.maxSafeNat() });
  const property = fc.property(any, measured, measured, (made, seconds, mbps) => {
    const { user, region, device, os, osVersion, bytes } = made;
    const measures = { duration_seconds: seconds, speed_mbps: mbps };
    const record = {
      ...good,
      user_id: user,
      region,
      device_type: device,
      os,
      os_version: osVersion,
      bytes,
      ...measures,
    };
    const expected = { ...event, ...made, seconds: seconds ?? undefined, mbps: mbps ?? undefined };
    expect(JSON.parse(lines(route, record)[0] ?? '')).toEqual(JSON.parse(JSON.stringify(expected)));
  });
  fc.assert(property);
});
