-- The extension directory, mappings with their history, event tokens, and the way of a mapping change to the PBX.

-- All extensions of the tenant's PBX, mapped or not, as its last successful listing gave them.
CREATE TABLE extensions (
  tenant_id text NOT NULL,
  extension_id bigint NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  label text,
  status text NOT NULL,
  -- Null while the PBX's listing has it.
  gone_at timestamptz,
  last_event_at timestamptz,
  CONSTRAINT extensions_pkey PRIMARY KEY (tenant_id, extension_id),
  CONSTRAINT extensions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);

-- When the directory was read, and the to-do to read it again.
CREATE TABLE directory_syncs (
  tenant_id text NOT NULL,
  synced_at timestamptz,
  failed_at timestamptz,
  error_code text,
  due_at timestamptz NOT NULL DEFAULT now(),
  -- Somebody asked for it, so it may use more of the budget than the hourly reading.
  interactive boolean NOT NULL DEFAULT true,
  attempts integer NOT NULL DEFAULT 0,
  claim_id uuid,
  claimed_until timestamptz,
  CONSTRAINT directory_syncs_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT directory_syncs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT directory_syncs_claim_check CHECK ((claim_id IS NULL) = (claimed_until IS NULL)),
  CONSTRAINT directory_syncs_error_code_check CHECK ((failed_at IS NULL) = (error_code IS NULL))
);
CREATE INDEX directory_syncs_due_at_idx ON directory_syncs (due_at);

-- One row a tenant: the version of its mapping set (the ETag) and the lock that serialises its edits.
CREATE TABLE mapping_sets (
  tenant_id text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT mapping_sets_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT mapping_sets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);

-- A mapping in force has no valid_until; the closed ones are the history that attributes calls (rule 14).
CREATE TABLE mappings (
  tenant_id text NOT NULL,
  extension_id bigint NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_until timestamptz,
  user_id text,
  CONSTRAINT mappings_pkey PRIMARY KEY (tenant_id, extension_id, valid_from),
  CONSTRAINT mappings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT mappings_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id),
  CONSTRAINT mappings_valid_until_check CHECK (valid_until > valid_from)
);
CREATE UNIQUE INDEX mappings_current_key ON mappings (tenant_id, extension_id) WHERE valid_until IS NULL;
CREATE INDEX mappings_user_id_idx ON mappings (tenant_id, user_id);

-- A reference table: the tenant and the extension of an event come from the token's digest alone.
-- sealed is the token under the key ring, for composing the URL and for knowing our rows on the PBX.
CREATE TABLE event_tokens (
  digest bytea NOT NULL,
  tenant_id text NOT NULL,
  extension_id bigint NOT NULL,
  sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  CONSTRAINT event_tokens_pkey PRIMARY KEY (digest),
  CONSTRAINT event_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT event_tokens_digest_check CHECK (octet_length(digest) = 32)
);
CREATE UNIQUE INDEX event_tokens_live_key ON event_tokens (tenant_id, extension_id) WHERE retired_at IS NULL;
CREATE INDEX event_tokens_extension_idx ON event_tokens (tenant_id, extension_id);

-- Grows in the transaction that changes tokens, so that a server that missed a notification sees that its table is old.
CREATE TABLE event_token_version (
  only_row boolean NOT NULL DEFAULT true,
  version bigint NOT NULL,
  CONSTRAINT event_token_version_pkey PRIMARY KEY (only_row),
  CONSTRAINT event_token_version_only_row_check CHECK (only_row)
);
INSERT INTO event_token_version (version) VALUES (1);

