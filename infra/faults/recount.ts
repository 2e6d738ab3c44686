/**
 * The same figures twice: what the sink wrote into PostgreSQL, and a recount of them in SQL over the raw records of the
 * same run, as anyone would write it who has never seen the mesh. Each pair must give equal rows.
 *
 *   raw(value text)   the values that were sent to Kafka, as they were
 */

export interface Recount {
  readonly what: string;
  readonly results: string;
  readonly recount: string;
}

export const RAW_TABLE = 'CREATE TABLE raw (value text NOT NULL)';

/**
 * Orders that stand: every row that was written, without those that were taken back. A row that is taken back but never
 * was there takes nothing.
 */
export const ORDERS_VIEW = `CREATE VIEW orders AS
  WITH changes AS (SELECT value::jsonb AS change FROM raw WHERE pg_input_is_valid(value, 'jsonb')),
  rows AS (
    SELECT change -> 'after' AS row FROM changes WHERE jsonb_typeof(change -> 'after') = 'object'
    EXCEPT ALL
    SELECT change -> 'before' FROM changes WHERE jsonb_typeof(change -> 'before') = 'object')
  SELECT row ->> 'customer_id' AS customer_id, (row ->> 'total_amount')::numeric AS amount,
    to_timestamp((row ->> 'order_date')::numeric / 1000000) AS at
  FROM rows`;

export const DOWNLOADS_VIEW = `CREATE VIEW downloads AS
  SELECT d.*, date_trunc('minute', to_timestamp(d.timestamp::numeric / 1000)) AS minute, (d.status = 'SUCCESS')::int AS success
  FROM raw, jsonb_to_record(value::jsonb) AS d(content_id text, region text, device_type text, os text, os_version text,
    status text, speed_mbps numeric, duration_seconds numeric, timestamp bigint)`;

/** `closedAt`: the watermark that the mesh has reached, ISO 8601. */
export function ordersRecounts(closedAt: string): Recount[] {
  return [
    {
      what: 'sales by the hour',
      results: `SELECT window_start, revenue, order_count, avg_order_value FROM sales_windows
        WHERE window_type = 'hourly' AND final AND order_count > 0 ORDER BY window_start`,
      recount: `SELECT date_trunc('hour', at) AS window_start, sum(amount) AS revenue, count(*) AS order_count,
          round(avg(amount), 2) AS avg_order_value
        FROM orders WHERE date_trunc('hour', at) + interval '1 hour' <= '${closedAt}' GROUP BY 1 ORDER BY 1`,
    },
    {
      what: 'sales of every hour that begins at five minutes, with its customers',
      results: `SELECT window_start, revenue, order_count, avg_order_value, unique_customers FROM sales_windows
        WHERE window_type = 'sliding' AND final AND order_count > 0 ORDER BY window_start`,
      recount: `SELECT start AS window_start, sum(amount) AS revenue, count(*) AS order_count,
          round(avg(amount), 2) AS avg_order_value, count(DISTINCT customer_id) AS unique_customers
        FROM orders, generate_series(
          date_bin('5 minutes', at - interval '55 minutes', timestamptz '2000-01-01'),
          date_bin('5 minutes', at, timestamptz '2000-01-01'), interval '5 minutes') AS start
        WHERE start + interval '1 hour' <= '${closedAt}' GROUP BY 1 ORDER BY 1`,
    },
    {
      what: 'customers and their segments',
      results: `SELECT customer_id, frequency, monetary_value, first_order, last_order, recency_days, segment
        FROM customer_segments ORDER BY customer_id COLLATE "C"`,
      recount: `WITH customers AS (
          SELECT customer_id, count(*) AS frequency, sum(amount) AS monetary_value, min(at) AS first_order, max(at) AS last_order,
            greatest(0, floor(extract(epoch FROM timestamptz '${closedAt}' - max(at)) / 86400))::bigint AS recency_days
          FROM orders GROUP BY 1)
        SELECT *, CASE WHEN recency_days >= 90 THEN 'Churned' WHEN recency_days >= 30 THEN 'At-Risk'
            WHEN frequency >= 5 AND monetary_value >= 500 THEN 'VIP' WHEN frequency >= 3 THEN 'Regular' ELSE 'New' END AS segment
        FROM customers ORDER BY customer_id COLLATE "C"`,
    },
  ];
}

export function downloadsRecounts(closedAt: string): Recount[] {
  const isClosed = `minute + interval '1 minute' <= '${closedAt}'`;
  return [
    {
      what: 'content by the minute',
      results: `SELECT content_id, window_start, downloads, successes, failures FROM content_stats WHERE final
        ORDER BY content_id, window_start`,
      recount: `SELECT content_id, minute AS window_start, count(*) AS downloads, sum(success) AS successes,
          count(*) - sum(success) AS failures
        FROM downloads WHERE ${isClosed} GROUP BY 1, 2 ORDER BY 1, 2`,
    },
    {
      what: 'regions by the minute',
      results: `SELECT region, window_start, events, success_rate, avg_speed_mbps, avg_duration_seconds FROM region_health
        WHERE final ORDER BY region, window_start`,
      recount: `SELECT region, minute AS window_start, count(*) AS events, trim_scale(round(avg(success), 4)) AS success_rate,
          trim_scale(round(avg(round(speed_mbps, 3)), 3)) AS avg_speed_mbps,
          trim_scale(round(avg(round(duration_seconds, 3)), 3)) AS avg_duration_seconds
        FROM downloads WHERE ${isClosed} GROUP BY 1, 2 ORDER BY 1, 2`,
    },
    {
      what: 'devices by the minute',
      results: `SELECT device_type, os, os_version, window_start, events, success_rate, avg_speed_mbps FROM device_stats
        WHERE final ORDER BY device_type, os, os_version, window_start`,
      recount: `SELECT device_type, coalesce(os, '') AS os, coalesce(os_version, '') AS os_version, minute AS window_start,
          count(*) AS events, trim_scale(round(avg(success), 4)) AS success_rate, trim_scale(round(avg(round(speed_mbps, 3)), 3)) AS avg_speed_mbps
        FROM downloads WHERE ${isClosed} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    },
  ];
}
