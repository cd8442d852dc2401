-- Recordings that the PBX's call history knows, the searches for them, and calls to assemble again after a new listing.

-- What the call history said of a CallID: a fact beside its events, so that every re-assembly gives the same records.
CREATE TABLE known_recordings (
  tenant_id text NOT NULL,
  call_id text NOT NULL,
  extension_id bigint NOT NULL,
  -- As the history writes it; compared without regard to case.
  recording_id text NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT known_recordings_pkey PRIMARY KEY (tenant_id, call_id, extension_id, recording_id),
  CONSTRAINT known_recordings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT known_recordings_recording_id_check CHECK (recording_id <> '')
);
CREATE INDEX known_recordings_found_at_idx ON known_recordings (found_at);

-- When the PBX was last asked for recordings; one row a tenant, claimed by a lease.
CREATE TABLE recording_searches (
  tenant_id text NOT NULL,
  -- A call whose time to be asked for came before this was asked for then. Null: never.
  looked_at timestamptz,
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  claim_id uuid,
  claimed_until timestamptz,
  CONSTRAINT recording_searches_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT recording_searches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT recording_searches_claim_check CHECK ((claim_id IS NULL) = (claimed_until IS NULL))
);
CREATE INDEX recording_searches_due_at_idx ON recording_searches (due_at);
INSERT INTO recording_searches (tenant_id) SELECT tenant_id FROM tenants;

-- Each answered call is in one of the two: those that lack their recording, and those that have it.
CREATE INDEX calls_unrecorded_idx ON calls (tenant_id, created_at)
  WHERE status = 'answered' AND recording_id IS NULL AND NOT withdrawn;
CREATE INDEX calls_recorded_idx ON calls (tenant_id, created_at) WHERE recording_id IS NOT NULL AND NOT withdrawn;

-- A listing changed what calls are assembled with: the calls whose events arrived since then are to be assembled again.
ALTER TABLE directory_syncs ADD COLUMN reassemble_from timestamptz;
CREATE INDEX directory_syncs_reassemble_from_idx ON directory_syncs (reassemble_from) WHERE reassemble_from IS NOT NULL;

ALTER TABLE known_recordings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE recording_searches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY known_recordings_tenant ON known_recordings FOR SELECT TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY known_recordings_system ON known_recordings TO ringbridge_system USING (true);
CREATE POLICY recording_searches_system ON recording_searches TO ringbridge_system USING (true);

GRANT SELECT ON known_recordings TO ringbridge_server;
GRANT SELECT, INSERT, DELETE ON known_recordings TO ringbridge_system;
GRANT SELECT, INSERT, UPDATE ON recording_searches TO ringbridge_system;
