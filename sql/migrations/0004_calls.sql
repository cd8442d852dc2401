-- Completed calls and the feed.

-- The counter of a tenant's feed, taken last in the transaction that writes call records: a smaller seq is never committed
-- after a larger one, so a reader that follows the cursor misses nothing.
CREATE TABLE tenant_feeds (
  tenant_id text NOT NULL,
  last_seq bigint NOT NULL DEFAULT 0,
  CONSTRAINT tenant_feeds_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT tenant_feeds_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT tenant_feeds_last_seq_check CHECK (last_seq >= 0)
);

-- One row a call record, at its latest version; ordered by seq the rows are the feed. A withdrawn record stays as the
-- feed's delete entry and keeps its id for the case that it comes back.
CREATE TABLE calls (
  tenant_id text NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  version integer NOT NULL DEFAULT 1,
  seq bigint NOT NULL,
  withdrawn boolean NOT NULL DEFAULT false,
  call_id text NOT NULL,
  -- Which record of the CallID it is: stable under re-assembly, corrections and replays.
  record_key text NOT NULL,
  direction text NOT NULL,
  status text NOT NULL,
  sub_call_id text,
  user_id text,
  extension_id bigint NOT NULL,
  extension_name text NOT NULL,
  extension_type text NOT NULL,
  client_number text,
  client_number_e164 text,
  client_name text,
  did text,
  started_at timestamptz NOT NULL,
  answered_at timestamptz,
  ended_at timestamptz NOT NULL,
  duration_us bigint,
  recording_id text,
  callback_id text,
  transferred boolean NOT NULL,
  internal boolean NOT NULL,
  partial boolean NOT NULL,
  flags text[] NOT NULL,
  rule text NOT NULL,
  rules_version integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT calls_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT calls_record_key_key UNIQUE (tenant_id, call_id, record_key),
  CONSTRAINT calls_seq_key UNIQUE (tenant_id, seq),
  CONSTRAINT calls_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT calls_version_check CHECK (version > 0),
  CONSTRAINT calls_status_check CHECK (
    (direction = 'incoming' AND status IN ('answered', 'missed'))
    OR (direction = 'outgoing' AND status IN ('answered', 'busy', 'cancelled', 'no_answer', 'failed'))),
  CONSTRAINT calls_missed_check CHECK (
    status <> 'missed' OR (duration_us = 0 AND recording_id IS NULL AND answered_at IS NULL)),
  CONSTRAINT calls_duration_us_check CHECK (duration_us >= 0),
  CONSTRAINT calls_client_number_check CHECK (client_number <> '')
);
CREATE INDEX calls_started_at_idx ON calls (tenant_id, started_at DESC, id DESC) WHERE NOT withdrawn;
CREATE INDEX calls_client_number_idx ON calls (tenant_id, client_number, started_at DESC, id DESC) WHERE NOT withdrawn;
CREATE INDEX calls_client_number_e164_idx ON calls (tenant_id, client_number_e164, started_at DESC, id DESC)
  WHERE NOT withdrawn;
CREATE INDEX calls_user_id_idx ON calls (tenant_id, user_id, started_at DESC, id DESC) WHERE NOT withdrawn;
CREATE INDEX calls_extension_id_idx ON calls (tenant_id, extension_id, started_at DESC, id DESC) WHERE NOT withdrawn;

ALTER TABLE tenant_feeds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE calls ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_feeds_tenant ON tenant_feeds FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY tenant_feeds_system ON tenant_feeds TO ringbridge_system USING (true);
CREATE POLICY calls_tenant ON calls FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY calls_system ON calls TO ringbridge_system USING (true);

GRANT SELECT ON tenant_feeds, calls TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE ON tenant_feeds, calls TO ringbridge_system;
