CREATE TABLE "activity_windows" (
	"customer_id" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"window_end" timestamp with time zone NOT NULL,
	"total_events" bigint NOT NULL,
	"event_counts" jsonb NOT NULL,
	"total_amount" numeric,
	"amounts" jsonb NOT NULL,
	"unusable_amounts" bigint,
	"first_event" timestamp with time zone,
	"last_event" timestamp with time zone,
	"revision" bigint NOT NULL,
	"final" boolean NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"bucket" text NOT NULL,
	"alert_id" text NOT NULL,
	"anomaly_type" text NOT NULL,
	"severity" text NOT NULL,
	"customer_id" text,
	"region" text,
	"description" text NOT NULL,
	"timestamp" timestamp with time zone NOT NULL,
	"count" bigint NOT NULL,
	"first" timestamp with time zone NOT NULL,
	"last" timestamp with time zone NOT NULL,
	"resolved" timestamp with time zone,
	"details" jsonb NOT NULL,
	"kv_key" text NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alerts_pkey" PRIMARY KEY("bucket","kv_key")
);
--> statement-breakpoint
CREATE TABLE "content_stats" (
	"content_id" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"window_end" timestamp with time zone NOT NULL,
	"downloads" bigint NOT NULL,
	"successes" bigint NOT NULL,
	"failures" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"final" boolean NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "customer_segments" (
	"customer_id" text NOT NULL,
	"segment" text NOT NULL,
	"recency_days" bigint NOT NULL,
	"frequency" bigint NOT NULL,
	"monetary_value" numeric NOT NULL,
	"first_order" timestamp with time zone NOT NULL,
	"last_order" timestamp with time zone NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "device_stats" (
	"device_type" text NOT NULL,
	"os" text NOT NULL,
	"os_version" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"window_end" timestamp with time zone NOT NULL,
	"events" bigint NOT NULL,
	"success_rate" numeric,
	"avg_speed_mbps" numeric,
	"successes" bigint NOT NULL,
	"failures" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"final" boolean NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "inventory_insights" (
	"product_id" text NOT NULL,
	"name" text,
	"stock_quantity" bigint,
	"price" numeric,
	"units_sold_7d" bigint NOT NULL,
	"velocity_units_per_day" numeric NOT NULL,
	"days_until_stockout" numeric,
	"stock_status" text NOT NULL,
	"dead_stock" boolean NOT NULL,
	"last_sale" date,
	"restock_quantity" bigint,
	"restock_urgency" text NOT NULL,
	"as_of" date,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "region_health" (
	"region" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"window_end" timestamp with time zone NOT NULL,
	"events" bigint NOT NULL,
	"success_rate" numeric,
	"avg_speed_mbps" numeric,
	"avg_duration_seconds" numeric,
	"successes" bigint NOT NULL,
	"failures" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"final" boolean NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sales_windows" (
	"window_type" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"window_end" timestamp with time zone NOT NULL,
	"revenue" numeric NOT NULL,
	"order_count" bigint NOT NULL,
	"avg_order_value" numeric NOT NULL,
	"unique_customers" bigint,
	"revision" bigint NOT NULL,
	"final" boolean NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "segment_rule_sets" (
	"version" bigint NOT NULL,
	"document" jsonb NOT NULL,
	"kv_key" text PRIMARY KEY NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "weir_sink_positions" (
	"bucket" text PRIMARY KEY NOT NULL,
	"claim" bigint NOT NULL,
	"claimant" text NOT NULL,
	"claimed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"life" bigint,
	"seq" bigint,
	"saved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "user_segments" (
	"user_id" text NOT NULL,
	"segment_id" text NOT NULL,
	"qualified" boolean NOT NULL,
	"value" numeric NOT NULL,
	"timestamp" timestamp with time zone NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"window_end" timestamp with time zone NOT NULL,
	"rule_id" text,
	"rules" jsonb,
	"kv_key" text NOT NULL,
	"kv_life" bigint NOT NULL,
	"kv_revision" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "user_segments_pkey" PRIMARY KEY("kv_key","segment_id")
);
--> statement-breakpoint
CREATE INDEX "activity_windows_customer" ON "activity_windows" USING btree ("customer_id","window_start");--> statement-breakpoint
CREATE INDEX "activity_windows_time" ON "activity_windows" USING btree ("window_start");--> statement-breakpoint
CREATE INDEX "alerts_time" ON "alerts" USING btree ("timestamp","kv_key","bucket");--> statement-breakpoint
CREATE INDEX "alerts_type" ON "alerts" USING btree ("anomaly_type","timestamp","kv_key","bucket");--> statement-breakpoint
CREATE INDEX "alerts_severity" ON "alerts" USING btree ("severity","timestamp","kv_key","bucket");--> statement-breakpoint
CREATE INDEX "alerts_type_severity" ON "alerts" USING btree ("anomaly_type","severity","timestamp","kv_key","bucket");--> statement-breakpoint
CREATE INDEX "alerts_customer" ON "alerts" USING btree ("customer_id","timestamp","kv_key","bucket") WHERE customer_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "alerts_region" ON "alerts" USING btree ("region","timestamp","kv_key","bucket") WHERE region IS NOT NULL;--> statement-breakpoint
CREATE INDEX "content_stats_content" ON "content_stats" USING btree ("content_id","window_start");--> statement-breakpoint
CREATE INDEX "content_stats_time" ON "content_stats" USING btree ("window_start");--> statement-breakpoint
CREATE INDEX "customer_segments_customer" ON "customer_segments" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "customer_segments_segment" ON "customer_segments" USING btree ("segment","monetary_value","customer_id");--> statement-breakpoint
CREATE INDEX "device_stats_device" ON "device_stats" USING btree ("device_type","os","os_version","window_start");--> statement-breakpoint
CREATE INDEX "device_stats_time" ON "device_stats" USING btree ("window_start");--> statement-breakpoint
CREATE INDEX "inventory_insights_product" ON "inventory_insights" USING btree ("product_id");--> statement-breakpoint
CREATE INDEX "inventory_insights_order" ON "inventory_insights" USING btree (length(product_id),"product_id");--> statement-breakpoint
CREATE INDEX "inventory_insights_status" ON "inventory_insights" USING btree ("stock_status",length(product_id),"product_id");--> statement-breakpoint
CREATE INDEX "inventory_insights_restock" ON "inventory_insights" USING btree ((CASE restock_urgency WHEN 'immediate' THEN 0 WHEN 'soon' THEN 1 ELSE 2 END),COALESCE(days_until_stockout, '-1'::numeric),(- restock_quantity),length(product_id),"product_id") WHERE restock_urgency <> 'none' AND restock_quantity IS NOT NULL;--> statement-breakpoint
CREATE INDEX "region_health_region" ON "region_health" USING btree ("region","window_start");--> statement-breakpoint
CREATE INDEX "region_health_time" ON "region_health" USING btree ("window_start");--> statement-breakpoint
CREATE INDEX "sales_windows_time" ON "sales_windows" USING btree ("window_start","window_type");--> statement-breakpoint
CREATE INDEX "user_segments_user" ON "user_segments" USING btree ("user_id","segment_id");--> statement-breakpoint
CREATE INDEX "user_segments_qualified" ON "user_segments" USING btree ("segment_id","user_id") WHERE qualified;--> statement-breakpoint
CREATE INDEX "user_segments_expiry" ON "user_segments" USING btree ("expires_at");--> statement-breakpoint
CREATE VIEW "public"."segment_rules" AS (
  SELECT s.segment_id, r.rule_id, r.position, r.event_type, r.attribute, r.operator, r.threshold
  FROM (SELECT document FROM segment_rule_sets ORDER BY kv_life DESC, version DESC, kv_key LIMIT 1) AS newest,
    jsonb_to_recordset(newest.document) AS s(segment_id text, rules jsonb),
    ROWS FROM (jsonb_to_recordset(s.rules) AS (rule_id text, event_type text, attribute text, operator text,
      threshold numeric)) WITH ORDINALITY AS r(rule_id, event_type, attribute, operator, threshold, position));--> statement-breakpoint
CREATE VIEW "public"."segments" AS (
  SELECT s.segment_id, s.name, s.type, s.window_minutes, s.window_kind, s.combine, s.base_segment_ids, s.revision,
    s.created_at, s.updated_at, newest.version AS rule_set_version
  FROM (SELECT version, document FROM segment_rule_sets ORDER BY kv_life DESC, version DESC, kv_key LIMIT 1) AS newest,
    jsonb_to_recordset(newest.document) AS s(segment_id text, name text, type text, window_minutes integer,
      window_kind text, combine text, base_segment_ids text[], revision bigint, created_at timestamptz,
      updated_at timestamptz));