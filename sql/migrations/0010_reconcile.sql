-- Reconcile that is fair between tenants, the life of event tokens, and the removal of a tenant.

-- 429 answers without a Reset, in a row: the wait doubles with each (60 s to 15 min).
ALTER TABLE pbx_budgets ADD COLUMN refusals integer NOT NULL DEFAULT 0;

-- Nothing changed, it is only looked whether the PBX still has what we left there.
ALTER TABLE reconcile_todos ADD COLUMN drift boolean NOT NULL DEFAULT false;
-- To-dos are claimed tenant by tenant.
CREATE INDEX reconcile_todos_tenant_due_idx ON reconcile_todos (tenant_id, interactive DESC, due_at);
DROP INDEX reconcile_todos_due_at_idx;
CREATE INDEX reconcile_todos_claimed_idx ON reconcile_todos (tenant_id) WHERE claimed_until IS NOT NULL;

-- When a tenant's to-dos were last claimed: among equals the tenant that has waited longest goes first.
CREATE TABLE reconcile_turns (
  tenant_id text NOT NULL,
  served_at timestamptz NOT NULL,
  CONSTRAINT reconcile_turns_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT reconcile_turns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE
);

-- False: a run has added the row and not ended yet. When the PBX refuses the rest of a phone's four, such rows go again.
ALTER TABLE subscriptions ADD COLUMN settled boolean NOT NULL DEFAULT true;

-- Of a retired token: since when the PBX has been seen to have no row with it. It is accepted for 24 h after that.
ALTER TABLE event_tokens ADD COLUMN unused_since timestamptz;
ALTER TABLE event_tokens ADD CONSTRAINT event_tokens_unused_since_check
  CHECK (unused_since IS NULL OR retired_at IS NOT NULL);
CREATE INDEX event_tokens_unused_since_idx ON event_tokens (unused_since) WHERE unused_since IS NOT NULL;
GRANT DELETE ON event_tokens TO ringbridge_system;
-- Whose a token's events are does not change with that.
DROP TRIGGER event_tokens_changed ON event_tokens;
CREATE TRIGGER event_tokens_changed
  AFTER INSERT OR DELETE OR UPDATE OF digest, tenant_id, extension_id, retired_at ON event_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION note_event_token_change();

-- The PUBLIC_URL that the rows on the PBXs were last brought to.
CREATE TABLE last_public_url (
  only_row boolean NOT NULL DEFAULT true,
  url text NOT NULL,
  CONSTRAINT last_public_url_pkey PRIMARY KEY (only_row),
  CONSTRAINT last_public_url_only_row_check CHECK (only_row)
);
GRANT SELECT, INSERT, UPDATE ON last_public_url TO ringbridge_system;

ALTER TABLE reconcile_turns ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reconcile_turns_system ON reconcile_turns TO ringbridge_system USING (true);
GRANT SELECT, INSERT, UPDATE ON reconcile_turns TO ringbridge_system;

-- Tokens of a tenant that is being removed are not accepted: every server must notice.
CREATE TRIGGER tenants_status_changed AFTER UPDATE OF status ON tenants
  FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION note_event_token_change();

CREATE INDEX tenants_removing_idx ON tenants (tenant_id) WHERE status = 'removing';

-- SQL connectors of a tenant that is being removed see nothing any more, as its API keys stop.
CREATE OR REPLACE FUNCTION crm.session_tenant() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT r.tenant_id FROM public.connector_roles r JOIN public.tenants t USING (tenant_id)
  WHERE r.role_name = session_user AND t.status <> 'removing'
$$;

