-- The schema that sql/migrations make, written by admin-scripts/schema-dump with PostgreSQL 15.
-- Never applied; everything belongs to ringbridge_owner. CI compares it with the migrations.

-- Name: crm; Type: SCHEMA; Schema: -

CREATE SCHEMA crm;

-- Name: public; Type: SCHEMA; Schema: -

-- Name: session_tenant(); Type: FUNCTION; Schema: crm

CREATE FUNCTION crm.session_tenant() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
  SELECT r.tenant_id FROM public.connector_roles r JOIN public.tenants t USING (tenant_id)
  WHERE r.role_name = session_user AND t.status <> 'removing'
$$;

-- Name: allow_tenant_erasure(regclass); Type: FUNCTION; Schema: public

CREATE FUNCTION public.allow_tenant_erasure(erasable regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
  EXECUTE format('CREATE POLICY %I ON %s TO ringbridge_owner USING (tenant_id = nullif(current_setting(%L, true), %L))',
    (SELECT relname FROM pg_class WHERE oid = erasable) || '_erasure', erasable, 'app.erased_tenant', '');
END
$$;

-- Name: committed_since(xid, pg_snapshot); Type: FUNCTION; Schema: public

CREATE FUNCTION public.committed_since(writer xid, seen pg_snapshot) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  -- The row's 32 bits, completed from the 64 of the next transaction: the writer is the last before it with these bits.
  SELECT NOT pg_visible_in_snapshot(
    (pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      - ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - writer::text::bigint) & 4294967295))::text::xid8,
    seen)
$$;

