CREATE TABLE "audit" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"act" text NOT NULL,
	"object_kind" text NOT NULL,
	"object_id" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"address" text,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "access_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"team_id" text NOT NULL,
	"app_id" text NOT NULL,
	"scopes" text[] DEFAULT '{}' NOT NULL,
	"reason" text NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"answer" text,
	"answered_by" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "apps" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text DEFAULT 'app' NOT NULL,
	"team_id" text NOT NULL,
	"scopes" text[] DEFAULT '{}' NOT NULL,
	"schemes" text[] DEFAULT '{"lacre1"}' NOT NULL,
	"networks" text[] DEFAULT '{}' NOT NULL,
	"limits" jsonb,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "apps_kind" CHECK ("apps"."kind" in ('app', 'service')),
	CONSTRAINT "apps_state" CHECK ("apps"."state" in ('active', 'disabled'))
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"person_id" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"kept" jsonb,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_person_id_key_pk" PRIMARY KEY("person_id","key")
);
--> statement-breakpoint
CREATE TABLE "key_uses" (
	"key_id" text NOT NULL,
	"app_id" text NOT NULL,
	"source" text NOT NULL,
	"scheme" text NOT NULL,
	"last_minute" timestamp (3) with time zone NOT NULL,
	"count" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "key_uses_key_id_source_scheme_pk" PRIMARY KEY("key_id","source","scheme")
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"scheme" text NOT NULL,
	"algorithm" text DEFAULT 'sha256' NOT NULL,
	"encoding" text DEFAULT 'lk1' NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"not_before" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"own_end" timestamp (3) with time zone,
	"replaces" text,
	"fingerprint" text NOT NULL,
	"mark" text NOT NULL,
	"secret_sealed" "bytea" NOT NULL,
	"secret_wrapped_key" "bytea" NOT NULL,
	"secret_wrapped_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text,
	"revoked_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "keys_mark" UNIQUE("mark"),
	CONSTRAINT "keys_state" CHECK ("keys"."state" in ('active', 'accept-only', 'revoked'))
);
--> statement-breakpoint
CREATE TABLE "registry_changes" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "enrolments" (
	"ticket_hash" text PRIMARY KEY NOT NULL,
	"invitation_id" text,
	"person_id" text NOT NULL,
	"login" text,
	"name" text,
	"password_hash" text,
	"totp_sealed" "bytea" NOT NULL,
	"totp_wrapped_key" "bytea" NOT NULL,
	"totp_wrapped_by" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "failures" (
	"subject" text PRIMARY KEY NOT NULL,
	"spent" double precision NOT NULL,
	"spent_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "guesses" (
	"person_id" text NOT NULL,
	"origin" text NOT NULL,
	"known_at" timestamp (3) with time zone,
	"step" integer DEFAULT 0 NOT NULL,
	"in_step" integer DEFAULT 0 NOT NULL,
	"in_row" integer DEFAULT 0 NOT NULL,
	"wait_until" timestamp (3) with time zone,
	"spent" double precision DEFAULT 0 NOT NULL,
	"spent_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "guesses_person_id_origin_pk" PRIMARY KEY("person_id","origin")
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"token_hash" text NOT NULL,
	"person_id" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "invitations_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"team_id" text NOT NULL,
	"person_id" text NOT NULL,
	"since" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_team_id_person_id_pk" PRIMARY KEY("team_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "passkeys" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"name" text NOT NULL,
	"public_key" text NOT NULL,
	"counter" integer DEFAULT 0 NOT NULL,
	"transports" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" text PRIMARY KEY NOT NULL,
	"login" text NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"role" text NOT NULL,
	"subrole" text,
	"active" boolean DEFAULT true NOT NULL,
	"session_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "people_login_unique" UNIQUE("login")
);
--> statement-breakpoint
CREATE TABLE "recovery_codes" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"hash" text NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "recovery_codes_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"generation" integer,
	"rotated_at" timestamp (3) with time zone,
	"user_agent" text,
	"address" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "sign_ins" (
	"person_id" text PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"totp_sealed" "bytea" NOT NULL,
	"totp_wrapped_key" "bytea" NOT NULL,
	"totp_wrapped_by" text NOT NULL,
	"last_step" integer DEFAULT 0 NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "teams_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "used_challenges" (
	"challenge" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refusals" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"id" text DEFAULT 'rf_' || replace(gen_random_uuid()::text, '-', '') NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"service" text NOT NULL,
	"code" text NOT NULL,
	"status" integer NOT NULL,
	"app_id" text,
	"key_id" text,
	"scheme" text,
	"proven" boolean NOT NULL,
	"method" text NOT NULL,
	"route" text,
	"request_id" text NOT NULL,
	"address" text,
	"detail" jsonb NOT NULL,
	CONSTRAINT "refusals_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "verdict_batches" (
	"id" text PRIMARY KEY NOT NULL,
	"service" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"lost" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "verdict_hours" (
	"hour" timestamp (3) with time zone NOT NULL,
	"app_id" text NOT NULL,
	"key_id" text NOT NULL,
	"scheme" text NOT NULL,
	"code" text NOT NULL,
	"service" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "verdict_hours_hour_app_id_key_id_scheme_code_service_pk" PRIMARY KEY("hour","app_id","key_id","scheme","code","service")
);
--> statement-breakpoint
CREATE TABLE "verdict_minutes" (
	"minute" timestamp (3) with time zone NOT NULL,
	"app_id" text NOT NULL,
	"key_id" text NOT NULL,
	"scheme" text NOT NULL,
	"code" text NOT NULL,
	"service" text NOT NULL,
	"count" bigint NOT NULL,
	"drift_sum" double precision DEFAULT 0 NOT NULL,
	"drift_count" bigint DEFAULT 0 NOT NULL,
	"drift_max" double precision DEFAULT 0 NOT NULL,
	CONSTRAINT "verdict_minutes_minute_app_id_key_id_scheme_code_service_pk" PRIMARY KEY("minute","app_id","key_id","scheme","code","service")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"event_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"held_until" timestamp (3) with time zone,
	"tried" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"last_status" integer,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_tried_at" timestamp (3) with time zone,
	"done_at" timestamp (3) with time zone,
	CONSTRAINT "deliveries_once" UNIQUE("event_id","endpoint_id")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"once" text,
	"payload" jsonb NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "events_once_unique" UNIQUE("once")
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"id" text PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"off_reason" text,
	"secret_sealed" "bytea" NOT NULL,
	"secret_wrapped_key" "bytea" NOT NULL,
	"secret_wrapped_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_old_secrets" (
	"endpoint_id" text PRIMARY KEY NOT NULL,
	"secret_sealed" "bytea" NOT NULL,
	"secret_wrapped_key" "bytea" NOT NULL,
	"secret_wrapped_by" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_answered_by_people_id_fk" FOREIGN KEY ("answered_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "apps" ADD CONSTRAINT "apps_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "apps" ADD CONSTRAINT "apps_created_by_people_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_created_by_people_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolments" ADD CONSTRAINT "enrolments_invitation_id_invitations_id_fk" FOREIGN KEY ("invitation_id") REFERENCES "public"."invitations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guesses" ADD CONSTRAINT "guesses_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD CONSTRAINT "sign_ins_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_endpoint_id_webhook_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."webhook_endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_old_secrets" ADD CONSTRAINT "webhook_old_secrets_endpoint_id_webhook_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."webhook_endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_object" ON "audit" USING btree ("object_kind","object_id","seq");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor","seq");--> statement-breakpoint
CREATE INDEX "access_requests_state" ON "access_requests" USING btree ("state","created_at");--> statement-breakpoint
CREATE INDEX "apps_team" ON "apps" USING btree ("team_id");--> statement-breakpoint
CREATE INDEX "idempotency_at" ON "idempotency" USING btree ("at");--> statement-breakpoint
CREATE INDEX "key_uses_app" ON "key_uses" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "keys_app" ON "keys" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "keys_end" ON "keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "failures_age" ON "failures" USING btree ("spent_at");--> statement-breakpoint
CREATE INDEX "refusals_at" ON "refusals" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "refusals_app" ON "refusals" USING btree ("app_id","at","id");--> statement-breakpoint
CREATE INDEX "verdict_batches_at" ON "verdict_batches" USING btree ("at");--> statement-breakpoint
CREATE INDEX "verdict_hours_app" ON "verdict_hours" USING btree ("app_id","hour");--> statement-breakpoint
CREATE INDEX "verdict_hours_hour" ON "verdict_hours" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "verdict_minutes_app" ON "verdict_minutes" USING btree ("app_id","minute");--> statement-breakpoint
CREATE INDEX "deliveries_next" ON "deliveries" USING btree ("state","next_at");--> statement-breakpoint
CREATE INDEX "deliveries_endpoint" ON "deliveries" USING btree ("endpoint_id","created_at","id");