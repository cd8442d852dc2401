-- SQL for connectors: schema crm, read by login roles that are tied to one tenant by session_user.

CREATE TABLE connector_roles (
  tenant_id text NOT NULL,
  role_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT connector_roles_pkey PRIMARY KEY (tenant_id, role_name),
  CONSTRAINT connector_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);
CREATE INDEX connector_roles_role_name_idx ON connector_roles (role_name);
ALTER TABLE connector_roles ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY connector_roles_owner ON connector_roles TO ringbridge_owner USING (true);
CREATE POLICY connector_roles_system ON connector_roles FOR SELECT TO ringbridge_system USING (true);
GRANT SELECT ON connector_roles TO ringbridge_system;
-- `bi create` and `bi revoke` run as the owner: they must see that the tenant exists, and write the audit log.
CREATE POLICY tenants_owner ON tenants FOR SELECT TO ringbridge_owner USING (true);
CREATE POLICY audit_log_owner ON audit_log FOR INSERT TO ringbridge_owner WITH CHECK (true);

CREATE SCHEMA crm;

-- The tenant of the logged-in connector. session_user cannot be changed by a session, unlike a setting.
CREATE FUNCTION crm.session_tenant() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT tenant_id FROM public.connector_roles WHERE role_name = session_user
$$;
REVOKE ALL ON FUNCTION crm.session_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm.session_tenant() TO ringbridge_connector;

CREATE POLICY calls_connector ON calls FOR SELECT TO ringbridge_connector
  USING (tenant_id = (SELECT crm.session_tenant()));
CREATE POLICY users_connector ON users FOR SELECT TO ringbridge_connector
  USING (tenant_id = (SELECT crm.session_tenant()));
CREATE POLICY extensions_connector ON extensions FOR SELECT TO ringbridge_connector
  USING (tenant_id = (SELECT crm.session_tenant()));

CREATE VIEW crm.calls WITH (security_invoker = true, security_barrier = true) AS
  SELECT id, version, direction, status, call_id, sub_call_id, user_id, extension_id, extension_name, extension_type,
    client_number, client_number_e164, client_name, did, started_at, answered_at, ended_at, duration_us, recording_id,
    callback_id, transferred, internal, partial, flags, rule, rules_version
  FROM public.calls WHERE NOT withdrawn;

CREATE VIEW crm.call_changes WITH (security_invoker = true, security_barrier = true) AS
  SELECT seq, CASE WHEN withdrawn THEN 'delete' ELSE 'upsert' END AS op, id, version, direction, status, call_id,
    sub_call_id, user_id, extension_id, extension_name, extension_type, client_number, client_number_e164, client_name,
    did, started_at, answered_at, ended_at, duration_us, recording_id, callback_id, transferred, internal, partial, flags,
    rule, rules_version
  FROM public.calls;

CREATE VIEW crm.users WITH (security_invoker = true, security_barrier = true) AS
  SELECT user_id, name, email FROM public.users;

CREATE VIEW crm.extensions WITH (security_invoker = true, security_barrier = true) AS
  SELECT extension_id, name, type, label, status, last_event_at FROM public.extensions WHERE gone_at IS NULL;

GRANT USAGE ON SCHEMA crm TO ringbridge_connector;
GRANT SELECT ON crm.calls, crm.call_changes, crm.users, crm.extensions TO ringbridge_connector;
-- A security_invoker view reads as its user, so the group needs the columns the views show, and the policies above.
GRANT USAGE ON SCHEMA public TO ringbridge_connector;
GRANT SELECT (tenant_id, seq, withdrawn, id, version, direction, status, call_id, sub_call_id, user_id, extension_id,
  extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at, answered_at, ended_at,
  duration_us, recording_id, callback_id, transferred, internal, partial, flags, rule, rules_version)
  ON calls TO ringbridge_connector;
GRANT SELECT (tenant_id, user_id, name, email) ON users TO ringbridge_connector;
GRANT SELECT (tenant_id, extension_id, name, type, label, status, gone_at, last_event_at)
  ON extensions TO ringbridge_connector;

-- For `ringbridge bi create` and `bi revoke`, which run as the owner: role commands take no parameters, so these quote.
CREATE FUNCTION create_connector_role(role_name text, password text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L CONNECTION LIMIT 5', role_name, password);
  EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', role_name);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', role_name, '30s');
  EXECUTE format('ALTER ROLE %I SET search_path = crm', role_name);
  EXECUTE format('GRANT ringbridge_connector TO %I', role_name);
END
$$;
REVOKE ALL ON FUNCTION create_connector_role(text, text) FROM PUBLIC;

CREATE FUNCTION revoke_connector_role(tenant text, name text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  DELETE FROM connector_roles WHERE tenant_id = tenant AND role_name = name;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  EXECUTE format('DROP ROLE %I', name);
  RETURN true;
END
$$;
REVOKE ALL ON FUNCTION revoke_connector_role(text, text) FROM PUBLIC;
