-- Replays, legs that never ended, and the way to quarantined events.

-- A replay goes through the CallIDs of a tenant in their order. Its place moves in the transaction that writes a batch, so
-- that an interrupted one goes on where it stopped.
CREATE TABLE replays (
  tenant_id text NOT NULL,
  replay_id uuid NOT NULL DEFAULT gen_random_uuid(),
  -- CallIDs with an event that arrived from since until before until; call_id is empty for all of them.
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  call_id text NOT NULL,
  -- Of what the first batch used: with other rules or settings a replay begins anew.
  rules_version integer NOT NULL,
  tenant_version bigint NOT NULL,
  -- CallIDs up to this one are done.
  position text NOT NULL DEFAULT '',
  examined bigint NOT NULL DEFAULT 0,
  added bigint NOT NULL DEFAULT 0,
  changed bigint NOT NULL DEFAULT 0,
  withdrawn bigint NOT NULL DEFAULT 0,
  unchanged bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT replays_pkey PRIMARY KEY (tenant_id, replay_id),
  CONSTRAINT replays_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX replays_open_key ON replays (tenant_id, since, until, call_id) WHERE finished_at IS NULL;

-- Legs whose hangup has not come for too long (rule 13), as the last assembly of their CallID saw them.
CREATE TABLE stale_legs (
  tenant_id text NOT NULL,
  call_id text NOT NULL,
  leg_key text NOT NULL,
  extension_id bigint NOT NULL,
  sub_call_id text,
  -- The arrival of the leg's first event.
  since timestamptz NOT NULL,
  CONSTRAINT stale_legs_pkey PRIMARY KEY (tenant_id, call_id, leg_key),
  CONSTRAINT stale_legs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);
CREATE INDEX stale_legs_since_idx ON stale_legs (tenant_id, since);

-- Quarantined events are few; the other index finds an event by its id and costs the ingest next to nothing, since ids
-- grow as rows are appended.
CREATE INDEX events_quarantine_idx ON events (tenant_id, arrived_at) WHERE quarantine IS NOT NULL;
CREATE INDEX events_event_id_idx ON events USING brin (event_id) WITH (pages_per_range = 32);

ALTER TABLE replays ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE stale_legs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY replays_system ON replays TO ringbridge_system USING (true);
CREATE POLICY stale_legs_tenant ON stale_legs FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY stale_legs_system ON stale_legs TO ringbridge_system USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON replays TO ringbridge_system;
GRANT SELECT ON stale_legs TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON stale_legs TO ringbridge_system;
