-- Roles of RingBridge. Run once by an operator: psql as a superuser, connected to the new, empty database.
-- Running it again changes nothing. Give the two login roles a password of your own afterwards:
--   \password ringbridge_owner
--   \password ringbridge_server

DO $$
BEGIN
  -- Owns and migrates the schema; makes the login roles of connectors that read by SQL.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringbridge_owner') THEN
    CREATE ROLE ringbridge_owner LOGIN CREATEROLE;
  END IF;
  -- What runs across tenants: look-ups by digest, ingest, the workers, the operator's lists. Taken with SET LOCAL ROLE.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringbridge_system') THEN
    CREATE ROLE ringbridge_system NOLOGIN;
  END IF;
  -- The runtime role: sees one tenant, the one of the transaction. NOINHERIT, so that the policies of ringbridge_system
  -- do not apply to it until it takes that role.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringbridge_server') THEN
    CREATE ROLE ringbridge_server LOGIN NOINHERIT;
  END IF;
  -- Group of the login roles that `ringbridge bi create` makes: they read schema crm, one tenant each.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringbridge_connector') THEN
    CREATE ROLE ringbridge_connector NOLOGIN;
  END IF;
END
$$;

GRANT ringbridge_system TO ringbridge_server;
GRANT ringbridge_connector TO ringbridge_owner WITH ADMIN OPTION;

DO $$
BEGIN
  EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO ringbridge_owner', current_database());
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO ringbridge_server, ringbridge_connector', current_database());
END
$$;

-- What PostgreSQL lets everybody do, and what a tenant's own SQL role could disturb the others with: fill the lock table,
-- write large objects, send notifications.
DO $$
DECLARE
  one regprocedure;
BEGIN
  FOR one IN
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace
      AND proname ~ '^(pg_(try_)?advisory_|pg_notify$|lo_|lowrite$|loread$)'
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ringbridge_owner, ringbridge_server, ringbridge_system', one);
  END LOOP;
END
$$;

ALTER SCHEMA public OWNER TO ringbridge_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
