-- Queue agents: who there is, whether they take calls, and the way of their events to us.

-- The local agents of the tenant's PBX, as its last successful listing gave them, with what their events said.
CREATE TABLE agents (
  tenant_id text NOT NULL,
  agent_id bigint NOT NULL,
  -- The PBX lists local and remote agents apart; only the local ones are read.
  kind text NOT NULL DEFAULT 'local',
  extension_name text,
  -- Null: not known, no event has said it since our rows are on the PBX.
  status text,
  -- When the event that changed the status arrived.
  since timestamptz,
  -- When the last understood event arrived: of two at once the later arrival wins, whichever is written first.
  heard_at timestamptz,
  -- Null while the PBX's listing has it.
  gone_at timestamptz,
  -- True from before our first row is added until the PBX has confirmed that the last one is gone.
  subscribed boolean NOT NULL DEFAULT false,
  -- The generation of agent_syncs in which the agent's rows were last brought to what is wanted.
  checked_generation bigint,
  CONSTRAINT agents_pkey PRIMARY KEY (tenant_id, agent_id),
  CONSTRAINT agents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT agents_kind_check CHECK (kind = 'local'),
  CONSTRAINT agents_status_check CHECK (status IN ('available', 'logged_out')),
  CONSTRAINT agents_since_check CHECK ((status IS NULL) = (since IS NULL)),
  CONSTRAINT agents_gone_at_check CHECK (gone_at IS NULL OR status IS NULL)
);

-- A reference table like event_tokens: the tenant and the agent of an event come from the token's digest alone.
CREATE TABLE agent_tokens (
  digest bytea NOT NULL,
  tenant_id text NOT NULL,
  agent_id bigint NOT NULL,
  sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  CONSTRAINT agent_tokens_pkey PRIMARY KEY (digest),
  CONSTRAINT agent_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT agent_tokens_digest_check CHECK (octet_length(digest) = 32)
);
CREATE UNIQUE INDEX agent_tokens_live_key ON agent_tokens (tenant_id, agent_id) WHERE retired_at IS NULL;
CREATE INDEX agent_tokens_agent_idx ON agent_tokens (tenant_id, agent_id);
-- One counter says that tokens changed, whoever's.
CREATE TRIGGER agent_tokens_changed AFTER INSERT OR UPDATE OR DELETE ON agent_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION note_event_token_change();

-- The to-do "read the tenant's agents and bring their subscriptions to the desired state", one row for each tenant that
-- ever had agent_presence. Claimed by a lease, never over an HTTP call's transaction.
CREATE TABLE agent_syncs (
  tenant_id text NOT NULL,
  -- The round that is due at due_at. Raised by each change of the tenant and at the end of a round, so that a run which was
  -- overtaken does not end it, and one that stopped half-way goes on with the agents that are left.
  generation bigint NOT NULL DEFAULT 1,
  -- Null: nothing to do until somebody asks.
  due_at timestamptz DEFAULT now(),
  synced_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  claim_id uuid,
  claimed_until timestamptz,
  CONSTRAINT agent_syncs_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT agent_syncs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT agent_syncs_claim_check CHECK ((claim_id IS NULL) = (claimed_until IS NULL))
);
CREATE INDEX agent_syncs_due_at_idx ON agent_syncs (due_at);
INSERT INTO agent_syncs (tenant_id) SELECT tenant_id FROM tenants WHERE agent_presence;

-- Append-only: agents' events as they arrived, until the end of retention.
-- fields holds the merged fields; an event that cannot be understood keeps its bytes in raw and the reason in quarantine.
CREATE TABLE agent_events (
  tenant_id text NOT NULL,
  arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  event_id bigint GENERATED ALWAYS AS IDENTITY,
  agent_id bigint NOT NULL,
  fields jsonb,
  raw bytea,
  quarantine text,
  source text,
  CONSTRAINT agent_events_pkey PRIMARY KEY (tenant_id, arrived_at, event_id),
  CONSTRAINT agent_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT agent_events_content_check CHECK (
    (fields IS NOT NULL AND quarantine IS NULL) OR (raw IS NOT NULL AND quarantine IS NOT NULL))
);
CREATE INDEX agent_events_arrived_at_idx ON agent_events (arrived_at);

ALTER TABLE agents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE agent_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE agent_syncs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE agent_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY agents_tenant ON agents FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY agents_system ON agents TO ringbridge_system USING (true);
CREATE POLICY agents_connector ON agents FOR SELECT TO ringbridge_connector
  USING (tenant_id = (SELECT crm.session_tenant()));
CREATE POLICY agent_tokens_system ON agent_tokens TO ringbridge_system USING (true);
CREATE POLICY agent_syncs_system ON agent_syncs TO ringbridge_system USING (true);
CREATE POLICY agent_events_tenant ON agent_events FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY agent_events_system ON agent_events TO ringbridge_system USING (true);

GRANT SELECT ON agents, agent_events TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE ON agents, agent_tokens, agent_syncs TO ringbridge_system;
GRANT SELECT, INSERT, DELETE ON agent_events TO ringbridge_system;

CREATE VIEW crm.agents WITH (security_invoker = true, security_barrier = true) AS
  SELECT agent_id, extension_name, status, since FROM public.agents WHERE gone_at IS NULL;
GRANT SELECT ON crm.agents TO ringbridge_connector;
GRANT SELECT (tenant_id, agent_id, extension_name, status, since, gone_at) ON agents TO ringbridge_connector;
