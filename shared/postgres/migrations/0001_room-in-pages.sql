-- A row that is written again goes into the same page when there is room, and its indexes stay as they are.
ALTER TABLE "activity_windows" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "content_stats" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "customer_segments" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "device_stats" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "inventory_insights" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "region_health" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "sales_windows" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "weir_sink_positions" SET (fillfactor = 20);
