-- Events as they arrived, and which CallIDs are due for assembly.

CREATE SEQUENCE event_ids;

-- Append-only, one partition a day of arrival; a day is dropped as a whole at the end of retention.
-- fields holds the merged fields; an event that cannot be understood keeps its bytes in raw and the reason in quarantine.
CREATE TABLE events (
  tenant_id text NOT NULL,
  arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  event_id bigint NOT NULL DEFAULT nextval('event_ids'),
  extension_id bigint NOT NULL,
  call_id text,
  fields jsonb,
  raw bytea,
  quarantine text,
  source text,
  CONSTRAINT events_pkey PRIMARY KEY (tenant_id, arrived_at, event_id),
  CONSTRAINT events_content_check CHECK ((fields IS NOT NULL) OR (raw IS NOT NULL AND quarantine IS NOT NULL)),
  CONSTRAINT events_call_id_check CHECK (call_id IS NOT NULL OR quarantine IS NOT NULL)
) PARTITION BY RANGE (arrived_at);
CREATE INDEX events_call_id_idx ON events (tenant_id, call_id);

-- Catches what no day's partition takes, so that an event is never refused for the calendar.
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- Makes the partitions of today and of the next days; the runtime role owns nothing, so it calls this.
CREATE FUNCTION ensure_event_partitions(days_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC'
-- A new partition locks events against everybody. Behind a long reader it gives up rather than hold the ingest up; days are
-- made a week ahead, so another try will do.
SET lock_timeout = '500ms' AS $$
DECLARE
  day date;
  made integer := 0;
  partition_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('ensure_event_partitions', 0));
  FOR day IN SELECT current_date + n FROM generate_series(0, least(days_ahead, 60)) AS n LOOP
    partition_name := 'events_p' || to_char(day, 'YYYYMMDD');
    IF to_regclass('public.' || partition_name) IS NULL
      AND NOT EXISTS (SELECT FROM events_default WHERE arrived_at >= day AND arrived_at < day + 1) THEN
      EXECUTE format('CREATE TABLE public.%I PARTITION OF public.events FOR VALUES FROM (%L) TO (%L)',
        partition_name, day::timestamptz, (day + 1)::timestamptz);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END
$$;
REVOKE ALL ON FUNCTION ensure_event_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_event_partitions(integer) TO ringbridge_system;

CREATE SEQUENCE assembly_due_ids;

-- "Assemble this CallID at this instant." Insert-only for the ingest, which therefore never waits for an assembler;
-- the assembler deletes what it has done in the transaction that writes the records.
CREATE TABLE assembly_due (
  tenant_id text NOT NULL,
  due_id bigint NOT NULL DEFAULT nextval('assembly_due_ids'),
  call_id text NOT NULL,
  due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts integer NOT NULL DEFAULT 0,
  CONSTRAINT assembly_due_pkey PRIMARY KEY (tenant_id, due_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX assembly_due_due_at_idx ON assembly_due (due_at);
CREATE INDEX assembly_due_call_id_idx ON assembly_due (tenant_id, call_id);

ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE events_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE assembly_due ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY events_tenant ON events FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY events_system ON events TO ringbridge_system USING (true);
CREATE POLICY assembly_due_tenant ON assembly_due FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY assembly_due_system ON assembly_due TO ringbridge_system USING (true);
-- ensure_event_partitions looks into the default partition as the owner.
CREATE POLICY events_default_owner ON events_default FOR SELECT TO ringbridge_owner USING (true);

GRANT SELECT ON events TO ringbridge_server;
GRANT SELECT, INSERT ON events TO ringbridge_system;
GRANT USAGE ON SEQUENCE event_ids, assembly_due_ids TO ringbridge_system;
GRANT SELECT ON assembly_due TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON assembly_due TO ringbridge_system;