CREATE FUNCTION note_event_token_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE event_token_version SET version = version + 1;
  PERFORM pg_notify('ringbridge_tokens', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER event_tokens_changed AFTER INSERT OR UPDATE OR DELETE ON event_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION note_event_token_change();

CREATE SEQUENCE reconcile_generations;

-- To-do rows: "bring this extension's subscriptions to the desired state". Claimed by a lease, never over an HTTP call's
-- transaction; a change during a run raises the generation, so the run's end does not remove it.
CREATE TABLE reconcile_todos (
  tenant_id text NOT NULL,
  extension_id bigint NOT NULL,
  generation bigint NOT NULL DEFAULT nextval('reconcile_generations'),
  interactive boolean NOT NULL DEFAULT false,
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  claim_id uuid,
  claimed_until timestamptz,
  CONSTRAINT reconcile_todos_pkey PRIMARY KEY (tenant_id, extension_id),
  CONSTRAINT reconcile_todos_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT reconcile_todos_claim_check CHECK ((claim_id IS NULL) = (claimed_until IS NULL))
);
CREATE INDEX reconcile_todos_due_at_idx ON reconcile_todos (interactive DESC, due_at);

-- What the last run saw and left, one row an extension that is or was mapped.
CREATE TABLE subscription_states (
  tenant_id text NOT NULL,
  extension_id bigint NOT NULL,
  state text NOT NULL,
  -- The generation of the to-do that the last finished run served; a waiting request compares with it.
  generation bigint NOT NULL,
  slot_limit integer,
  slots_used integer,
  slots_ours integer,
  foreign_hosts jsonb NOT NULL DEFAULT '{}',
  missing text[] NOT NULL DEFAULT '{}',
  added text[] NOT NULL DEFAULT '{}',
  removed text[] NOT NULL DEFAULT '{}',
  -- The PBX refused a row with this many present (decisions: lowered by what the PBX shows).
  observed_limit integer,
  checked_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT subscription_states_pkey PRIMARY KEY (tenant_id, extension_id),
  CONSTRAINT subscription_states_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT subscription_states_state_check CHECK (state IN ('active', 'pending', 'failed', 'removed')),
  CONSTRAINT subscription_states_missing_check CHECK (state <> 'active' OR missing = '{}')
);

CREATE INDEX subscription_states_checked_at_idx ON subscription_states (checked_at) WHERE state <> 'removed';

-- Our rows on the PBX, as the last finished run left them.
CREATE TABLE subscriptions (
  tenant_id text NOT NULL,
  extension_id bigint NOT NULL,
  event_id bigint NOT NULL,
  event_type text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT subscriptions_pkey PRIMARY KEY (tenant_id, extension_id, event_id),
  CONSTRAINT subscriptions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);

-- Open problems; extension_id is 0 for one that concerns the whole tenant.
CREATE TABLE problems (
  tenant_id text NOT NULL,
  code text NOT NULL,
  extension_id bigint NOT NULL DEFAULT 0,
  since timestamptz NOT NULL DEFAULT now(),
  data jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT problems_pkey PRIMARY KEY (tenant_id, code, extension_id),
  CONSTRAINT problems_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT problems_code_check CHECK (code IN (
    'event_limit_reached', 'credentials_rejected', 'access_denied', 'extension_gone', 'rate_limited', 'pbx_unreachable',
    'event_type_refused', 'stale_leg', 'silent_extension', 'quarantined_events'))
);

-- The hourly budget of a PBX client, shared by its tenants and by all server processes. Not a tenant's.
CREATE TABLE pbx_budgets (
  pbx_url text NOT NULL,
  pbx_client text NOT NULL,
  request_limit integer,
  remaining integer,
  reset_at timestamptz,
  blocked_until timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pbx_budgets_pkey PRIMARY KEY (pbx_url, pbx_client)
);

ALTER TABLE extensions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE directory_syncs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE mapping_sets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE mappings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE event_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE reconcile_todos ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE subscription_states ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE problems ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY extensions_tenant ON extensions TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY extensions_system ON extensions TO ringbridge_system USING (true);
CREATE POLICY directory_syncs_tenant ON directory_syncs TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY directory_syncs_system ON directory_syncs TO ringbridge_system USING (true);
CREATE POLICY mapping_sets_tenant ON mapping_sets TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY mapping_sets_system ON mapping_sets TO ringbridge_system USING (true);
CREATE POLICY mappings_tenant ON mappings TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY mappings_system ON mappings TO ringbridge_system USING (true);
CREATE POLICY event_tokens_tenant ON event_tokens TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY event_tokens_system ON event_tokens TO ringbridge_system USING (true);
CREATE POLICY reconcile_todos_tenant ON reconcile_todos TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY reconcile_todos_system ON reconcile_todos TO ringbridge_system USING (true);
CREATE POLICY subscription_states_tenant ON subscription_states TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY subscription_states_system ON subscription_states TO ringbridge_system USING (true);
CREATE POLICY subscriptions_tenant ON subscriptions TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY subscriptions_system ON subscriptions TO ringbridge_system USING (true);
CREATE POLICY problems_tenant ON problems TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY problems_system ON problems TO ringbridge_system USING (true);

GRANT SELECT ON extensions TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE ON extensions TO ringbridge_system;
GRANT SELECT, UPDATE ON directory_syncs TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE ON directory_syncs TO ringbridge_system;
GRANT SELECT, UPDATE ON mapping_sets TO ringbridge_server;
GRANT SELECT, INSERT ON mapping_sets TO ringbridge_system;
GRANT SELECT, INSERT, UPDATE ON mappings TO ringbridge_server;
GRANT SELECT ON mappings TO ringbridge_system;
GRANT SELECT, INSERT, UPDATE ON event_tokens TO ringbridge_server, ringbridge_system;
GRANT SELECT ON event_token_version TO ringbridge_system;
GRANT USAGE ON SEQUENCE reconcile_generations TO ringbridge_server, ringbridge_system;
GRANT SELECT, INSERT, UPDATE ON reconcile_todos TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON reconcile_todos TO ringbridge_system;
GRANT SELECT ON subscription_states TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE ON subscription_states TO ringbridge_system;
GRANT SELECT ON subscriptions TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO ringbridge_system;
GRANT SELECT ON problems TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON problems TO ringbridge_system;
GRANT SELECT, INSERT, UPDATE ON pbx_budgets TO ringbridge_system;
