/** Downloads of StreamPulse. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import { DOWNLOAD_STATUSES, type DownloadEvent } from '../../../shared/events/download.ts';
import { readChoice, readId, readNumber, readText, readWhole } from '../fields.ts';
import type { JsonObject } from '../json-text.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';
import { jsonText } from './json-line.ts';

export function downloadModel(route: EventRoute<'download'>): Model<DownloadEvent> {
  const { fields } = route;
  const members = [fields.id, fields.key, fields.status, fields.time];
  const read = <T>(values: JsonObject, names: readonly string[], as: (value: unknown, field: string) => T): T => {
    const field = present(values, names);
    return as(values[field], field);
  };
  return {
    read(row) {
      const { values } = row;
      return {
        t: eventTime(route, fields.time, row),
        k: read(values, fields.key, (value, field) => readId(value, field, 'missing-key')),
        id: read(values, fields.id, (value, field) => readId(value, field, 'bad-id')),
        user: read(values, fields.user, optionalText),
        region: read(values, fields.region, optionalText),
        device: read(values, fields.device, optionalText),
        os: read(values, fields.os, optionalText),
        osVersion: read(values, fields.osVersion, optionalText),
        status: read(values, fields.status, (value, field) => readChoice(value, field, DOWNLOAD_STATUSES)),
        bytes: read(values, fields.bytes, (value, field) => readWhole(value ?? 0, field)),
        seconds: read(values, fields.seconds, (value, field) => readNumber(value ?? 0, field)),
        mbps: read(values, fields.mbps, (value, field) => readNumber(value ?? 0, field)),
      };
    },
    isWhole: (values) => hasAll(values, members),
    line: (event) =>
      `{"t":${event.t},"k":${jsonText(event.k)},"id":${jsonText(event.id)},"user":${jsonText(event.user)}` +
      `,"region":${jsonText(event.region)},"device":${jsonText(event.device)},"os":${jsonText(event.os)}` +
      `,"osVersion":${jsonText(event.osVersion)},"status":"${event.status}","bytes":${event.bytes}` +
      `,"seconds":${event.seconds},"mbps":${event.mbps}${event.retract ? ',"retract":true' : ''}}`,
  };
}

/** What a failed download may not know is empty. */
function optionalText(value: unknown, field: string): string {
  return readText(value ?? '', field);
}
