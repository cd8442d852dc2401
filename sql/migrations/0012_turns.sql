-- Resources of a PBX that take one request at a time, for all server processes; the life of agents' tokens.

-- What the PBX has refused as a second request at the same time: from then on, for a day, requests to it are sent one after
-- the other. The turn is held by a lease, over the request.
CREATE TABLE pbx_turns (
  pbx_url text NOT NULL,
  pbx_client text NOT NULL,
  resource text NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now(),
  holder uuid,
  held_until timestamptz,
  CONSTRAINT pbx_turns_pkey PRIMARY KEY (pbx_url, pbx_client, resource),
  CONSTRAINT pbx_turns_holder_check CHECK ((holder IS NULL) = (held_until IS NULL))
);
GRANT SELECT, INSERT, UPDATE ON pbx_turns TO ringbridge_system;

-- Of a retired token: since when the PBX has been seen to have no row with it. It is accepted for 24 h after that.
ALTER TABLE agent_tokens ADD COLUMN unused_since timestamptz;
ALTER TABLE agent_tokens ADD CONSTRAINT agent_tokens_unused_since_check
  CHECK (unused_since IS NULL OR retired_at IS NOT NULL);
CREATE INDEX agent_tokens_unused_since_idx ON agent_tokens (unused_since) WHERE unused_since IS NOT NULL;
GRANT DELETE ON agent_tokens TO ringbridge_system;
-- Whose a token's events are does not change with that.
DROP TRIGGER agent_tokens_changed ON agent_tokens;
CREATE TRIGGER agent_tokens_changed
  AFTER INSERT OR DELETE OR UPDATE OF digest, tenant_id, agent_id, retired_at ON agent_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION note_event_token_change();

-- Agents that have no row of ours, of all tenants: nobody looks at them again. The owner is under the policies too.
ALTER TABLE agents NO FORCE ROW LEVEL SECURITY;
ALTER TABLE agent_tokens NO FORCE ROW LEVEL SECURITY;
UPDATE agent_tokens t SET unused_since = now()
FROM agents a
WHERE a.tenant_id = t.tenant_id AND a.agent_id = t.agent_id AND NOT a.subscribed AND t.retired_at IS NOT NULL;
ALTER TABLE agents FORCE ROW LEVEL SECURITY;
ALTER TABLE agent_tokens FORCE ROW LEVEL SECURITY;
