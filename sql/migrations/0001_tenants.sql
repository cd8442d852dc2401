-- Tenants, their users, API keys and the audit log.
--
-- Three kinds of reader, and the policies that tell them apart:
--   ringbridge_server     sees the tenant named by app.tenant_id of its transaction
--   ringbridge_system     taken with SET LOCAL ROLE by what runs across tenants
--   ringbridge_connector  group of SQL connectors, tied to a tenant by session_user (0005)

GRANT USAGE ON SCHEMA public TO ringbridge_server, ringbridge_system;

CREATE TABLE tenants (
  tenant_id text NOT NULL,
  name text NOT NULL,
  locale text NOT NULL DEFAULT 'ru',
  time_zone text NOT NULL DEFAULT 'Europe/Moscow',
  status text NOT NULL DEFAULT 'active',
  version bigint NOT NULL DEFAULT 1,
  pbx_url text,
  pbx_client_id text NOT NULL DEFAULT '@me',
  -- What GET /user/ answered for "@me": tenants of one PBX client share its budget.
  pbx_client_resolved text,
  pbx_app_id text NOT NULL,
  pbx_app_secret_sealed text NOT NULL,
  external_only boolean NOT NULL DEFAULT true,
  record_unanswered_outgoing boolean NOT NULL DEFAULT true,
  direct_missed boolean NOT NULL DEFAULT false,
  agent_presence boolean NOT NULL DEFAULT false,
  -- Null: the server's ASSEMBLY_GRACE.
  grace_seconds double precision,
  stale_after_seconds integer NOT NULL DEFAULT 14400,
  event_limit integer NOT NULL DEFAULT 16,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT tenants_tenant_id_check CHECK (tenant_id ~ '^[A-Za-z0-9_-]{1,64}$'),
  CONSTRAINT tenants_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT tenants_locale_check CHECK (locale IN ('ru', 'en')),
  CONSTRAINT tenants_status_check CHECK (status IN ('active', 'suspended', 'removing')),
  CONSTRAINT tenants_version_check CHECK (version > 0),
  CONSTRAINT tenants_grace_seconds_check CHECK (grace_seconds BETWEEN 0 AND 3600),
  CONSTRAINT tenants_stale_after_seconds_check CHECK (stale_after_seconds BETWEEN 60 AND 604800),
  CONSTRAINT tenants_event_limit_check CHECK (event_limit BETWEEN 1 AND 1000)
);

CREATE TABLE users (
  tenant_id text NOT NULL,
  user_id text NOT NULL,
  name text NOT NULL,
  email text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_pkey PRIMARY KEY (tenant_id, user_id),
  CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT users_user_id_check CHECK (char_length(user_id) BETWEEN 1 AND 256),
  CONSTRAINT users_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT users_email_check CHECK (char_length(email) BETWEEN 3 AND 320)
);

-- A reference table: keys are looked up by digest before the tenant is known. The secret itself is never stored.
CREATE TABLE api_keys (
  key_id text NOT NULL,
  digest bytea NOT NULL,
  role text NOT NULL,
  tenant_id text,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT api_keys_digest_key UNIQUE (digest),
  CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT api_keys_digest_check CHECK (octet_length(digest) = 32),
  CONSTRAINT api_keys_role_check CHECK (role IN ('operator', 'admin', 'connector')),
  CONSTRAINT api_keys_tenant_id_check CHECK ((role = 'operator') = (tenant_id IS NULL)),
  CONSTRAINT api_keys_name_check CHECK (char_length(name) BETWEEN 1 AND 200)
);
CREATE INDEX api_keys_tenant_id_idx ON api_keys (tenant_id);

-- Append-only: nobody but the owner may update or delete. tenant_id is empty for what concerns no tenant.
CREATE TABLE audit_log (
  tenant_id text NOT NULL,
  audit_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  before jsonb,
  after jsonb,
  request_id text,
  CONSTRAINT audit_log_pkey PRIMARY KEY (tenant_id, audit_id)
);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenants_tenant ON tenants TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY tenants_system ON tenants TO ringbridge_system USING (true);
CREATE POLICY users_tenant ON users TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY users_system ON users TO ringbridge_system USING (true);
CREATE POLICY api_keys_system ON api_keys TO ringbridge_system USING (true);
CREATE POLICY audit_log_tenant ON audit_log TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY audit_log_system ON audit_log TO ringbridge_system USING (true);

GRANT SELECT ON tenants TO ringbridge_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenants TO ringbridge_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO ringbridge_server, ringbridge_system;
GRANT SELECT, INSERT, UPDATE ON api_keys TO ringbridge_system;
GRANT SELECT, INSERT ON audit_log TO ringbridge_server, ringbridge_system;
