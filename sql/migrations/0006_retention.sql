-- Retention: events by day, call records per tenant, and a feed that knows what was removed from it.

-- Null: the server's CALL_RETENTION.
ALTER TABLE tenants
  ADD COLUMN call_retention_days integer,
  ADD CONSTRAINT tenants_call_retention_days_check CHECK (call_retention_days BETWEEN 1 AND 36500);

-- pruned_seq is the largest seq that retention has ever removed; prunes counts its removals. A reader whose place is before
-- pruned_seq, and who does not know of all removals yet, may have missed one.
ALTER TABLE tenant_feeds
  ADD COLUMN pruned_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN prunes bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT tenant_feeds_pruned_seq_check CHECK (pruned_seq BETWEEN 0 AND last_seq),
  ADD CONSTRAINT tenant_feeds_prunes_check CHECK (prunes >= 0);

-- The instant itself, not the transaction's beginning: it is compared with the arrival of events.
ALTER TABLE calls ALTER COLUMN created_at SET DEFAULT clock_timestamp();
CREATE INDEX calls_ended_at_idx ON calls (tenant_id, ended_at);
GRANT DELETE ON calls TO ringbridge_system;

-- drop_event_partition works as the owner.
CREATE POLICY events_owner ON events FOR SELECT TO ringbridge_owner USING (true);
DROP POLICY events_default_owner ON events_default;
CREATE POLICY events_default_owner ON events_default TO ringbridge_owner USING (true);

-- Drops the oldest day of events that is older than the retention as a whole; returns it, or null when there is none, or when
-- somebody else is at the partitions. A call's events go together: those of a CallID that has later events stay, in the
-- default partition, until the last of them is too old. All in one transaction, so nobody sees half a call.
CREATE FUNCTION drop_event_partition(retention interval) RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC'
-- Detaching locks events against everybody. Behind a long reader it gives up rather than hold the ingest up; what stays is
-- looked for before: by the index, CallID by CallID, not by reading every later day.
SET lock_timeout = '500ms' SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  -- What arrived before it goes.
  edge timestamptz := date_trunc('day', now() - greatest(retention, interval '1 day'));
  oldest text;
  dropped date;
  kept events[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('ensure_event_partitions', 0)) THEN
    RETURN NULL;
  END IF;
  SELECT c.relname INTO oldest FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_p[0-9]{8}$'
    AND c.relname < 'events_p' || to_char(edge, 'YYYYMMDD')
  ORDER BY c.relname LIMIT 1;
  IF FOUND THEN
    dropped := to_date(substr(oldest, 9), 'YYYYMMDD');
    edge := dropped + 1;
  END IF;
  -- One statement, so that an event that comes meanwhile cannot keep one day of its call and not another.
  WITH gone AS (
    DELETE FROM events_default e WHERE e.arrived_at < edge AND NOT EXISTS (
      SELECT FROM events later
      WHERE later.tenant_id = e.tenant_id AND later.call_id = e.call_id AND later.arrived_at >= edge))
  SELECT array_agg(e) INTO kept FROM events e
  WHERE e.arrived_at >= dropped::timestamptz AND e.arrived_at < edge AND EXISTS (
    SELECT FROM events later
    WHERE later.tenant_id = e.tenant_id AND later.call_id = e.call_id AND later.arrived_at >= edge);
  IF dropped IS NOT NULL THEN
    EXECUTE format('ALTER TABLE public.events DETACH PARTITION public.%I', oldest);
    INSERT INTO events_default SELECT k.* FROM unnest(kept) AS k;
    EXECUTE format('DROP TABLE public.%I', oldest);
  END IF;
  RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION drop_event_partition(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_event_partition(interval) TO ringbridge_system;