-- Name: count_tenant_rows(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.count_tenant_rows(counted text) RETURNS TABLE(table_name text, row_count bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $_$
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
$_$;

-- Name: create_connector_role(text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_connector_role(role_name text, password text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L CONNECTION LIMIT 5', role_name, password);
  EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', role_name);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', role_name, '30s');
  EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role_name, '60s');
  EXECUTE format('ALTER ROLE %I SET search_path = crm', role_name);
  EXECUTE format('GRANT ringbridge_connector TO %I', role_name);
END
$$;

-- Name: drop_event_partition(interval); Type: FUNCTION; Schema: public

CREATE FUNCTION public.drop_event_partition(retention interval) RETURNS date
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '500ms'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
DECLARE
  -- What arrived before it goes.
  edge timestamptz := date_trunc('day', now() - greatest(retention, interval '1 day'));
  oldest text;
  dropped date;
  kept events[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('ensure_event_partitions', 0)) THEN
    RETURN NULL;
  END IF;
  SELECT c.relname INTO oldest FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_p[0-9]{8}$'
    AND c.relname < 'events_p' || to_char(edge, 'YYYYMMDD')
  ORDER BY c.relname LIMIT 1;
  IF FOUND THEN
    dropped := to_date(substr(oldest, 9), 'YYYYMMDD');
    edge := dropped + 1;
  END IF;
  -- One statement, so that an event that comes meanwhile cannot keep one day of its call and not another.
  WITH gone AS (
    DELETE FROM events_default e WHERE e.arrived_at < edge AND NOT EXISTS (
      SELECT FROM events later
      WHERE later.tenant_id = e.tenant_id AND later.call_id = e.call_id AND later.arrived_at >= edge))
  SELECT array_agg(e) INTO kept FROM events e
  WHERE e.arrived_at >= dropped::timestamptz AND e.arrived_at < edge AND EXISTS (
    SELECT FROM events later
    WHERE later.tenant_id = e.tenant_id AND later.call_id = e.call_id AND later.arrived_at >= edge);
  IF dropped IS NOT NULL THEN
    EXECUTE format('ALTER TABLE public.events DETACH PARTITION public.%I', oldest);
    INSERT INTO events_default SELECT k.* FROM unnest(kept) AS k;
    EXECUTE format('DROP TABLE public.%I', oldest);
  END IF;
  RETURN dropped;
END
$_$;

-- Name: ensure_event_partitions(integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.ensure_event_partitions(days_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '500ms'
    AS $$
DECLARE
  day date;
  made integer := 0;
  partition_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('ensure_event_partitions', 0));
  FOR day IN SELECT current_date + n FROM generate_series(0, least(days_ahead, 60)) AS n LOOP
    partition_name := 'events_p' || to_char(day, 'YYYYMMDD');
    IF to_regclass('public.' || partition_name) IS NULL
      AND NOT EXISTS (SELECT FROM events_default WHERE arrived_at >= day AND arrived_at < day + 1) THEN
      EXECUTE format('CREATE TABLE public.%I PARTITION OF public.events FOR VALUES FROM (%L) TO (%L)',
        partition_name, day::timestamptz, (day + 1)::timestamptz);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END
$$;

-- Name: erase_tenant_rows(text, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.erase_tenant_rows(erased text, batch integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $_$
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
$_$;

-- Name: finish_tenant_removal(text, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.finish_tenant_removal(erased text, batch integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    SET lock_timeout TO '500ms'
    AS $$
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

-- Name: note_active_since(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.note_active_since() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
  NEW.active_since := CASE
    WHEN NEW.state <> 'active' THEN NULL
    WHEN TG_OP = 'UPDATE' AND OLD.active_since IS NOT NULL THEN OLD.active_since
    ELSE now() END;
  RETURN NEW;
END
$$;

-- Name: note_event_token_change(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.note_event_token_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
  UPDATE event_token_version SET version = version + 1;
  PERFORM pg_notify('ringbridge_tokens', '');
  RETURN NULL;
END
$$;

-- Name: revoke_connector_role(text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.revoke_connector_role(tenant text, name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

-- Name: tenant_mark(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.tenant_mark(tenant_id text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
  SELECT encode(substr(sha256(key || convert_to(tenant_id, 'UTF8')), 1, 12), 'hex') FROM wake_up_key
$$;

-- Name: tenant_tables(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.tenant_tables() RETURNS SETOF regclass
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
  SELECT c.oid::regclass FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'tenants'
  ORDER BY c.relname
$$;

-- Name: agents; Type: TABLE; Schema: public

CREATE TABLE public.agents (
    tenant_id text NOT NULL,
    agent_id bigint NOT NULL,
    kind text DEFAULT 'local'::text NOT NULL,
    extension_name text,
    status text,
    since timestamp with time zone,
    heard_at timestamp with time zone,
    gone_at timestamp with time zone,
    subscribed boolean DEFAULT false NOT NULL,
    checked_generation bigint,
    CONSTRAINT agents_gone_at_check CHECK (((gone_at IS NULL) OR (status IS NULL))),
    CONSTRAINT agents_kind_check CHECK ((kind = 'local'::text)),
    CONSTRAINT agents_since_check CHECK (((status IS NULL) = (since IS NULL))),
    CONSTRAINT agents_status_check CHECK ((status = ANY (ARRAY['available'::text, 'logged_out'::text])))
);
ALTER TABLE ONLY public.agents ALTER COLUMN extension_name SET STATISTICS 0;

ALTER TABLE ONLY public.agents FORCE ROW LEVEL SECURITY;

-- Name: agents; Type: VIEW; Schema: crm

CREATE VIEW crm.agents WITH (security_invoker='true', security_barrier='true') AS
 SELECT agents.agent_id,
    agents.extension_name,
    agents.status,
    agents.since
   FROM public.agents
  WHERE (agents.gone_at IS NULL);

-- Name: calls; Type: TABLE; Schema: public

CREATE TABLE public.calls (
    tenant_id text NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    seq bigint NOT NULL,
    withdrawn boolean DEFAULT false NOT NULL,
    call_id text NOT NULL,
    record_key text NOT NULL,
    direction text NOT NULL,
    status text NOT NULL,
    sub_call_id text,
    user_id text,
    extension_id bigint NOT NULL,
    extension_name text NOT NULL,
    extension_type text NOT NULL,
    client_number text,
    client_number_e164 text,
    client_name text,
    did text,
    started_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone NOT NULL,
    duration_us bigint,
    recording_id text,
    callback_id text,
    transferred boolean NOT NULL,
    internal boolean NOT NULL,
    partial boolean NOT NULL,
    flags text[] NOT NULL,
    rule text NOT NULL,
    rules_version integer NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT calls_client_number_check CHECK ((client_number <> ''::text)),
    CONSTRAINT calls_duration_us_check CHECK ((duration_us >= 0)),
    CONSTRAINT calls_missed_check CHECK (((status <> 'missed'::text) OR ((duration_us = 0) AND (recording_id IS NULL) AND (answered_at IS NULL)))),
    CONSTRAINT calls_status_check CHECK ((((direction = 'incoming'::text) AND (status = ANY (ARRAY['answered'::text, 'missed'::text]))) OR ((direction = 'outgoing'::text) AND (status = ANY (ARRAY['answered'::text, 'busy'::text, 'cancelled'::text, 'no_answer'::text, 'failed'::text]))))),
    CONSTRAINT calls_version_check CHECK ((version > 0))
);
ALTER TABLE ONLY public.calls ALTER COLUMN id SET STATISTICS 1;
ALTER TABLE ONLY public.calls ALTER COLUMN call_id SET STATISTICS 1;
ALTER TABLE ONLY public.calls ALTER COLUMN sub_call_id SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN user_id SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN extension_id SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN extension_name SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN client_number SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN client_number_e164 SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN client_name SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN did SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN recording_id SET STATISTICS 0;
ALTER TABLE ONLY public.calls ALTER COLUMN callback_id SET STATISTICS 0;

ALTER TABLE ONLY public.calls FORCE ROW LEVEL SECURITY;

-- Name: call_changes; Type: VIEW; Schema: crm

CREATE VIEW crm.call_changes WITH (security_invoker='true', security_barrier='true') AS
 SELECT calls.seq,
        CASE
            WHEN calls.withdrawn THEN 'delete'::text
            ELSE 'upsert'::text
        END AS op,
    calls.id,
    calls.version,
    calls.direction,
    calls.status,
    calls.call_id,
    calls.sub_call_id,
    calls.user_id,
    calls.extension_id,
    calls.extension_name,
    calls.extension_type,
    calls.client_number,
    calls.client_number_e164,
    calls.client_name,
    calls.did,
    calls.started_at,
    calls.answered_at,
    calls.ended_at,
    calls.duration_us,
    calls.recording_id,
    calls.callback_id,
    calls.transferred,
    calls.internal,
    calls.partial,
    calls.flags,
    calls.rule,
    calls.rules_version
   FROM public.calls;

-- Name: calls; Type: VIEW; Schema: crm

CREATE VIEW crm.calls WITH (security_invoker='true', security_barrier='true') AS
 SELECT calls.id,
    calls.version,
    calls.direction,
    calls.status,
    calls.call_id,
    calls.sub_call_id,
    calls.user_id,
    calls.extension_id,
    calls.extension_name,
    calls.extension_type,
    calls.client_number,
    calls.client_number_e164,
    calls.client_name,
    calls.did,
    calls.started_at,
    calls.answered_at,
    calls.ended_at,
    calls.duration_us,
    calls.recording_id,
    calls.callback_id,
    calls.transferred,
    calls.internal,
    calls.partial,
    calls.flags,
    calls.rule,
    calls.rules_version
   FROM public.calls
  WHERE (NOT calls.withdrawn);

-- Name: extensions; Type: TABLE; Schema: public

CREATE TABLE public.extensions (
    tenant_id text NOT NULL,
    extension_id bigint NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    label text,
    status text NOT NULL,
    gone_at timestamp with time zone,
    last_event_at timestamp with time zone
);
ALTER TABLE ONLY public.extensions ALTER COLUMN name SET STATISTICS 0;
ALTER TABLE ONLY public.extensions ALTER COLUMN label SET STATISTICS 0;

ALTER TABLE ONLY public.extensions FORCE ROW LEVEL SECURITY;

-- Name: extensions; Type: VIEW; Schema: crm

CREATE VIEW crm.extensions WITH (security_invoker='true', security_barrier='true') AS
 SELECT extensions.extension_id,
    extensions.name,
    extensions.type,
    extensions.label,
    extensions.status,
    extensions.last_event_at
   FROM public.extensions
  WHERE (extensions.gone_at IS NULL);

-- Name: users; Type: TABLE; Schema: public

CREATE TABLE public.users (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 320))),
    CONSTRAINT users_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT users_user_id_check CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 256)))
);
ALTER TABLE ONLY public.users ALTER COLUMN user_id SET STATISTICS 0;
ALTER TABLE ONLY public.users ALTER COLUMN name SET STATISTICS 0;
ALTER TABLE ONLY public.users ALTER COLUMN email SET STATISTICS 0;

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

-- Name: users; Type: VIEW; Schema: crm

CREATE VIEW crm.users WITH (security_invoker='true', security_barrier='true') AS
 SELECT users.user_id,
    users.name,
    users.email
   FROM public.users;

-- Name: agent_events; Type: TABLE; Schema: public

CREATE TABLE public.agent_events (
    tenant_id text NOT NULL,
    arrived_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id bigint NOT NULL,
    agent_id bigint NOT NULL,
    fields jsonb,
    raw bytea,
    quarantine text,
    source text,
    CONSTRAINT agent_events_content_check CHECK ((((fields IS NOT NULL) AND (quarantine IS NULL)) OR ((raw IS NOT NULL) AND (quarantine IS NOT NULL))))
);

ALTER TABLE ONLY public.agent_events FORCE ROW LEVEL SECURITY;

-- Name: agent_events_event_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.agent_events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agent_events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: agent_syncs; Type: TABLE; Schema: public

CREATE TABLE public.agent_syncs (
    tenant_id text NOT NULL,
    generation bigint DEFAULT 1 NOT NULL,
    due_at timestamp with time zone DEFAULT now(),
    synced_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    claim_id uuid,
    claimed_until timestamp with time zone,
    CONSTRAINT agent_syncs_claim_check CHECK (((claim_id IS NULL) = (claimed_until IS NULL)))
);

ALTER TABLE ONLY public.agent_syncs FORCE ROW LEVEL SECURITY;

-- Name: agent_tokens; Type: TABLE; Schema: public

CREATE TABLE public.agent_tokens (
    digest bytea NOT NULL,
    tenant_id text NOT NULL,
    agent_id bigint NOT NULL,
    sealed text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone,
    unused_since timestamp with time zone,
    CONSTRAINT agent_tokens_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT agent_tokens_unused_since_check CHECK (((unused_since IS NULL) OR (retired_at IS NOT NULL)))
);

ALTER TABLE ONLY public.agent_tokens FORCE ROW LEVEL SECURITY;

-- Name: api_keys; Type: TABLE; Schema: public

CREATE TABLE public.api_keys (
    key_id text NOT NULL,
    digest bytea NOT NULL,
    role text NOT NULL,
    tenant_id text,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_keys_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT api_keys_role_check CHECK ((role = ANY (ARRAY['operator'::text, 'admin'::text, 'connector'::text]))),
    CONSTRAINT api_keys_tenant_id_check CHECK (((role = 'operator'::text) = (tenant_id IS NULL)))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

-- Name: assembly_due_ids; Type: SEQUENCE; Schema: public

CREATE SEQUENCE public.assembly_due_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: assembly_due; Type: TABLE; Schema: public

CREATE TABLE public.assembly_due (
    tenant_id text NOT NULL,
    due_id bigint DEFAULT nextval('public.assembly_due_ids'::regclass) NOT NULL,
    call_id text NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='20000');

ALTER TABLE ONLY public.assembly_due FORCE ROW LEVEL SECURITY;

-- Name: audit_log; Type: TABLE; Schema: public

CREATE TABLE public.audit_log (
    tenant_id text NOT NULL,
    audit_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

-- Name: audit_log_audit_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.audit_log ALTER COLUMN audit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_log_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: connector_roles; Type: TABLE; Schema: public

CREATE TABLE public.connector_roles (
    tenant_id text NOT NULL,
    role_name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.connector_roles FORCE ROW LEVEL SECURITY;

-- Name: directory_syncs; Type: TABLE; Schema: public

CREATE TABLE public.directory_syncs (
    tenant_id text NOT NULL,
    synced_at timestamp with time zone,
    failed_at timestamp with time zone,
    error_code text,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    interactive boolean DEFAULT true NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    claim_id uuid,
    claimed_until timestamp with time zone,
    reassemble_from timestamp with time zone,
    CONSTRAINT directory_syncs_claim_check CHECK (((claim_id IS NULL) = (claimed_until IS NULL))),
    CONSTRAINT directory_syncs_error_code_check CHECK (((failed_at IS NULL) = (error_code IS NULL)))
);

ALTER TABLE ONLY public.directory_syncs FORCE ROW LEVEL SECURITY;

-- Name: event_ids; Type: SEQUENCE; Schema: public

CREATE SEQUENCE public.event_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: event_token_version; Type: TABLE; Schema: public

CREATE TABLE public.event_token_version (
    only_row boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT event_token_version_only_row_check CHECK (only_row)
);

-- Name: event_tokens; Type: TABLE; Schema: public

CREATE TABLE public.event_tokens (
    digest bytea NOT NULL,
    tenant_id text NOT NULL,
    extension_id bigint NOT NULL,
    sealed text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone,
    unused_since timestamp with time zone,
    CONSTRAINT event_tokens_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT event_tokens_unused_since_check CHECK (((unused_since IS NULL) OR (retired_at IS NOT NULL)))
);

ALTER TABLE ONLY public.event_tokens FORCE ROW LEVEL SECURITY;

-- Name: events; Type: TABLE; Schema: public

CREATE TABLE public.events (
    tenant_id text NOT NULL,
    arrived_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id bigint DEFAULT nextval('public.event_ids'::regclass) NOT NULL,
    extension_id bigint NOT NULL,
    call_id text,
    fields jsonb,
    raw bytea,
    quarantine text,
    source text,
    CONSTRAINT events_call_id_check CHECK (((call_id IS NOT NULL) OR (quarantine IS NOT NULL))),
    CONSTRAINT events_content_check CHECK (((fields IS NOT NULL) OR ((raw IS NOT NULL) AND (quarantine IS NOT NULL))))
)
PARTITION BY RANGE (arrived_at);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;

-- Name: events_default; Type: TABLE; Schema: public

CREATE TABLE public.events_default (
    tenant_id text NOT NULL,
    arrived_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id bigint DEFAULT nextval('public.event_ids'::regclass) NOT NULL,
    extension_id bigint NOT NULL,
    call_id text,
    fields jsonb,
    raw bytea,
    quarantine text,
    source text,
    CONSTRAINT events_call_id_check CHECK (((call_id IS NOT NULL) OR (quarantine IS NOT NULL))),
    CONSTRAINT events_content_check CHECK (((fields IS NOT NULL) OR ((raw IS NOT NULL) AND (quarantine IS NOT NULL))))
);

ALTER TABLE ONLY public.events_default FORCE ROW LEVEL SECURITY;

-- Name: idempotent_requests; Type: TABLE; Schema: public

CREATE TABLE public.idempotent_requests (
    tenant_id text NOT NULL,
    principal text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint bytea NOT NULL,
    began_at timestamp with time zone DEFAULT now() NOT NULL,
    claim_id uuid NOT NULL,
    claimed_until timestamp with time zone NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    CONSTRAINT idempotent_requests_answer_check CHECK ((((status IS NULL) = (headers IS NULL)) AND ((status IS NULL) = (body IS NULL)))),
    CONSTRAINT idempotent_requests_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT idempotent_requests_idempotency_key_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 255)))
);

ALTER TABLE ONLY public.idempotent_requests FORCE ROW LEVEL SECURITY;

-- Name: known_recordings; Type: TABLE; Schema: public

CREATE TABLE public.known_recordings (
    tenant_id text NOT NULL,
    call_id text NOT NULL,
    extension_id bigint NOT NULL,
    recording_id text NOT NULL,
    found_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT known_recordings_recording_id_check CHECK ((recording_id <> ''::text))
);

ALTER TABLE ONLY public.known_recordings FORCE ROW LEVEL SECURITY;

-- Name: last_public_url; Type: TABLE; Schema: public

CREATE TABLE public.last_public_url (
    only_row boolean DEFAULT true NOT NULL,
    url text NOT NULL,
    CONSTRAINT last_public_url_only_row_check CHECK (only_row)
);

-- Name: mapping_sets; Type: TABLE; Schema: public

CREATE TABLE public.mapping_sets (
    tenant_id text NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY public.mapping_sets FORCE ROW LEVEL SECURITY;

-- Name: mappings; Type: TABLE; Schema: public

CREATE TABLE public.mappings (
    tenant_id text NOT NULL,
    extension_id bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    user_id text,
    current_user_id text GENERATED ALWAYS AS (
CASE
    WHEN (valid_until IS NULL) THEN user_id
    ELSE NULL::text
END) STORED,
    CONSTRAINT mappings_valid_until_check CHECK ((valid_until > valid_from))
);

ALTER TABLE ONLY public.mappings FORCE ROW LEVEL SECURITY;

-- Name: pbx_budgets; Type: TABLE; Schema: public

CREATE TABLE public.pbx_budgets (
    pbx_url text NOT NULL,
    pbx_client text NOT NULL,
    request_limit integer,
    remaining integer,
    reset_at timestamp with time zone,
    blocked_until timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    refusals integer DEFAULT 0 NOT NULL
);

-- Name: pbx_inquiries; Type: TABLE; Schema: public

CREATE TABLE public.pbx_inquiries (
    tenant_id text NOT NULL,
    inquiry_id uuid NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone,
    answer jsonb,
    CONSTRAINT pbx_inquiries_answer_check CHECK (((answer IS NULL) OR (claimed_at IS NOT NULL))),
    CONSTRAINT pbx_inquiries_kind_check CHECK ((kind = ANY (ARRAY['plan'::text, 'check'::text, 'recording'::text])))
);

ALTER TABLE ONLY public.pbx_inquiries FORCE ROW LEVEL SECURITY;

-- Name: pbx_turns; Type: TABLE; Schema: public

CREATE TABLE public.pbx_turns (
    pbx_url text NOT NULL,
    pbx_client text NOT NULL,
    resource text NOT NULL,
    refused_at timestamp with time zone DEFAULT now() NOT NULL,
    holder uuid,
    held_until timestamp with time zone,
    CONSTRAINT pbx_turns_holder_check CHECK (((holder IS NULL) = (held_until IS NULL)))
);

-- Name: problems; Type: TABLE; Schema: public

CREATE TABLE public.problems (
    tenant_id text NOT NULL,
    code text NOT NULL,
    extension_id bigint DEFAULT 0 NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT problems_code_check CHECK ((code = ANY (ARRAY['event_limit_reached'::text, 'credentials_rejected'::text, 'access_denied'::text, 'extension_gone'::text, 'rate_limited'::text, 'pbx_unreachable'::text, 'event_type_refused'::text, 'stale_leg'::text, 'silent_extension'::text, 'quarantined_events'::text])))
);

ALTER TABLE ONLY public.problems FORCE ROW LEVEL SECURITY;

-- Name: reconcile_generations; Type: SEQUENCE; Schema: public

CREATE SEQUENCE public.reconcile_generations
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: reconcile_todos; Type: TABLE; Schema: public

CREATE TABLE public.reconcile_todos (
    tenant_id text NOT NULL,
    extension_id bigint NOT NULL,
    generation bigint DEFAULT nextval('public.reconcile_generations'::regclass) NOT NULL,
    interactive boolean DEFAULT false NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    claim_id uuid,
    claimed_until timestamp with time zone,
    drift boolean DEFAULT false NOT NULL,
    CONSTRAINT reconcile_todos_claim_check CHECK (((claim_id IS NULL) = (claimed_until IS NULL)))
);

ALTER TABLE ONLY public.reconcile_todos FORCE ROW LEVEL SECURITY;

-- Name: reconcile_turns; Type: TABLE; Schema: public

CREATE TABLE public.reconcile_turns (
    tenant_id text NOT NULL,
    served_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.reconcile_turns FORCE ROW LEVEL SECURITY;

-- Name: recording_searches; Type: TABLE; Schema: public

CREATE TABLE public.recording_searches (
    tenant_id text NOT NULL,
    looked_at timestamp with time zone,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    claim_id uuid,
    claimed_until timestamp with time zone,
    CONSTRAINT recording_searches_claim_check CHECK (((claim_id IS NULL) = (claimed_until IS NULL)))
);

ALTER TABLE ONLY public.recording_searches FORCE ROW LEVEL SECURITY;

-- Name: replays; Type: TABLE; Schema: public

CREATE TABLE public.replays (
    tenant_id text NOT NULL,
    replay_id uuid DEFAULT gen_random_uuid() NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    call_id text NOT NULL,
    rules_version integer NOT NULL,
    tenant_version bigint NOT NULL,
    "position" text DEFAULT ''::text NOT NULL,
    examined bigint DEFAULT 0 NOT NULL,
    added bigint DEFAULT 0 NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    withdrawn bigint DEFAULT 0 NOT NULL,
    unchanged bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone
);

ALTER TABLE ONLY public.replays FORCE ROW LEVEL SECURITY;

-- Name: schema_migrations; Type: TABLE; Schema: public

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: silence_checks; Type: TABLE; Schema: public

CREATE TABLE public.silence_checks (
    tenant_id text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    claim_id uuid,
    claimed_until timestamp with time zone,
    CONSTRAINT silence_checks_claim_check CHECK (((claim_id IS NULL) = (claimed_until IS NULL)))
);

ALTER TABLE ONLY public.silence_checks FORCE ROW LEVEL SECURITY;

-- Name: stale_legs; Type: TABLE; Schema: public

CREATE TABLE public.stale_legs (
    tenant_id text NOT NULL,
    call_id text NOT NULL,
    leg_key text NOT NULL,
    extension_id bigint NOT NULL,
    sub_call_id text,
    since timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.stale_legs FORCE ROW LEVEL SECURITY;

-- Name: subscription_states; Type: TABLE; Schema: public

CREATE TABLE public.subscription_states (
    tenant_id text NOT NULL,
    extension_id bigint NOT NULL,
    state text NOT NULL,
    generation bigint NOT NULL,
    slot_limit integer,
    slots_used integer,
    slots_ours integer,
    foreign_hosts jsonb DEFAULT '{}'::jsonb NOT NULL,
    missing text[] DEFAULT '{}'::text[] NOT NULL,
    added text[] DEFAULT '{}'::text[] NOT NULL,
    removed text[] DEFAULT '{}'::text[] NOT NULL,
    observed_limit integer,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    active_since timestamp with time zone,
    CONSTRAINT subscription_states_missing_check CHECK (((state <> 'active'::text) OR (missing = '{}'::text[]))),
    CONSTRAINT subscription_states_state_check CHECK ((state = ANY (ARRAY['active'::text, 'pending'::text, 'failed'::text, 'removed'::text])))
);

ALTER TABLE ONLY public.subscription_states FORCE ROW LEVEL SECURITY;

-- Name: subscriptions; Type: TABLE; Schema: public

CREATE TABLE public.subscriptions (
    tenant_id text NOT NULL,
    extension_id bigint NOT NULL,
    event_id bigint NOT NULL,
    event_type text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    settled boolean DEFAULT true NOT NULL
);

ALTER TABLE ONLY public.subscriptions FORCE ROW LEVEL SECURITY;

-- Name: tenant_feeds; Type: TABLE; Schema: public

CREATE TABLE public.tenant_feeds (
    tenant_id text NOT NULL,
    last_seq bigint DEFAULT 0 NOT NULL,
    pruned_seq bigint DEFAULT 0 NOT NULL,
    prunes bigint DEFAULT 0 NOT NULL,
    CONSTRAINT tenant_feeds_last_seq_check CHECK ((last_seq >= 0)),
    CONSTRAINT tenant_feeds_pruned_seq_check CHECK (((pruned_seq >= 0) AND (pruned_seq <= last_seq))),
    CONSTRAINT tenant_feeds_prunes_check CHECK ((prunes >= 0))
);

ALTER TABLE ONLY public.tenant_feeds FORCE ROW LEVEL SECURITY;

-- Name: tenants; Type: TABLE; Schema: public

CREATE TABLE public.tenants (
    tenant_id text NOT NULL,
    name text NOT NULL,
    locale text DEFAULT 'ru'::text NOT NULL,
    time_zone text DEFAULT 'Europe/Moscow'::text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    pbx_url text,
    pbx_client_id text DEFAULT '@me'::text NOT NULL,
    pbx_client_resolved text,
    pbx_app_id text NOT NULL,
    pbx_app_secret_sealed text NOT NULL,
    external_only boolean DEFAULT true NOT NULL,
    record_unanswered_outgoing boolean DEFAULT true NOT NULL,
    direct_missed boolean DEFAULT false NOT NULL,
    agent_presence boolean DEFAULT false NOT NULL,
    grace_seconds double precision,
    stale_after_seconds integer DEFAULT 14400 NOT NULL,
    event_limit integer DEFAULT 16 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    call_retention_days integer,
    CONSTRAINT tenants_call_retention_days_check CHECK (((call_retention_days >= 1) AND (call_retention_days <= 36500))),
    CONSTRAINT tenants_event_limit_check CHECK (((event_limit >= 1) AND (event_limit <= 1000))),
    CONSTRAINT tenants_grace_seconds_check CHECK (((grace_seconds >= (0)::double precision) AND (grace_seconds <= (3600)::double precision))),
    CONSTRAINT tenants_locale_check CHECK ((locale = ANY (ARRAY['ru'::text, 'en'::text]))),
    CONSTRAINT tenants_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT tenants_stale_after_seconds_check CHECK (((stale_after_seconds >= 60) AND (stale_after_seconds <= 604800))),
    CONSTRAINT tenants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'removing'::text]))),
    CONSTRAINT tenants_tenant_id_check CHECK ((tenant_id ~ '^[A-Za-z0-9_-]{1,64}$'::text)),
    CONSTRAINT tenants_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

-- Name: wake_up_key; Type: TABLE; Schema: public

CREATE TABLE public.wake_up_key (
    only_row boolean DEFAULT true NOT NULL,
    key bytea NOT NULL,
    CONSTRAINT wake_up_key_key_check CHECK ((octet_length(key) = 32)),
    CONSTRAINT wake_up_key_only_row_check CHECK (only_row)
);

-- Name: events_default; Type: TABLE ATTACH; Schema: public

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_default DEFAULT;

-- Name: agent_events agent_events_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agent_events
    ADD CONSTRAINT agent_events_pkey PRIMARY KEY (tenant_id, arrived_at, event_id);

-- Name: agent_syncs agent_syncs_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agent_syncs
    ADD CONSTRAINT agent_syncs_pkey PRIMARY KEY (tenant_id);

-- Name: agent_tokens agent_tokens_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agent_tokens
    ADD CONSTRAINT agent_tokens_pkey PRIMARY KEY (digest);

-- Name: agents agents_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (tenant_id, agent_id);

-- Name: api_keys api_keys_digest_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_digest_key UNIQUE (digest);

-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (key_id);

-- Name: assembly_due assembly_due_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.assembly_due
    ADD CONSTRAINT assembly_due_pkey PRIMARY KEY (tenant_id, due_id);

-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (tenant_id, audit_id);

-- Name: calls calls_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (tenant_id, id);

-- Name: calls calls_record_key_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_record_key_key UNIQUE (tenant_id, call_id, record_key);

-- Name: calls calls_seq_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_seq_key UNIQUE (tenant_id, seq);

-- Name: connector_roles connector_roles_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.connector_roles
    ADD CONSTRAINT connector_roles_pkey PRIMARY KEY (tenant_id, role_name);

-- Name: directory_syncs directory_syncs_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.directory_syncs
    ADD CONSTRAINT directory_syncs_pkey PRIMARY KEY (tenant_id);

-- Name: event_token_version event_token_version_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.event_token_version
    ADD CONSTRAINT event_token_version_pkey PRIMARY KEY (only_row);

-- Name: event_tokens event_tokens_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.event_tokens
    ADD CONSTRAINT event_tokens_pkey PRIMARY KEY (digest);

-- Name: events events_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (tenant_id, arrived_at, event_id);

-- Name: events_default events_default_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.events_default
    ADD CONSTRAINT events_default_pkey PRIMARY KEY (tenant_id, arrived_at, event_id);

-- Name: extensions extensions_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.extensions
    ADD CONSTRAINT extensions_pkey PRIMARY KEY (tenant_id, extension_id);

-- Name: idempotent_requests idempotent_requests_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.idempotent_requests
    ADD CONSTRAINT idempotent_requests_pkey PRIMARY KEY (tenant_id, principal, idempotency_key);

-- Name: known_recordings known_recordings_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.known_recordings
    ADD CONSTRAINT known_recordings_pkey PRIMARY KEY (tenant_id, call_id, extension_id, recording_id);

-- Name: last_public_url last_public_url_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.last_public_url
    ADD CONSTRAINT last_public_url_pkey PRIMARY KEY (only_row);

-- Name: mapping_sets mapping_sets_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.mapping_sets
    ADD CONSTRAINT mapping_sets_pkey PRIMARY KEY (tenant_id);

-- Name: mappings mappings_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.mappings
    ADD CONSTRAINT mappings_pkey PRIMARY KEY (tenant_id, extension_id, valid_from);

-- Name: pbx_budgets pbx_budgets_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.pbx_budgets
    ADD CONSTRAINT pbx_budgets_pkey PRIMARY KEY (pbx_url, pbx_client);

-- Name: pbx_inquiries pbx_inquiries_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.pbx_inquiries
    ADD CONSTRAINT pbx_inquiries_pkey PRIMARY KEY (tenant_id, inquiry_id);

-- Name: pbx_turns pbx_turns_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.pbx_turns
    ADD CONSTRAINT pbx_turns_pkey PRIMARY KEY (pbx_url, pbx_client, resource);

-- Name: problems problems_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.problems
    ADD CONSTRAINT problems_pkey PRIMARY KEY (tenant_id, code, extension_id);

-- Name: reconcile_todos reconcile_todos_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.reconcile_todos
    ADD CONSTRAINT reconcile_todos_pkey PRIMARY KEY (tenant_id, extension_id);

-- Name: reconcile_turns reconcile_turns_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.reconcile_turns
    ADD CONSTRAINT reconcile_turns_pkey PRIMARY KEY (tenant_id);

-- Name: recording_searches recording_searches_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_searches
    ADD CONSTRAINT recording_searches_pkey PRIMARY KEY (tenant_id);

-- Name: replays replays_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.replays
    ADD CONSTRAINT replays_pkey PRIMARY KEY (tenant_id, replay_id);

-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

-- Name: silence_checks silence_checks_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.silence_checks
    ADD CONSTRAINT silence_checks_pkey PRIMARY KEY (tenant_id);

-- Name: stale_legs stale_legs_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.stale_legs
    ADD CONSTRAINT stale_legs_pkey PRIMARY KEY (tenant_id, call_id, leg_key);

-- Name: subscription_states subscription_states_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.subscription_states
    ADD CONSTRAINT subscription_states_pkey PRIMARY KEY (tenant_id, extension_id);

-- Name: subscriptions subscriptions_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (tenant_id, extension_id, event_id);

-- Name: tenant_feeds tenant_feeds_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.tenant_feeds
    ADD CONSTRAINT tenant_feeds_pkey PRIMARY KEY (tenant_id);

-- Name: tenants tenants_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);

-- Name: users users_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (tenant_id, user_id);

-- Name: wake_up_key wake_up_key_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.wake_up_key
    ADD CONSTRAINT wake_up_key_pkey PRIMARY KEY (only_row);

-- Name: agent_events_arrived_at_idx; Type: INDEX; Schema: public

CREATE INDEX agent_events_arrived_at_idx ON public.agent_events USING btree (arrived_at);

-- Name: agent_syncs_due_at_idx; Type: INDEX; Schema: public

CREATE INDEX agent_syncs_due_at_idx ON public.agent_syncs USING btree (due_at);

-- Name: agent_tokens_agent_idx; Type: INDEX; Schema: public

CREATE INDEX agent_tokens_agent_idx ON public.agent_tokens USING btree (tenant_id, agent_id);

-- Name: agent_tokens_live_key; Type: INDEX; Schema: public

CREATE UNIQUE INDEX agent_tokens_live_key ON public.agent_tokens USING btree (tenant_id, agent_id) WHERE (retired_at IS NULL);

-- Name: agent_tokens_unused_since_idx; Type: INDEX; Schema: public

CREATE INDEX agent_tokens_unused_since_idx ON public.agent_tokens USING btree (unused_since) WHERE (unused_since IS NOT NULL);

-- Name: api_keys_tenant_id_idx; Type: INDEX; Schema: public

CREATE INDEX api_keys_tenant_id_idx ON public.api_keys USING btree (tenant_id);

-- Name: assembly_due_call_id_idx; Type: INDEX; Schema: public

CREATE INDEX assembly_due_call_id_idx ON public.assembly_due USING btree (tenant_id, call_id);

-- Name: assembly_due_due_at_idx; Type: INDEX; Schema: public

CREATE INDEX assembly_due_due_at_idx ON public.assembly_due USING btree (due_at);

-- Name: audit_log_at_idx; Type: INDEX; Schema: public

CREATE INDEX audit_log_at_idx ON public.audit_log USING btree (at, audit_id);

-- Name: audit_log_tenant_at_idx; Type: INDEX; Schema: public

CREATE INDEX audit_log_tenant_at_idx ON public.audit_log USING btree (tenant_id, at, audit_id);

-- Name: calls_client_number_e164_idx; Type: INDEX; Schema: public

CREATE INDEX calls_client_number_e164_idx ON public.calls USING btree (tenant_id, client_number_e164, started_at DESC, id DESC) WHERE (NOT withdrawn);

-- Name: calls_client_number_idx; Type: INDEX; Schema: public

CREATE INDEX calls_client_number_idx ON public.calls USING btree (tenant_id, client_number, started_at DESC, id DESC) WHERE (NOT withdrawn);

-- Name: calls_ended_at_idx; Type: INDEX; Schema: public

CREATE INDEX calls_ended_at_idx ON public.calls USING btree (tenant_id, ended_at);

-- Name: calls_extension_id_idx; Type: INDEX; Schema: public

CREATE INDEX calls_extension_id_idx ON public.calls USING btree (tenant_id, extension_id, started_at DESC, id DESC) WHERE (NOT withdrawn);

-- Name: calls_recorded_idx; Type: INDEX; Schema: public

CREATE INDEX calls_recorded_idx ON public.calls USING btree (tenant_id, created_at) WHERE ((recording_id IS NOT NULL) AND (NOT withdrawn));

-- Name: calls_started_at_idx; Type: INDEX; Schema: public

CREATE INDEX calls_started_at_idx ON public.calls USING btree (tenant_id, started_at DESC, id DESC) WHERE (NOT withdrawn);

-- Name: calls_unrecorded_idx; Type: INDEX; Schema: public

CREATE INDEX calls_unrecorded_idx ON public.calls USING btree (tenant_id, created_at) WHERE ((status = 'answered'::text) AND (recording_id IS NULL) AND (NOT withdrawn));

-- Name: calls_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX calls_user_id_idx ON public.calls USING btree (tenant_id, user_id, started_at DESC, id DESC) WHERE (NOT withdrawn);

-- Name: connector_roles_role_name_idx; Type: INDEX; Schema: public

CREATE INDEX connector_roles_role_name_idx ON public.connector_roles USING btree (role_name);

-- Name: directory_syncs_due_at_idx; Type: INDEX; Schema: public

CREATE INDEX directory_syncs_due_at_idx ON public.directory_syncs USING btree (due_at);

-- Name: directory_syncs_reassemble_from_idx; Type: INDEX; Schema: public

CREATE INDEX directory_syncs_reassemble_from_idx ON public.directory_syncs USING btree (reassemble_from) WHERE (reassemble_from IS NOT NULL);

-- Name: event_tokens_extension_idx; Type: INDEX; Schema: public

CREATE INDEX event_tokens_extension_idx ON public.event_tokens USING btree (tenant_id, extension_id);

-- Name: event_tokens_live_key; Type: INDEX; Schema: public

CREATE UNIQUE INDEX event_tokens_live_key ON public.event_tokens USING btree (tenant_id, extension_id) WHERE (retired_at IS NULL);

-- Name: event_tokens_unused_since_idx; Type: INDEX; Schema: public

CREATE INDEX event_tokens_unused_since_idx ON public.event_tokens USING btree (unused_since) WHERE (unused_since IS NOT NULL);

-- Name: events_call_id_idx; Type: INDEX; Schema: public

CREATE INDEX events_call_id_idx ON ONLY public.events USING btree (tenant_id, call_id);

-- Name: events_event_id_idx; Type: INDEX; Schema: public

CREATE INDEX events_event_id_idx ON ONLY public.events USING brin (event_id) WITH (pages_per_range='32');

-- Name: events_default_event_id_idx; Type: INDEX; Schema: public

CREATE INDEX events_default_event_id_idx ON public.events_default USING brin (event_id) WITH (pages_per_range='32');

-- Name: events_quarantine_idx; Type: INDEX; Schema: public

CREATE INDEX events_quarantine_idx ON ONLY public.events USING btree (tenant_id, arrived_at) WHERE (quarantine IS NOT NULL);

-- Name: events_default_tenant_id_arrived_at_idx; Type: INDEX; Schema: public

CREATE INDEX events_default_tenant_id_arrived_at_idx ON public.events_default USING btree (tenant_id, arrived_at) WHERE (quarantine IS NOT NULL);

-- Name: events_default_tenant_id_call_id_idx; Type: INDEX; Schema: public

CREATE INDEX events_default_tenant_id_call_id_idx ON public.events_default USING btree (tenant_id, call_id);

-- Name: idempotent_requests_began_at_idx; Type: INDEX; Schema: public

CREATE INDEX idempotent_requests_began_at_idx ON public.idempotent_requests USING btree (began_at);

-- Name: idempotent_requests_key_idx; Type: INDEX; Schema: public

CREATE INDEX idempotent_requests_key_idx ON public.idempotent_requests USING btree (principal, idempotency_key);

-- Name: known_recordings_found_at_idx; Type: INDEX; Schema: public

CREATE INDEX known_recordings_found_at_idx ON public.known_recordings USING btree (found_at);

-- Name: mappings_current_key; Type: INDEX; Schema: public

CREATE UNIQUE INDEX mappings_current_key ON public.mappings USING btree (tenant_id, extension_id) WHERE (valid_until IS NULL);

-- Name: mappings_current_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX mappings_current_user_id_idx ON public.mappings USING btree (tenant_id, current_user_id) WHERE (current_user_id IS NOT NULL);

-- Name: pbx_inquiries_unclaimed_idx; Type: INDEX; Schema: public

CREATE INDEX pbx_inquiries_unclaimed_idx ON public.pbx_inquiries USING btree (asked_at) WHERE (claimed_at IS NULL);

-- Name: reconcile_todos_claimed_idx; Type: INDEX; Schema: public

CREATE INDEX reconcile_todos_claimed_idx ON public.reconcile_todos USING btree (tenant_id) WHERE (claimed_until IS NOT NULL);

-- Name: reconcile_todos_tenant_due_idx; Type: INDEX; Schema: public

CREATE INDEX reconcile_todos_tenant_due_idx ON public.reconcile_todos USING btree (tenant_id, interactive DESC, due_at);

-- Name: recording_searches_due_at_idx; Type: INDEX; Schema: public

CREATE INDEX recording_searches_due_at_idx ON public.recording_searches USING btree (due_at);

-- Name: replays_open_key; Type: INDEX; Schema: public

CREATE UNIQUE INDEX replays_open_key ON public.replays USING btree (tenant_id, since, until, call_id) WHERE (finished_at IS NULL);

-- Name: silence_checks_due_at_idx; Type: INDEX; Schema: public

CREATE INDEX silence_checks_due_at_idx ON public.silence_checks USING btree (due_at);

-- Name: stale_legs_since_idx; Type: INDEX; Schema: public

CREATE INDEX stale_legs_since_idx ON public.stale_legs USING btree (tenant_id, since);

-- Name: subscription_states_active_since_idx; Type: INDEX; Schema: public

CREATE INDEX subscription_states_active_since_idx ON public.subscription_states USING btree (active_since) WHERE (active_since IS NOT NULL);

-- Name: subscription_states_checked_at_idx; Type: INDEX; Schema: public

CREATE INDEX subscription_states_checked_at_idx ON public.subscription_states USING btree (checked_at) WHERE (state <> 'removed'::text);

-- Name: tenants_removing_idx; Type: INDEX; Schema: public

CREATE INDEX tenants_removing_idx ON public.tenants USING btree (tenant_id) WHERE (status = 'removing'::text);

-- Name: events_default_event_id_idx; Type: INDEX ATTACH; Schema: public

ALTER INDEX public.events_event_id_idx ATTACH PARTITION public.events_default_event_id_idx;

-- Name: events_default_pkey; Type: INDEX ATTACH; Schema: public

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_default_pkey;

-- Name: events_default_tenant_id_arrived_at_idx; Type: INDEX ATTACH; Schema: public

ALTER INDEX public.events_quarantine_idx ATTACH PARTITION public.events_default_tenant_id_arrived_at_idx;

-- Name: events_default_tenant_id_call_id_idx; Type: INDEX ATTACH; Schema: public

ALTER INDEX public.events_call_id_idx ATTACH PARTITION public.events_default_tenant_id_call_id_idx;

-- Name: agent_tokens agent_tokens_changed; Type: TRIGGER; Schema: public

CREATE TRIGGER agent_tokens_changed AFTER INSERT OR DELETE OR UPDATE OF digest, tenant_id, agent_id, retired_at ON public.agent_tokens FOR EACH STATEMENT EXECUTE FUNCTION public.note_event_token_change();

-- Name: event_tokens event_tokens_changed; Type: TRIGGER; Schema: public

CREATE TRIGGER event_tokens_changed AFTER INSERT OR DELETE OR UPDATE OF digest, tenant_id, extension_id, retired_at ON public.event_tokens FOR EACH STATEMENT EXECUTE FUNCTION public.note_event_token_change();

-- Name: subscription_states subscription_states_active_since; Type: TRIGGER; Schema: public

CREATE TRIGGER subscription_states_active_since BEFORE INSERT OR UPDATE OF state ON public.subscription_states FOR EACH ROW EXECUTE FUNCTION public.note_active_since();

-- Name: tenants tenants_status_changed; Type: TRIGGER; Schema: public

CREATE TRIGGER tenants_status_changed AFTER UPDATE OF status ON public.tenants FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION public.note_event_token_change();

-- Name: agent_events agent_events_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agent_events
    ADD CONSTRAINT agent_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: agent_syncs agent_syncs_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agent_syncs
    ADD CONSTRAINT agent_syncs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: agent_tokens agent_tokens_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agent_tokens
    ADD CONSTRAINT agent_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: agents agents_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: api_keys api_keys_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: calls calls_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: connector_roles connector_roles_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.connector_roles
    ADD CONSTRAINT connector_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: directory_syncs directory_syncs_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.directory_syncs
    ADD CONSTRAINT directory_syncs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: event_tokens event_tokens_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.event_tokens
    ADD CONSTRAINT event_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: extensions extensions_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.extensions
    ADD CONSTRAINT extensions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: known_recordings known_recordings_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.known_recordings
    ADD CONSTRAINT known_recordings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: mapping_sets mapping_sets_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.mapping_sets
    ADD CONSTRAINT mapping_sets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: mappings mappings_current_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.mappings
    ADD CONSTRAINT mappings_current_user_id_fkey FOREIGN KEY (tenant_id, current_user_id) REFERENCES public.users(tenant_id, user_id);

-- Name: mappings mappings_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.mappings
    ADD CONSTRAINT mappings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: pbx_inquiries pbx_inquiries_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.pbx_inquiries
    ADD CONSTRAINT pbx_inquiries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: problems problems_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.problems
    ADD CONSTRAINT problems_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: reconcile_todos reconcile_todos_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.reconcile_todos
    ADD CONSTRAINT reconcile_todos_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: reconcile_turns reconcile_turns_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.reconcile_turns
    ADD CONSTRAINT reconcile_turns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: recording_searches recording_searches_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_searches
    ADD CONSTRAINT recording_searches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: replays replays_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.replays
    ADD CONSTRAINT replays_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: silence_checks silence_checks_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.silence_checks
    ADD CONSTRAINT silence_checks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: stale_legs stale_legs_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.stale_legs
    ADD CONSTRAINT stale_legs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: subscription_states subscription_states_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.subscription_states
    ADD CONSTRAINT subscription_states_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: subscriptions subscriptions_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: tenant_feeds tenant_feeds_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.tenant_feeds
    ADD CONSTRAINT tenant_feeds_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: users users_tenant_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id) ON DELETE CASCADE;

-- Name: agent_events; Type: ROW SECURITY; Schema: public

ALTER TABLE public.agent_events ENABLE ROW LEVEL SECURITY;

-- Name: agent_events agent_events_erasure; Type: POLICY; Schema: public

CREATE POLICY agent_events_erasure ON public.agent_events TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: agent_events agent_events_system; Type: POLICY; Schema: public

CREATE POLICY agent_events_system ON public.agent_events TO ringbridge_system USING (true);

-- Name: agent_events agent_events_tenant; Type: POLICY; Schema: public

CREATE POLICY agent_events_tenant ON public.agent_events FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: agent_syncs; Type: ROW SECURITY; Schema: public

ALTER TABLE public.agent_syncs ENABLE ROW LEVEL SECURITY;

-- Name: agent_syncs agent_syncs_erasure; Type: POLICY; Schema: public

CREATE POLICY agent_syncs_erasure ON public.agent_syncs TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: agent_syncs agent_syncs_system; Type: POLICY; Schema: public

CREATE POLICY agent_syncs_system ON public.agent_syncs TO ringbridge_system USING (true);

-- Name: agent_tokens; Type: ROW SECURITY; Schema: public

ALTER TABLE public.agent_tokens ENABLE ROW LEVEL SECURITY;

-- Name: agent_tokens agent_tokens_erasure; Type: POLICY; Schema: public

CREATE POLICY agent_tokens_erasure ON public.agent_tokens TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: agent_tokens agent_tokens_system; Type: POLICY; Schema: public

CREATE POLICY agent_tokens_system ON public.agent_tokens TO ringbridge_system USING (true);

-- Name: agents; Type: ROW SECURITY; Schema: public

ALTER TABLE public.agents ENABLE ROW LEVEL SECURITY;

-- Name: agents agents_connector; Type: POLICY; Schema: public

CREATE POLICY agents_connector ON public.agents FOR SELECT TO ringbridge_connector USING (((tenant_id = ANY (ARRAY[( SELECT crm.session_tenant() AS session_tenant)])) AND (tenant_id = ( SELECT crm.session_tenant() AS session_tenant))));

-- Name: agents agents_erasure; Type: POLICY; Schema: public

CREATE POLICY agents_erasure ON public.agents TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: agents agents_system; Type: POLICY; Schema: public

CREATE POLICY agents_system ON public.agents TO ringbridge_system USING (true);

-- Name: agents agents_tenant; Type: POLICY; Schema: public

CREATE POLICY agents_tenant ON public.agents FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: api_keys; Type: ROW SECURITY; Schema: public

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

-- Name: api_keys api_keys_erasure; Type: POLICY; Schema: public

CREATE POLICY api_keys_erasure ON public.api_keys TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: api_keys api_keys_system; Type: POLICY; Schema: public

CREATE POLICY api_keys_system ON public.api_keys TO ringbridge_system USING (true);

-- Name: assembly_due; Type: ROW SECURITY; Schema: public

ALTER TABLE public.assembly_due ENABLE ROW LEVEL SECURITY;

-- Name: assembly_due assembly_due_erasure; Type: POLICY; Schema: public

CREATE POLICY assembly_due_erasure ON public.assembly_due TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: assembly_due assembly_due_system; Type: POLICY; Schema: public

CREATE POLICY assembly_due_system ON public.assembly_due TO ringbridge_system USING (true);

-- Name: assembly_due assembly_due_tenant; Type: POLICY; Schema: public

CREATE POLICY assembly_due_tenant ON public.assembly_due FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: audit_log; Type: ROW SECURITY; Schema: public

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

-- Name: audit_log audit_log_erasure; Type: POLICY; Schema: public

CREATE POLICY audit_log_erasure ON public.audit_log TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: audit_log audit_log_owner; Type: POLICY; Schema: public

CREATE POLICY audit_log_owner ON public.audit_log FOR INSERT TO ringbridge_owner WITH CHECK (true);

-- Name: audit_log audit_log_system; Type: POLICY; Schema: public

CREATE POLICY audit_log_system ON public.audit_log TO ringbridge_system USING (true);

-- Name: audit_log audit_log_tenant; Type: POLICY; Schema: public

CREATE POLICY audit_log_tenant ON public.audit_log TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: calls; Type: ROW SECURITY; Schema: public

ALTER TABLE public.calls ENABLE ROW LEVEL SECURITY;

-- Name: calls calls_connector; Type: POLICY; Schema: public

CREATE POLICY calls_connector ON public.calls FOR SELECT TO ringbridge_connector USING (((tenant_id = ANY (ARRAY[( SELECT crm.session_tenant() AS session_tenant)])) AND (tenant_id = ( SELECT crm.session_tenant() AS session_tenant))));

-- Name: calls calls_erasure; Type: POLICY; Schema: public

CREATE POLICY calls_erasure ON public.calls TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: calls calls_system; Type: POLICY; Schema: public

CREATE POLICY calls_system ON public.calls TO ringbridge_system USING (true);

-- Name: calls calls_tenant; Type: POLICY; Schema: public

CREATE POLICY calls_tenant ON public.calls FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: connector_roles; Type: ROW SECURITY; Schema: public

ALTER TABLE public.connector_roles ENABLE ROW LEVEL SECURITY;

-- Name: connector_roles connector_roles_erasure; Type: POLICY; Schema: public

CREATE POLICY connector_roles_erasure ON public.connector_roles TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: connector_roles connector_roles_owner; Type: POLICY; Schema: public

CREATE POLICY connector_roles_owner ON public.connector_roles TO ringbridge_owner USING (true);

-- Name: connector_roles connector_roles_system; Type: POLICY; Schema: public

CREATE POLICY connector_roles_system ON public.connector_roles FOR SELECT TO ringbridge_system USING (true);

-- Name: directory_syncs; Type: ROW SECURITY; Schema: public

ALTER TABLE public.directory_syncs ENABLE ROW LEVEL SECURITY;

-- Name: directory_syncs directory_syncs_erasure; Type: POLICY; Schema: public

CREATE POLICY directory_syncs_erasure ON public.directory_syncs TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: directory_syncs directory_syncs_system; Type: POLICY; Schema: public

CREATE POLICY directory_syncs_system ON public.directory_syncs TO ringbridge_system USING (true);

-- Name: directory_syncs directory_syncs_tenant; Type: POLICY; Schema: public

CREATE POLICY directory_syncs_tenant ON public.directory_syncs TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: event_tokens; Type: ROW SECURITY; Schema: public

ALTER TABLE public.event_tokens ENABLE ROW LEVEL SECURITY;

-- Name: event_tokens event_tokens_erasure; Type: POLICY; Schema: public

CREATE POLICY event_tokens_erasure ON public.event_tokens TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: event_tokens event_tokens_system; Type: POLICY; Schema: public

CREATE POLICY event_tokens_system ON public.event_tokens TO ringbridge_system USING (true);

-- Name: event_tokens event_tokens_tenant; Type: POLICY; Schema: public

CREATE POLICY event_tokens_tenant ON public.event_tokens TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: events; Type: ROW SECURITY; Schema: public

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

-- Name: events_default; Type: ROW SECURITY; Schema: public

ALTER TABLE public.events_default ENABLE ROW LEVEL SECURITY;

-- Name: events_default events_default_erasure; Type: POLICY; Schema: public

CREATE POLICY events_default_erasure ON public.events_default TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: events_default events_default_owner; Type: POLICY; Schema: public

CREATE POLICY events_default_owner ON public.events_default TO ringbridge_owner USING (true);

-- Name: events events_erasure; Type: POLICY; Schema: public

CREATE POLICY events_erasure ON public.events TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: events events_owner; Type: POLICY; Schema: public

CREATE POLICY events_owner ON public.events FOR SELECT TO ringbridge_owner USING (true);

-- Name: events events_system; Type: POLICY; Schema: public

CREATE POLICY events_system ON public.events TO ringbridge_system USING (true);

-- Name: events events_tenant; Type: POLICY; Schema: public

CREATE POLICY events_tenant ON public.events FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: extensions; Type: ROW SECURITY; Schema: public

ALTER TABLE public.extensions ENABLE ROW LEVEL SECURITY;

-- Name: extensions extensions_connector; Type: POLICY; Schema: public

CREATE POLICY extensions_connector ON public.extensions FOR SELECT TO ringbridge_connector USING (((tenant_id = ANY (ARRAY[( SELECT crm.session_tenant() AS session_tenant)])) AND (tenant_id = ( SELECT crm.session_tenant() AS session_tenant))));

-- Name: extensions extensions_erasure; Type: POLICY; Schema: public

CREATE POLICY extensions_erasure ON public.extensions TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: extensions extensions_system; Type: POLICY; Schema: public

CREATE POLICY extensions_system ON public.extensions TO ringbridge_system USING (true);

-- Name: extensions extensions_tenant; Type: POLICY; Schema: public

CREATE POLICY extensions_tenant ON public.extensions TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: idempotent_requests; Type: ROW SECURITY; Schema: public

ALTER TABLE public.idempotent_requests ENABLE ROW LEVEL SECURITY;

-- Name: idempotent_requests idempotent_requests_erasure; Type: POLICY; Schema: public

CREATE POLICY idempotent_requests_erasure ON public.idempotent_requests TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: idempotent_requests idempotent_requests_system; Type: POLICY; Schema: public

CREATE POLICY idempotent_requests_system ON public.idempotent_requests TO ringbridge_system USING (true);

-- Name: known_recordings; Type: ROW SECURITY; Schema: public

ALTER TABLE public.known_recordings ENABLE ROW LEVEL SECURITY;

-- Name: known_recordings known_recordings_erasure; Type: POLICY; Schema: public

CREATE POLICY known_recordings_erasure ON public.known_recordings TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: known_recordings known_recordings_system; Type: POLICY; Schema: public

CREATE POLICY known_recordings_system ON public.known_recordings TO ringbridge_system USING (true);

-- Name: known_recordings known_recordings_tenant; Type: POLICY; Schema: public

CREATE POLICY known_recordings_tenant ON public.known_recordings FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: mapping_sets; Type: ROW SECURITY; Schema: public

ALTER TABLE public.mapping_sets ENABLE ROW LEVEL SECURITY;

-- Name: mapping_sets mapping_sets_erasure; Type: POLICY; Schema: public

CREATE POLICY mapping_sets_erasure ON public.mapping_sets TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: mapping_sets mapping_sets_system; Type: POLICY; Schema: public

CREATE POLICY mapping_sets_system ON public.mapping_sets TO ringbridge_system USING (true);

-- Name: mapping_sets mapping_sets_tenant; Type: POLICY; Schema: public

CREATE POLICY mapping_sets_tenant ON public.mapping_sets TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: mappings; Type: ROW SECURITY; Schema: public

ALTER TABLE public.mappings ENABLE ROW LEVEL SECURITY;

-- Name: mappings mappings_erasure; Type: POLICY; Schema: public

CREATE POLICY mappings_erasure ON public.mappings TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: mappings mappings_system; Type: POLICY; Schema: public

CREATE POLICY mappings_system ON public.mappings TO ringbridge_system USING (true);

-- Name: mappings mappings_tenant; Type: POLICY; Schema: public

CREATE POLICY mappings_tenant ON public.mappings TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: pbx_inquiries; Type: ROW SECURITY; Schema: public

ALTER TABLE public.pbx_inquiries ENABLE ROW LEVEL SECURITY;

-- Name: pbx_inquiries pbx_inquiries_erasure; Type: POLICY; Schema: public

CREATE POLICY pbx_inquiries_erasure ON public.pbx_inquiries TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: pbx_inquiries pbx_inquiries_system; Type: POLICY; Schema: public

CREATE POLICY pbx_inquiries_system ON public.pbx_inquiries TO ringbridge_system USING (true);

-- Name: pbx_inquiries pbx_inquiries_tenant; Type: POLICY; Schema: public

CREATE POLICY pbx_inquiries_tenant ON public.pbx_inquiries TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: problems; Type: ROW SECURITY; Schema: public

ALTER TABLE public.problems ENABLE ROW LEVEL SECURITY;

-- Name: problems problems_erasure; Type: POLICY; Schema: public

CREATE POLICY problems_erasure ON public.problems TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: problems problems_system; Type: POLICY; Schema: public

CREATE POLICY problems_system ON public.problems TO ringbridge_system USING (true);

-- Name: problems problems_tenant; Type: POLICY; Schema: public

CREATE POLICY problems_tenant ON public.problems TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: reconcile_todos; Type: ROW SECURITY; Schema: public

ALTER TABLE public.reconcile_todos ENABLE ROW LEVEL SECURITY;

-- Name: reconcile_todos reconcile_todos_erasure; Type: POLICY; Schema: public

CREATE POLICY reconcile_todos_erasure ON public.reconcile_todos TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: reconcile_todos reconcile_todos_system; Type: POLICY; Schema: public

CREATE POLICY reconcile_todos_system ON public.reconcile_todos TO ringbridge_system USING (true);

-- Name: reconcile_todos reconcile_todos_tenant; Type: POLICY; Schema: public

CREATE POLICY reconcile_todos_tenant ON public.reconcile_todos TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: reconcile_turns; Type: ROW SECURITY; Schema: public

ALTER TABLE public.reconcile_turns ENABLE ROW LEVEL SECURITY;

-- Name: reconcile_turns reconcile_turns_erasure; Type: POLICY; Schema: public

CREATE POLICY reconcile_turns_erasure ON public.reconcile_turns TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: reconcile_turns reconcile_turns_system; Type: POLICY; Schema: public

CREATE POLICY reconcile_turns_system ON public.reconcile_turns TO ringbridge_system USING (true);

-- Name: recording_searches; Type: ROW SECURITY; Schema: public

ALTER TABLE public.recording_searches ENABLE ROW LEVEL SECURITY;

-- Name: recording_searches recording_searches_erasure; Type: POLICY; Schema: public

CREATE POLICY recording_searches_erasure ON public.recording_searches TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: recording_searches recording_searches_system; Type: POLICY; Schema: public

CREATE POLICY recording_searches_system ON public.recording_searches TO ringbridge_system USING (true);

-- Name: replays; Type: ROW SECURITY; Schema: public

ALTER TABLE public.replays ENABLE ROW LEVEL SECURITY;

-- Name: replays replays_erasure; Type: POLICY; Schema: public

CREATE POLICY replays_erasure ON public.replays TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: replays replays_system; Type: POLICY; Schema: public

CREATE POLICY replays_system ON public.replays TO ringbridge_system USING (true);

-- Name: silence_checks; Type: ROW SECURITY; Schema: public

ALTER TABLE public.silence_checks ENABLE ROW LEVEL SECURITY;

-- Name: silence_checks silence_checks_erasure; Type: POLICY; Schema: public

CREATE POLICY silence_checks_erasure ON public.silence_checks TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: silence_checks silence_checks_system; Type: POLICY; Schema: public

CREATE POLICY silence_checks_system ON public.silence_checks TO ringbridge_system USING (true);

-- Name: stale_legs; Type: ROW SECURITY; Schema: public

ALTER TABLE public.stale_legs ENABLE ROW LEVEL SECURITY;

-- Name: stale_legs stale_legs_erasure; Type: POLICY; Schema: public

CREATE POLICY stale_legs_erasure ON public.stale_legs TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: stale_legs stale_legs_system; Type: POLICY; Schema: public

CREATE POLICY stale_legs_system ON public.stale_legs TO ringbridge_system USING (true);

-- Name: stale_legs stale_legs_tenant; Type: POLICY; Schema: public

CREATE POLICY stale_legs_tenant ON public.stale_legs FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: subscription_states; Type: ROW SECURITY; Schema: public

ALTER TABLE public.subscription_states ENABLE ROW LEVEL SECURITY;

-- Name: subscription_states subscription_states_erasure; Type: POLICY; Schema: public

CREATE POLICY subscription_states_erasure ON public.subscription_states TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: subscription_states subscription_states_system; Type: POLICY; Schema: public

CREATE POLICY subscription_states_system ON public.subscription_states TO ringbridge_system USING (true);

-- Name: subscription_states subscription_states_tenant; Type: POLICY; Schema: public

CREATE POLICY subscription_states_tenant ON public.subscription_states TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: subscriptions; Type: ROW SECURITY; Schema: public

ALTER TABLE public.subscriptions ENABLE ROW LEVEL SECURITY;

-- Name: subscriptions subscriptions_erasure; Type: POLICY; Schema: public

CREATE POLICY subscriptions_erasure ON public.subscriptions TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: subscriptions subscriptions_system; Type: POLICY; Schema: public

CREATE POLICY subscriptions_system ON public.subscriptions TO ringbridge_system USING (true);

-- Name: subscriptions subscriptions_tenant; Type: POLICY; Schema: public

CREATE POLICY subscriptions_tenant ON public.subscriptions TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: tenant_feeds; Type: ROW SECURITY; Schema: public

ALTER TABLE public.tenant_feeds ENABLE ROW LEVEL SECURITY;

-- Name: tenant_feeds tenant_feeds_erasure; Type: POLICY; Schema: public

CREATE POLICY tenant_feeds_erasure ON public.tenant_feeds TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: tenant_feeds tenant_feeds_system; Type: POLICY; Schema: public

CREATE POLICY tenant_feeds_system ON public.tenant_feeds TO ringbridge_system USING (true);

-- Name: tenant_feeds tenant_feeds_tenant; Type: POLICY; Schema: public

CREATE POLICY tenant_feeds_tenant ON public.tenant_feeds FOR SELECT TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: tenants; Type: ROW SECURITY; Schema: public

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

-- Name: tenants tenants_erasure; Type: POLICY; Schema: public

CREATE POLICY tenants_erasure ON public.tenants TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: tenants tenants_owner; Type: POLICY; Schema: public

CREATE POLICY tenants_owner ON public.tenants FOR SELECT TO ringbridge_owner USING (true);

-- Name: tenants tenants_system; Type: POLICY; Schema: public

CREATE POLICY tenants_system ON public.tenants TO ringbridge_system USING (true);

-- Name: tenants tenants_tenant; Type: POLICY; Schema: public

CREATE POLICY tenants_tenant ON public.tenants TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: users; Type: ROW SECURITY; Schema: public

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

-- Name: users users_connector; Type: POLICY; Schema: public

CREATE POLICY users_connector ON public.users FOR SELECT TO ringbridge_connector USING (((tenant_id = ANY (ARRAY[( SELECT crm.session_tenant() AS session_tenant)])) AND (tenant_id = ( SELECT crm.session_tenant() AS session_tenant))));

-- Name: users users_erasure; Type: POLICY; Schema: public

CREATE POLICY users_erasure ON public.users TO ringbridge_owner USING ((tenant_id = NULLIF(current_setting('app.erased_tenant'::text, true), ''::text)));

-- Name: users users_system; Type: POLICY; Schema: public

CREATE POLICY users_system ON public.users TO ringbridge_system USING (true);

-- Name: users users_tenant; Type: POLICY; Schema: public

CREATE POLICY users_tenant ON public.users TO ringbridge_server USING ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

-- Name: SCHEMA crm; Type: ACL; Schema: -

GRANT USAGE ON SCHEMA crm TO ringbridge_connector;

-- Name: SCHEMA public; Type: ACL; Schema: -

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO ringbridge_server;
GRANT USAGE ON SCHEMA public TO ringbridge_system;
GRANT USAGE ON SCHEMA public TO ringbridge_connector;

-- Name: FUNCTION session_tenant(); Type: ACL; Schema: crm

REVOKE ALL ON FUNCTION crm.session_tenant() FROM PUBLIC;
GRANT ALL ON FUNCTION crm.session_tenant() TO ringbridge_connector;

-- Name: FUNCTION lo_close(integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_close(integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_close(integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_close(integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_close(integer) TO ringbridge_system;

-- Name: FUNCTION lo_creat(integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_creat(integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_creat(integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_creat(integer) TO ringbridge_system;

-- Name: FUNCTION lo_create(oid); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_create(oid) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_create(oid) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_create(oid) TO ringbridge_system;

-- Name: FUNCTION lo_export(oid, text); Type: ACL; Schema: pg_catalog

GRANT ALL ON FUNCTION pg_catalog.lo_export(oid, text) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_export(oid, text) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_export(oid, text) TO ringbridge_system;

-- Name: FUNCTION lo_from_bytea(oid, bytea); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) TO ringbridge_system;

-- Name: FUNCTION lo_get(oid); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_get(oid) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_get(oid) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_get(oid) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_get(oid) TO ringbridge_system;

-- Name: FUNCTION lo_get(oid, bigint, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_get(oid, bigint, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_get(oid, bigint, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_get(oid, bigint, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_get(oid, bigint, integer) TO ringbridge_system;

-- Name: FUNCTION lo_import(text); Type: ACL; Schema: pg_catalog

GRANT ALL ON FUNCTION pg_catalog.lo_import(text) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_import(text) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_import(text) TO ringbridge_system;

-- Name: FUNCTION lo_import(text, oid); Type: ACL; Schema: pg_catalog

GRANT ALL ON FUNCTION pg_catalog.lo_import(text, oid) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_import(text, oid) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_import(text, oid) TO ringbridge_system;

-- Name: FUNCTION lo_lseek(integer, integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_lseek(integer, integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_lseek(integer, integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_lseek(integer, integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_lseek(integer, integer, integer) TO ringbridge_system;

-- Name: FUNCTION lo_lseek64(integer, bigint, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_lseek64(integer, bigint, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_lseek64(integer, bigint, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_lseek64(integer, bigint, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_lseek64(integer, bigint, integer) TO ringbridge_system;

-- Name: FUNCTION lo_open(oid, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_open(oid, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_open(oid, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_open(oid, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_open(oid, integer) TO ringbridge_system;

-- Name: FUNCTION lo_put(oid, bigint, bytea); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_put(oid, bigint, bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_put(oid, bigint, bytea) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_put(oid, bigint, bytea) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_put(oid, bigint, bytea) TO ringbridge_system;

-- Name: FUNCTION lo_tell(integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_tell(integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_tell(integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_tell(integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_tell(integer) TO ringbridge_system;

-- Name: FUNCTION lo_tell64(integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_tell64(integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_tell64(integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_tell64(integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_tell64(integer) TO ringbridge_system;

-- Name: FUNCTION lo_truncate(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_truncate(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_truncate(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_truncate(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_truncate(integer, integer) TO ringbridge_system;

-- Name: FUNCTION lo_truncate64(integer, bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_truncate64(integer, bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_truncate64(integer, bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_truncate64(integer, bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_truncate64(integer, bigint) TO ringbridge_system;

-- Name: FUNCTION lo_unlink(oid); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lo_unlink(oid) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lo_unlink(oid) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lo_unlink(oid) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lo_unlink(oid) TO ringbridge_system;

-- Name: FUNCTION loread(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.loread(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.loread(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.loread(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.loread(integer, integer) TO ringbridge_system;

-- Name: FUNCTION lowrite(integer, bytea); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.lowrite(integer, bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.lowrite(integer, bytea) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.lowrite(integer, bytea) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.lowrite(integer, bytea) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_lock(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_lock(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_lock_shared(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_unlock(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_unlock(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_unlock_all(); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO ringbridge_system;

-- Name: FUNCTION pg_advisory_unlock_shared(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_unlock_shared(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_xact_lock(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_xact_lock(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_xact_lock_shared(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_advisory_xact_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_notify(text, text); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_notify(text, text) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_notify(text, text) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_notify(text, text) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_notify(text, text) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_lock(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_lock(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_lock_shared(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_xact_lock(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_xact_lock(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_xact_lock_shared(bigint); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) TO ringbridge_system;

-- Name: FUNCTION pg_try_advisory_xact_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) TO ringbridge_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) TO ringbridge_server;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) TO ringbridge_system;

-- Name: FUNCTION allow_tenant_erasure(erasable regclass); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.allow_tenant_erasure(erasable regclass) FROM PUBLIC;

-- Name: FUNCTION committed_since(writer xid, seen pg_snapshot); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.committed_since(writer xid, seen pg_snapshot) FROM PUBLIC;
GRANT ALL ON FUNCTION public.committed_since(writer xid, seen pg_snapshot) TO ringbridge_server;
GRANT ALL ON FUNCTION public.committed_since(writer xid, seen pg_snapshot) TO ringbridge_system;

-- Name: FUNCTION count_tenant_rows(counted text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.count_tenant_rows(counted text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.count_tenant_rows(counted text) TO ringbridge_system;

-- Name: FUNCTION create_connector_role(role_name text, password text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_connector_role(role_name text, password text) FROM PUBLIC;

-- Name: FUNCTION drop_event_partition(retention interval); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.drop_event_partition(retention interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_event_partition(retention interval) TO ringbridge_system;

-- Name: FUNCTION ensure_event_partitions(days_ahead integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.ensure_event_partitions(days_ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ensure_event_partitions(days_ahead integer) TO ringbridge_system;

-- Name: FUNCTION erase_tenant_rows(erased text, batch integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.erase_tenant_rows(erased text, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_tenant_rows(erased text, batch integer) TO ringbridge_system;

-- Name: FUNCTION finish_tenant_removal(erased text, batch integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.finish_tenant_removal(erased text, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.finish_tenant_removal(erased text, batch integer) TO ringbridge_system;

-- Name: FUNCTION note_active_since(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.note_active_since() FROM PUBLIC;

-- Name: FUNCTION note_event_token_change(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.note_event_token_change() FROM PUBLIC;

-- Name: FUNCTION revoke_connector_role(tenant text, name text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.revoke_connector_role(tenant text, name text) FROM PUBLIC;

-- Name: FUNCTION tenant_mark(tenant_id text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.tenant_mark(tenant_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_mark(tenant_id text) TO ringbridge_server;
GRANT ALL ON FUNCTION public.tenant_mark(tenant_id text) TO ringbridge_system;

-- Name: FUNCTION tenant_tables(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.tenant_tables() FROM PUBLIC;

-- Name: TABLE agents; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.agents TO ringbridge_server;
GRANT SELECT,INSERT,UPDATE ON TABLE public.agents TO ringbridge_system;

-- Name: COLUMN agents.tenant_id; Type: ACL; Schema: public

GRANT SELECT(tenant_id) ON TABLE public.agents TO ringbridge_connector;

-- Name: COLUMN agents.agent_id; Type: ACL; Schema: public

GRANT SELECT(agent_id) ON TABLE public.agents TO ringbridge_connector;

-- Name: COLUMN agents.extension_name; Type: ACL; Schema: public

GRANT SELECT(extension_name) ON TABLE public.agents TO ringbridge_connector;

-- Name: COLUMN agents.status; Type: ACL; Schema: public

GRANT SELECT(status) ON TABLE public.agents TO ringbridge_connector;

-- Name: COLUMN agents.since; Type: ACL; Schema: public

GRANT SELECT(since) ON TABLE public.agents TO ringbridge_connector;

-- Name: COLUMN agents.gone_at; Type: ACL; Schema: public

GRANT SELECT(gone_at) ON TABLE public.agents TO ringbridge_connector;

-- Name: TABLE agents; Type: ACL; Schema: crm

GRANT SELECT ON TABLE crm.agents TO ringbridge_connector;

-- Name: TABLE calls; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.calls TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calls TO ringbridge_system;

-- Name: COLUMN calls.tenant_id; Type: ACL; Schema: public

GRANT SELECT(tenant_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.id; Type: ACL; Schema: public

GRANT SELECT(id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.version; Type: ACL; Schema: public

GRANT SELECT(version) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.seq; Type: ACL; Schema: public

GRANT SELECT(seq) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.withdrawn; Type: ACL; Schema: public

GRANT SELECT(withdrawn) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.call_id; Type: ACL; Schema: public

GRANT SELECT(call_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.direction; Type: ACL; Schema: public

GRANT SELECT(direction) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.status; Type: ACL; Schema: public

GRANT SELECT(status) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.sub_call_id; Type: ACL; Schema: public

GRANT SELECT(sub_call_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.user_id; Type: ACL; Schema: public

GRANT SELECT(user_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.extension_id; Type: ACL; Schema: public

GRANT SELECT(extension_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.extension_name; Type: ACL; Schema: public

GRANT SELECT(extension_name) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.extension_type; Type: ACL; Schema: public

GRANT SELECT(extension_type) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.client_number; Type: ACL; Schema: public

GRANT SELECT(client_number) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.client_number_e164; Type: ACL; Schema: public

GRANT SELECT(client_number_e164) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.client_name; Type: ACL; Schema: public

GRANT SELECT(client_name) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.did; Type: ACL; Schema: public

GRANT SELECT(did) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.started_at; Type: ACL; Schema: public

GRANT SELECT(started_at) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.answered_at; Type: ACL; Schema: public

GRANT SELECT(answered_at) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.ended_at; Type: ACL; Schema: public

GRANT SELECT(ended_at) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.duration_us; Type: ACL; Schema: public

GRANT SELECT(duration_us) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.recording_id; Type: ACL; Schema: public

GRANT SELECT(recording_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.callback_id; Type: ACL; Schema: public

GRANT SELECT(callback_id) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.transferred; Type: ACL; Schema: public

GRANT SELECT(transferred) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.internal; Type: ACL; Schema: public

GRANT SELECT(internal) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.partial; Type: ACL; Schema: public

GRANT SELECT(partial) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.flags; Type: ACL; Schema: public

GRANT SELECT(flags) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.rule; Type: ACL; Schema: public

GRANT SELECT(rule) ON TABLE public.calls TO ringbridge_connector;

-- Name: COLUMN calls.rules_version; Type: ACL; Schema: public

GRANT SELECT(rules_version) ON TABLE public.calls TO ringbridge_connector;

-- Name: TABLE call_changes; Type: ACL; Schema: crm

GRANT SELECT ON TABLE crm.call_changes TO ringbridge_connector;

-- Name: TABLE calls; Type: ACL; Schema: crm

GRANT SELECT ON TABLE crm.calls TO ringbridge_connector;

-- Name: TABLE extensions; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.extensions TO ringbridge_server;
GRANT SELECT,INSERT,UPDATE ON TABLE public.extensions TO ringbridge_system;

-- Name: COLUMN extensions.tenant_id; Type: ACL; Schema: public

GRANT SELECT(tenant_id) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.extension_id; Type: ACL; Schema: public

GRANT SELECT(extension_id) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.name; Type: ACL; Schema: public

GRANT SELECT(name) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.type; Type: ACL; Schema: public

GRANT SELECT(type) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.label; Type: ACL; Schema: public

GRANT SELECT(label) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.status; Type: ACL; Schema: public

GRANT SELECT(status) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.gone_at; Type: ACL; Schema: public

GRANT SELECT(gone_at) ON TABLE public.extensions TO ringbridge_connector;

-- Name: COLUMN extensions.last_event_at; Type: ACL; Schema: public

GRANT SELECT(last_event_at) ON TABLE public.extensions TO ringbridge_connector;

-- Name: TABLE extensions; Type: ACL; Schema: crm

GRANT SELECT ON TABLE crm.extensions TO ringbridge_connector;

-- Name: TABLE users; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO ringbridge_system;

-- Name: COLUMN users.tenant_id; Type: ACL; Schema: public

GRANT SELECT(tenant_id) ON TABLE public.users TO ringbridge_connector;

-- Name: COLUMN users.user_id; Type: ACL; Schema: public

GRANT SELECT(user_id) ON TABLE public.users TO ringbridge_connector;

-- Name: COLUMN users.name; Type: ACL; Schema: public

GRANT SELECT(name) ON TABLE public.users TO ringbridge_connector;

-- Name: COLUMN users.email; Type: ACL; Schema: public

GRANT SELECT(email) ON TABLE public.users TO ringbridge_connector;

-- Name: TABLE users; Type: ACL; Schema: crm

GRANT SELECT ON TABLE crm.users TO ringbridge_connector;

-- Name: TABLE agent_events; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.agent_events TO ringbridge_server;
GRANT SELECT,INSERT,DELETE ON TABLE public.agent_events TO ringbridge_system;

-- Name: TABLE agent_syncs; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.agent_syncs TO ringbridge_system;

-- Name: TABLE agent_tokens; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_tokens TO ringbridge_system;

-- Name: TABLE api_keys; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.api_keys TO ringbridge_system;

-- Name: SEQUENCE assembly_due_ids; Type: ACL; Schema: public

GRANT USAGE ON SEQUENCE public.assembly_due_ids TO ringbridge_system;

-- Name: TABLE assembly_due; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.assembly_due TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assembly_due TO ringbridge_system;

-- Name: TABLE audit_log; Type: ACL; Schema: public

GRANT SELECT,INSERT ON TABLE public.audit_log TO ringbridge_server;
GRANT SELECT,INSERT ON TABLE public.audit_log TO ringbridge_system;

-- Name: TABLE connector_roles; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.connector_roles TO ringbridge_system;

-- Name: TABLE directory_syncs; Type: ACL; Schema: public

GRANT SELECT,UPDATE ON TABLE public.directory_syncs TO ringbridge_server;
GRANT SELECT,INSERT,UPDATE ON TABLE public.directory_syncs TO ringbridge_system;

-- Name: SEQUENCE event_ids; Type: ACL; Schema: public

GRANT USAGE ON SEQUENCE public.event_ids TO ringbridge_system;

-- Name: TABLE event_token_version; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.event_token_version TO ringbridge_system;

-- Name: TABLE event_tokens; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.event_tokens TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_tokens TO ringbridge_system;

-- Name: TABLE events; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.events TO ringbridge_server;
GRANT SELECT,INSERT ON TABLE public.events TO ringbridge_system;

-- Name: TABLE idempotent_requests; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotent_requests TO ringbridge_system;

-- Name: TABLE known_recordings; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.known_recordings TO ringbridge_server;
GRANT SELECT,INSERT,DELETE ON TABLE public.known_recordings TO ringbridge_system;

-- Name: TABLE last_public_url; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.last_public_url TO ringbridge_system;

-- Name: TABLE mapping_sets; Type: ACL; Schema: public

GRANT SELECT,UPDATE ON TABLE public.mapping_sets TO ringbridge_server;
GRANT SELECT,INSERT ON TABLE public.mapping_sets TO ringbridge_system;

-- Name: TABLE mappings; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.mappings TO ringbridge_server;
GRANT SELECT ON TABLE public.mappings TO ringbridge_system;

-- Name: TABLE pbx_budgets; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.pbx_budgets TO ringbridge_system;

-- Name: TABLE pbx_inquiries; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE ON TABLE public.pbx_inquiries TO ringbridge_server;
GRANT SELECT,DELETE,UPDATE ON TABLE public.pbx_inquiries TO ringbridge_system;

-- Name: TABLE pbx_turns; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.pbx_turns TO ringbridge_system;

-- Name: TABLE problems; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.problems TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.problems TO ringbridge_system;

-- Name: SEQUENCE reconcile_generations; Type: ACL; Schema: public

GRANT USAGE ON SEQUENCE public.reconcile_generations TO ringbridge_server;
GRANT USAGE ON SEQUENCE public.reconcile_generations TO ringbridge_system;

-- Name: TABLE reconcile_todos; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.reconcile_todos TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reconcile_todos TO ringbridge_system;

-- Name: TABLE reconcile_turns; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.reconcile_turns TO ringbridge_system;

-- Name: TABLE recording_searches; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.recording_searches TO ringbridge_system;

-- Name: TABLE replays; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.replays TO ringbridge_system;

-- Name: TABLE schema_migrations; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.schema_migrations TO ringbridge_server;

-- Name: TABLE silence_checks; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.silence_checks TO ringbridge_system;

-- Name: TABLE stale_legs; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.stale_legs TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stale_legs TO ringbridge_system;

-- Name: TABLE subscription_states; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.subscription_states TO ringbridge_server;
GRANT SELECT,INSERT,UPDATE ON TABLE public.subscription_states TO ringbridge_system;

-- Name: TABLE subscriptions; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.subscriptions TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscriptions TO ringbridge_system;

-- Name: TABLE tenant_feeds; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.tenant_feeds TO ringbridge_server;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tenant_feeds TO ringbridge_system;

-- Name: TABLE tenants; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.tenants TO ringbridge_server;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ringbridge_system;

-- Name: TABLE wake_up_key; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.wake_up_key TO ringbridge_server;
GRANT SELECT ON TABLE public.wake_up_key TO ringbridge_system;
