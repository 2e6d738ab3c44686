/** How downloads go: /api/v1/regions, /api/v1/devices and the top of contents from memory, minutes from the store. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import { readEntry, TO_SHOW } from '../../../shared/store/entry.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId, queryId } from '../http/ids.ts';
import {
  DEFAULT_LIMIT,
  KeyCursor,
  keyRange,
  Limit,
  linked,
  pageAnswer,
  pageAnswers,
  PageQuery,
  textsAnswer,
  Whole,
} from '../http/paging.ts';
import { notFound } from '../http/problem.ts';
import { requireCurrent } from '../http/readiness.ts';
import { answers, strictQuery } from '../http/route.ts';
import {
  ContentMinute,
  ContentMinutePage,
  DeviceMinute,
  DeviceMinutePage,
  DevicePage,
  RegionMinute,
  RegionMinutePage,
  RegionPage,
  TopContent,
  TopContentBy,
  TopDevices,
  TopMinutesBy,
  TopRegions,
} from '../schemas/region-health.ts';
import type { ViewState } from '../views/bucket-reader.ts';
import { TOP_MINUTES } from '../views/content-minutes.ts';
import { type MinuteList, REGION_HEALTH } from '../views/region-health-view.ts';
import { newestDenseWindows } from '../views/stored-windows.ts';

const MINUTE_MS = 60_000;
const TOKEN = /^(=|([A-Za-z0-9_-]|=[0-9A-F]{2})+)$/;
const DEVICE = /^[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+$/;
const TOP_LIMIT = { most: 100, usual: 10, example: 10 };

const TOP_BY = 'downloads, failures: the most first; success_rate, speed: the lowest first';
const LEAST = Whole('Leaves out those with fewer downloads: a rate of a few says little', {
  most: 9999,
  usual: 1,
  example: 20,
});

const regions = createRoute({
  method: 'get',
  path: '/api/v1/regions',
  tags: ['downloads'],
  summary: 'The newest minute of every region, by name',
  request: { query: strictQuery({ limit: Limit, cursor: KeyCursor(TOKEN, 'eu-west') }) },
  responses: pageAnswers(RegionPage, 'A page of regions'),
});

const TopQuery = strictQuery({
  by: TopMinutesBy.optional().openapi({ description: TOP_BY, default: 'failures', example: 'success_rate' }),
  min_downloads: LEAST,
  limit: Whole('How many to list', TOP_LIMIT),
});

const regionMinutes = createRoute({
  method: 'get',
  path: '/api/v1/regions/{region}/minutes',
  tags: ['downloads'],
  summary: 'Minutes of one region, newest first',
  request: { params: z.object({ region: pathId('region', "The region's name", 'eu-west') }), query: PageQuery },
  responses: pageAnswers(RegionMinutePage, 'A page of minutes'),
});

const topRegions = createRoute({
  method: 'get',
  path: '/api/v1/regions/top',
  tags: ['downloads'],
  summary:
    'The regions with the most downloads or failures, or the lowest success rate or speed, in their newest minute',
  request: { query: TopQuery },
  responses: answers(TopRegions, 'The regions, the first ones first, by name where they are equal'),
});

const topDevices = createRoute({
  method: 'get',
  path: '/api/v1/devices/top',
  tags: ['downloads'],
  summary: 'The kinds of devices with the most downloads or failures, or the lowest success rate or speed',
  request: { query: TopQuery },
  responses: answers(TopDevices, 'The kinds of devices, the first ones first, by name where they are equal'),
});

const deviceMinutes = createRoute({
  method: 'get',
  path: '/api/v1/devices/minutes',
  tags: ['downloads'],
  summary: 'Minutes of one kind of device, newest first',
  request: {
    query: strictQuery({
      device_type: queryId('Absent: what downloads that do not say it are counted under', 'mobile'),
      os: queryId('The same', 'android'),
      os_version: queryId('The same', '15'),
      ...PageQuery.shape,
    }),
  },
  responses: pageAnswers(DeviceMinutePage, 'A page of minutes'),
});

const top = createRoute({
  method: 'get',
  path: '/api/v1/content/top',
  tags: ['downloads'],
  summary: 'The contents with the most downloads or failures, or the lowest success rate, in the newest minutes',
  request: {
    query: strictQuery({
      by: TopContentBy.optional().openapi({ description: TOP_BY, default: 'downloads', example: 'failures' }),
      min_downloads: LEAST,
      minutes: Whole('Minutes of event time, with the newest', { most: TOP_MINUTES, usual: TOP_MINUTES, example: 60 }),
      limit: Whole('Contents to list', TOP_LIMIT),
    }),
  },
  responses: answers(TopContent, 'The contents, the first ones first, by id where they are equal'),
});

const contentMinutes = createRoute({
  method: 'get',
  path: '/api/v1/content/{id}/minutes',
  tags: ['downloads'],
  summary: 'Minutes of one content, newest first',
  request: { params: z.object({ id: pathId('id', "The content's id, as in Kafka", 'content-7') }), query: PageQuery },
  responses: pageAnswers(ContentMinutePage, 'A page of minutes'),
});

const devices = createRoute({
  method: 'get',
  path: '/api/v1/devices',
  tags: ['downloads'],
  summary: 'The newest minute of every kind of device (type, operating system, version)',
  request: { query: strictQuery({ limit: Limit, cursor: KeyCursor(DEVICE, 'mobile.android.15') }) },
  responses: pageAnswers(DevicePage, 'A page of kinds of devices'),
});

export function regionHealthRoutes(app: OpenAPIHono, { regionHealth, log }: GatewayDependencies): void {
  app.openapi(regions, (c) => {
    requireMinutes(regionHealth.regionState);
    return c.json(linked(c, listAnswer(regionHealth.regions(listQuery(c.req.valid('query'))))), 200);
  });
  app.openapi(devices, (c) => {
    requireMinutes(regionHealth.recentState);
    return c.json(linked(c, listAnswer(regionHealth.devices(listQuery(c.req.valid('query'))))), 200);
  });
  app.openapi(top, (c) => {
    requireMinutes(regionHealth.recentState);
    const {
      by = 'downloads',
      minutes = TOP_MINUTES,
      limit = TOP_LIMIT.usual,
      min_downloads = 1,
    } = c.req.valid('query');
    const { items, ...rest } = regionHealth.top({ by, minutes, limit, least: min_downloads });
    return c.json({ by, ...rest, items: [...items] }, 200);
  });
  app.openapi(topRegions, (c) => {
    requireMinutes(regionHealth.regionState);
    const query = topQuery(c.req.valid('query'));
    const { items, complete } = regionHealth.topRegions(query);
    return c.json({ by: query.by, complete, items: [...items] }, 200);
  });
  app.openapi(topDevices, (c) => {
    requireMinutes(regionHealth.recentState);
    const query = topQuery(c.req.valid('query'));
    const { items, complete } = regionHealth.topDevices(query);
    return c.json({ by: query.by, complete, items: [...items] }, 200);
  });
  app.openapi(deviceMinutes, async (c) => {
    const { device_type = '', os = '', os_version = '', ...query } = c.req.valid('query');
    const range = keyRange(query);
    const prefix = `all.device.1m.${[device_type, os, os_version].map(encodeId).join('.')}`;
    const of = { bucket: REGION_HEALTH, prefix, sizeMs: MINUTE_MS, newest: regionHealth.newestContentMinute };
    const page = await newestDenseWindows(log, of, range);
    return c.json(linked(c, textsAnswer(DeviceMinute, page)), 200);
  });
  app.openapi(regionMinutes, async (c) => {
    const { region } = c.req.valid('param');
    const range = keyRange(c.req.valid('query'));
    const token = encodeId(region);
    const latest = await readEntry<unknown>(log, REGION_HEALTH, `all.region.latest.${token}`, TO_SHOW);
    if (latest === undefined) throw notFound(`No downloads in region "${region}" are known`);
    const newest = Date.parse(RegionMinute.parse(latest).window_start);
    const of = { bucket: REGION_HEALTH, prefix: `all.region.1m.${token}`, sizeMs: MINUTE_MS, newest, isKnown: true };
    return c.json(linked(c, textsAnswer(RegionMinute, await newestDenseWindows(log, of, range))), 200);
  });
  app.openapi(contentMinutes, async (c) => {
    const { id } = c.req.valid('param');
    const range = keyRange(c.req.valid('query'));
    const prefix = `${partitionName(partitionOf(id))}.content.1m.${encodeId(id)}`;
    const of = { bucket: REGION_HEALTH, prefix, sizeMs: MINUTE_MS, newest: regionHealth.newestContentMinute };
    const page = await newestDenseWindows(log, of, range);
    if (!page.isKnown) throw notFound(`No downloads of content "${id}" are known`);
    return c.json(linked(c, textsAnswer(ContentMinute, page)), 200);
  });
}

function requireMinutes(state: ViewState): void {
  requireCurrent(state, { what: 'downloads', service: 'region-health' });
}

function listQuery({ limit = DEFAULT_LIMIT, cursor }: { limit?: number | undefined; cursor?: string | undefined }) {
  return { limit, after: cursor };
}

function topQuery({ by = 'failures', limit = TOP_LIMIT.usual, min_downloads = 1 }: z.output<typeof TopQuery>) {
  return { by, limit, least: min_downloads };
}

function listAnswer<V>({ complete, ...page }: MinuteList<V>) {
  return { ...pageAnswer(page), complete };
}