-- What a removal erases is the owner's to erase, one named tenant at a time: the runtime roles cannot delete events and
-- the audit log. Every table with a tenant_id needs this policy; a later migration that adds one adds it too.
CREATE FUNCTION allow_tenant_erasure(erasable regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  EXECUTE format('CREATE POLICY %I ON %s TO ringbridge_owner USING (tenant_id = nullif(current_setting(%L, true), %L))',
    (SELECT relname FROM pg_class WHERE oid = erasable) || '_erasure', erasable, 'app.erased_tenant', '');
END
$$;
REVOKE ALL ON FUNCTION allow_tenant_erasure(regclass) FROM PUBLIC;

-- The tables that hold rows of tenants; of a partitioned table its partitions.
CREATE FUNCTION tenant_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT c.oid::regclass FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'tenants'
  ORDER BY c.relname
$$;
REVOKE ALL ON FUNCTION tenant_tables() FROM PUBLIC;

SELECT allow_tenant_erasure(c.oid::regclass) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND c.relnamespace = 'public'::regnamespace
ORDER BY c.relname;

-- How many rows of a tenant each table holds: what its removal would erase.
CREATE FUNCTION count_tenant_rows(counted text) RETURNS TABLE (table_name text, row_count bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  one regclass;
BEGIN
  PERFORM set_config('app.erased_tenant', counted, true);
  FOR one IN SELECT * FROM tenant_tables() LOOP
    table_name := regexp_replace(one::text, '^events_(p[0-9]+|default)$', 'events');
    EXECUTE format('SELECT count(*) FROM %s WHERE tenant_id = $1', one) INTO row_count USING counted;
    RETURN NEXT;
  END LOOP;
  PERFORM set_config('app.erased_tenant', '', true);
END
$$;
REVOKE ALL ON FUNCTION count_tenant_rows(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_tenant_rows(text) TO ringbridge_system;

-- Erases up to `batch` rows of each table of a tenant that is being removed, and returns how many went. Null: the tenant is
-- not being removed, or another process is at it.
CREATE FUNCTION erase_tenant_rows(erased text, batch integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  one regclass;
  gone bigint;
  total bigint := 0;
BEGIN
  PERFORM set_config('app.erased_tenant', erased, true);
  PERFORM FROM tenants WHERE tenant_id = erased AND status = 'removing' FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  FOR one IN SELECT * FROM tenant_tables() WHERE tenant_tables <> 'connector_roles'::regclass LOOP
    BEGIN
      EXECUTE format(
        'DELETE FROM %s WHERE tenant_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE tenant_id = $1 LIMIT $2))',
        one, one) USING erased, batch;
      GET DIAGNOSTICS gone = ROW_COUNT;
      total := total + gone;
    EXCEPTION WHEN foreign_key_violation THEN
      -- Rows of another table still refer to these; that table's turn comes first.
      total := total + 1;
    END;
  END LOOP;
  PERFORM set_config('app.erased_tenant', '', true);
  RETURN total;
END
$$;
REVOKE ALL ON FUNCTION erase_tenant_rows(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_tenant_rows(text, integer) TO ringbridge_system;

-- The end of a removal: the SQL roles, what came in since the last batch, and the tenant itself. False: rows came in that
-- are too many for one transaction, or another process is at it; batches go on then.
CREATE FUNCTION finish_tenant_removal(erased text, batch integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
-- For a moment nothing may be written: an event whose batch began before the removal is waited for, later ones are refused.
SET lock_timeout = '500ms' AS $$
DECLARE
  role_to_drop text;
BEGIN
  LOCK TABLE events, assembly_due IN SHARE ROW EXCLUSIVE MODE;
  IF coalesce(erase_tenant_rows(erased, batch), batch) >= batch THEN
    RETURN false;
  END IF;
  PERFORM set_config('app.erased_tenant', erased, true);
  FOR role_to_drop IN SELECT role_name FROM connector_roles WHERE tenant_id = erased LOOP
    -- A role that somebody gave other rights cannot be dropped; then it can no longer log in.
    BEGIN
      EXECUTE format('DROP ROLE %I', role_to_drop);
    EXCEPTION
      WHEN undefined_object THEN
        NULL;
      WHEN dependent_objects_still_exist THEN
        EXECUTE format('ALTER ROLE %I NOLOGIN', role_to_drop);
    END;
  END LOOP;
  DELETE FROM tenants WHERE tenant_id = erased;
  PERFORM set_config('app.erased_tenant', '', true);
  RETURN true;
END
$$;
REVOKE ALL ON FUNCTION finish_tenant_removal(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_tenant_removal(text, integer) TO ringbridge_system;
