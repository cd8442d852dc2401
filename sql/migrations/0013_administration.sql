-- Administration: users that go, the audit log as it is read, and requests that may be repeated.

-- A mapping in force names a user that exists. The closed ones keep the ids of users that are gone: they attribute calls.
ALTER TABLE mappings
  ADD COLUMN current_user_id text GENERATED ALWAYS AS (CASE WHEN valid_until IS NULL THEN user_id END) STORED;
ALTER TABLE mappings DROP CONSTRAINT mappings_user_id_fkey;
ALTER TABLE mappings ADD CONSTRAINT mappings_current_user_id_fkey
  FOREIGN KEY (tenant_id, current_user_id) REFERENCES users (tenant_id, user_id);
DROP INDEX mappings_user_id_idx;
CREATE INDEX mappings_current_user_id_idx ON mappings (tenant_id, current_user_id) WHERE current_user_id IS NOT NULL;

-- Newest first: of one tenant, and of all.
CREATE INDEX audit_log_tenant_at_idx ON audit_log (tenant_id, at, audit_id);
CREATE INDEX audit_log_at_idx ON audit_log (at, audit_id);

-- What was answered to requests that carried an Idempotency-Key, for a day. Of a tenant that the request is about, so that it
-- goes with the tenant; tenant_id is empty for what concerns none. The principal's keys are its own across tenants: a
-- transaction-level advisory lock serialises them. Holds no secret: neither a request's body nor an API key's text.
CREATE TABLE idempotent_requests (
  tenant_id text NOT NULL,
  principal text NOT NULL,
  idempotency_key text NOT NULL,
  -- SHA-256 of method, path, query and body.
  fingerprint bytea NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  -- The process that works on it goes on claiming it; when it dies the claim runs out, and the request counts as never made.
  claim_id uuid NOT NULL,
  claimed_until timestamptz NOT NULL,
  status integer,
  headers jsonb,
  body bytea,
  CONSTRAINT idempotent_requests_pkey PRIMARY KEY (tenant_id, principal, idempotency_key),
  CONSTRAINT idempotent_requests_idempotency_key_check CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
  CONSTRAINT idempotent_requests_fingerprint_check CHECK (octet_length(fingerprint) = 32),
  CONSTRAINT idempotent_requests_answer_check
    CHECK ((status IS NULL) = (headers IS NULL) AND (status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotent_requests_key_idx ON idempotent_requests (principal, idempotency_key);
CREATE INDEX idempotent_requests_began_at_idx ON idempotent_requests (began_at);

ALTER TABLE idempotent_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotent_requests_system ON idempotent_requests TO ringbridge_system USING (true);
SELECT allow_tenant_erasure('idempotent_requests');
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotent_requests TO ringbridge_system;
