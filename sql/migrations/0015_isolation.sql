-- What a tenant's own SQL role could still learn of other tenants, or keep after it was revoked.

-- A notification goes to whoever listens, and LISTEN cannot be refused: its payload names a tenant by a mark that only the
-- server's roles can compute.
CREATE TABLE wake_up_key (
  only_row boolean NOT NULL DEFAULT true,
  key bytea NOT NULL,
  CONSTRAINT wake_up_key_pkey PRIMARY KEY (only_row),
  CONSTRAINT wake_up_key_only_row_check CHECK (only_row),
  CONSTRAINT wake_up_key_key_check CHECK (octet_length(key) = 32)
);
INSERT INTO wake_up_key (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
GRANT SELECT ON wake_up_key TO ringbridge_server, ringbridge_system;

CREATE FUNCTION tenant_mark(tenant_id text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT encode(substr(sha256(key || convert_to(tenant_id, 'UTF8')), 1, 12), 'hex') FROM wake_up_key
$$;
REVOKE ALL ON FUNCTION tenant_mark(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_mark(text) TO ringbridge_server, ringbridge_system;

-- The planner's statistics are of all tenants, and EXPLAIN shows what they say of a value: without them its row counts do not
-- tell whether a number, a name or an address occurs elsewhere. What is there already goes only when the column's type is
-- set (the same; the partial indexes with it are built anew, once), which views forbid, so those are made again as they are.
DO $$
DECLARE
  views text[];
  one record;
BEGIN
  SELECT array_agg(format('CREATE VIEW crm.%I WITH (security_invoker = true, security_barrier = true) AS %s',
    relname, pg_get_viewdef(oid))) INTO views
  FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v';
  FOR one IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v' LOOP
    EXECUTE format('DROP VIEW %s', one.name);
  END LOOP;

  FOR one IN
    SELECT a.attrelid::regclass AS name, string_agg(format('ALTER COLUMN %I TYPE %s, ALTER COLUMN %I SET STATISTICS 0',
      a.attname, format_type(a.atttypid, a.atttypmod), a.attname), ', ') AS changes
    FROM pg_attribute a
    WHERE (a.attrelid = 'calls'::regclass AND a.attname IN ('sub_call_id', 'user_id', 'extension_id', 'extension_name',
        'client_number', 'client_number_e164', 'client_name', 'did', 'recording_id', 'callback_id'))
      OR (a.attrelid = 'users'::regclass AND a.attname IN ('user_id', 'name', 'email'))
      OR (a.attrelid = 'extensions'::regclass AND a.attname IN ('name', 'label'))
      OR (a.attrelid = 'agents'::regclass AND a.attname = 'extension_name')
    GROUP BY a.attrelid
  LOOP
    EXECUTE format('ALTER TABLE %s %s', one.name, one.changes);
  END LOOP;

  FOR i IN 1..array_length(views, 1) LOOP
    EXECUTE views[i];
  END LOOP;
  FOR one IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v' LOOP
    EXECUTE format('GRANT SELECT ON %s TO ringbridge_connector', one.name);
  END LOOP;
END
$$;
-- The ids of calls, random texts: as many as joins need, and the next ANALYZE brings it about.
ALTER TABLE calls ALTER COLUMN id SET STATISTICS 1, ALTER COLUMN call_id SET STATISTICS 1;

-- A condition of the session that cannot fail may be tried before the policy's, on rows of all tenants; whether the policy's
-- sub-select was ever needed, which EXPLAIN ANALYZE shows, then tells whether any row meets the condition. So the tenant is
-- looked at first: = ANY of one value counts as half of any comparison. The plain equation is for indexes and their order.
ALTER POLICY calls_connector ON calls USING (
  tenant_id = ANY (ARRAY[(SELECT crm.session_tenant())]) AND tenant_id = (SELECT crm.session_tenant()));
ALTER POLICY users_connector ON users USING (
  tenant_id = ANY (ARRAY[(SELECT crm.session_tenant())]) AND tenant_id = (SELECT crm.session_tenant()));
ALTER POLICY extensions_connector ON extensions USING (
  tenant_id = ANY (ARRAY[(SELECT crm.session_tenant())]) AND tenant_id = (SELECT crm.session_tenant()));
ALTER POLICY agents_connector ON agents USING (
  tenant_id = ANY (ARRAY[(SELECT crm.session_tenant())]) AND tenant_id = (SELECT crm.session_tenant()));

-- Read-only, time-outs and the search path are defaults that a session can change; what holds are grants and policies.
CREATE OR REPLACE FUNCTION create_connector_role(role_name text, password text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L CONNECTION LIMIT 5', role_name, password);
  EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', role_name);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', role_name, '30s');
  EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role_name, '60s');
  EXECUTE format('ALTER ROLE %I SET search_path = crm', role_name);
  EXECUTE format('GRANT ringbridge_connector TO %I', role_name);
END
$$;

-- A role can hold on to itself by default privileges or an object of its own; and its sessions outlive it.
CREATE OR REPLACE FUNCTION revoke_connector_role(tenant text, name text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  DELETE FROM connector_roles WHERE tenant_id = tenant AND role_name = name;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  BEGIN
    EXECUTE format('ALTER ROLE %I NOLOGIN', name);
    EXECUTE format('GRANT %I TO CURRENT_USER', name);
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = name;
    EXECUTE format('DROP OWNED BY %I', name);
    EXECUTE format('DROP ROLE %I', name);
  EXCEPTION
    WHEN undefined_object THEN
      NULL;
    WHEN dependent_objects_still_exist THEN
      -- It has something in another database of the cluster; it stays, and can no longer log in.
      EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', name);
      EXECUTE format('REVOKE ringbridge_connector FROM %I', name);
  END;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION note_event_token_change(), note_active_since() FROM PUBLIC;
