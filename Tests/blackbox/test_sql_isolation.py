"""What one tenant's SQL shows of another: nothing, whatever the session tries.

The database is one of its own, without a server: so every row is still there that the tests wrote. Passwords count in it,
and it logs every statement, to prove that no password is among them.
"""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROOT = Path(__file__).resolve().parents[2]
OURS, OTHERS = "mine807", "victim808"
# In every text of the other tenant that a connector could read.
MARK = "zq7victim"
CUSTOM_SETTINGS = ["app.tenant_id", "app.erased_tenant"]


# The private database, and those who log in to it


def rows_of_every_table(tenant):
    """The rows that the test of a tenant's removal writes: it is held to have one in every table."""
    source = (ROOT / "Tests/StorageTests/TenantRemovalTests.swift").read_text()
    body = re.search(r'func fill\(.*?return """\n(.*?)"""', source, re.S).group(1)
    body = body.replace("\\(digest)", f"sha256('{tenant}'::bytea)").replace("\\(tenant)", tenant)
    assert "\\(" not in body, "a new kind of placeholder in the rows of TenantRemovalTests"
    return body


@pytest.fixture(scope="module")
def cluster():
    directory = tempfile.mkdtemp(prefix="rb-isolation-", dir="/tmp")
    os.chmod(directory, 0o755)
    tool = str(ROOT / "admin-scripts/postgres-cluster")
    port = subprocess.run(
        [tool, "start", directory, "--no-fsync"], check=True, capture_output=True, text=True
    ).stdout.strip()
    try:
        yield {"port": port, "log": Path(directory) / "postgres.log"}
    finally:
        subprocess.run([tool, "remove", directory], check=True)


@pytest.fixture(scope="module")
def installation(cluster):
    """A migrated database with two tenants, a row or more of both in every table, and a connector's role of each."""

    def url(role, database="ringbridge"):
        return f"postgresql://{role}@127.0.0.1:{cluster['port']}/{database}"

    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url("ringbridge_server"),
        "DATABASE_OWNER_URL": url("ringbridge_owner"),
        "MASTER_KEYS": "k1:" + "A" * 43 + "=",
    }

    def ringbridge(*arguments, stdin=None):
        program = ROOT / ".build/debug/ringbridge"
        done = subprocess.run(
            [program, *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    with psycopg.connect(url("postgres", "postgres"), autocommit=True) as superuser:
        superuser.execute("CREATE DATABASE ringbridge")
        # Connectors prove their passwords here, the others are trusted.
        superuser.execute("""
            CREATE TEMP TABLE hba (line text);
            INSERT INTO hba VALUES ('host all ringbridge_owner,postgres 127.0.0.1/32 trust'),
              ('host all +ringbridge_connector 127.0.0.1/32 scram-sha-256');
            INSERT INTO hba SELECT regexp_split_to_table(pg_read_file('pg_hba.conf'), E'\\n');
            DO $$ BEGIN EXECUTE format('COPY hba TO %L', current_setting('data_directory') || '/pg_hba.conf'); END $$;
            """)
        superuser.execute("ALTER SYSTEM SET log_statement = 'all'")
        superuser.execute("SELECT pg_reload_conf()")
    with psycopg.connect(url("postgres"), autocommit=True) as superuser:
        superuser.execute((ROOT / "sql/roles.sql").read_text())
    ringbridge("migrate", "up")
    for tenant in (OURS, OTHERS):
        ringbridge("tenant", "put", tenant, "--app-id", "app", "--app-secret-file", "-", stdin="app secret")
    with psycopg.connect(url("postgres"), autocommit=True) as superuser:
        for tenant in (OURS, OTHERS):
            superuser.execute(rows_of_every_table(tenant))
        # Every text that a connector may read says whose it is.
        superuser.execute(f"""
            UPDATE users SET name = '{MARK} name' || user_id, email = user_id || '@{MARK}' WHERE tenant_id = '{OTHERS}';
            UPDATE extensions SET name = '{MARK}', label = '{MARK}' WHERE tenant_id = '{OTHERS}';
            UPDATE agents SET extension_name = '{MARK}' WHERE tenant_id = '{OTHERS}';
            UPDATE calls SET client_number = '{MARK}', client_number_e164 = '{MARK}', client_name = '{MARK}', did = '{MARK}',
              user_id = '{MARK}', call_id = '{MARK}' || seq, sub_call_id = '{MARK}', extension_name = '{MARK}',
              recording_id = '{MARK}', callback_id = '{MARK}'
            WHERE tenant_id = '{OTHERS}';
            ANALYZE;
            """)
    made = {tenant: json.loads(ringbridge("bi", "create", "--tenant", tenant, "--json")) for tenant in (OURS, OTHERS)}
    return {"url": url, "ringbridge": ringbridge, "roles": made, "log": cluster["log"]}


@pytest.fixture
def superuser(installation):
    with psycopg.connect(installation["url"]("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def connector(installation):
    """A session of our tenant's SQL role, without the defaults that any session can lift."""
    with psycopg.connect(installation["roles"][OURS]["url"], autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("SET statement_timeout = 0")
        yield connection


def tenant_tables(superuser):
    """Every relation with rows of tenants: tables, partitioned ones and their partitions."""
    return [row[0] for row in superuser.execute("""
            SELECT format('public.%I', c.relname) FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relnamespace = 'public'::regnamespace ORDER BY 1
            """)]


def crm_views(superuser):
    return [
        row[0] for row in superuser.execute("SELECT format('crm.%I', viewname) FROM pg_views WHERE schemaname = 'crm'")
    ]


def visible(connection, table, tenant=OURS):
    """How many rows that are not the tenant's the session sees."""
    try:
        with connection.transaction():
            counted = connection.execute(f"SELECT count(*) FROM {table} WHERE tenant_id IS DISTINCT FROM %s", [tenant])
            return counted.fetchone()[0]
    except errors.InsufficientPrivilege:
        return 0


def assert_nothing_of_others(connection, superuser, views=True):
    for table in tenant_tables(superuser):
        assert visible(connection, table) == 0, table
    for view in crm_views(superuser) if views else []:
        for (row,) in connection.execute(f"SELECT row_to_json(v)::text FROM {view} v"):
            assert MARK not in row and OTHERS not in row, view


# What everybody sees


def test_every_table_has_rows_of_both_tenants(superuser):
    parts = {r[0] for r in superuser.execute("SELECT format('public.%I', relname) FROM pg_class WHERE relispartition")}
    for table in tenant_tables(superuser):
        for tenant in (OURS, OTHERS):
            rows = superuser.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [tenant]).fetchone()[0]
            assert rows > 0 or table in parts, f"{table} has no row of {tenant}: a test without rows proves nothing"


def test_every_view_shows_its_tenant_and_no_other(installation, superuser):
    views = crm_views(superuser)
    assert {"crm.calls", "crm.call_changes", "crm.users", "crm.extensions", "crm.agents"} <= set(views)
    for view in views:
        for tenant, is_marked in ((OURS, False), (OTHERS, True)):
            with psycopg.connect(installation["roles"][tenant]["url"]) as connection:
                rows = connection.execute(f"SELECT row_to_json(v)::text FROM {view} v").fetchall()
            assert rows, view
            assert all((MARK in row) == is_marked for (row,) in rows), view


@pytest.mark.parametrize("setting", CUSTOM_SETTINGS)
def test_a_connector_sets_every_custom_setting(connector, superuser, setting):
    for value in (OTHERS, OURS, "", "%"):
        connector.execute("SELECT set_config(%s, %s, false)", [setting, value])
        assert_nothing_of_others(connector, superuser)
    with connector.transaction():
        connector.execute(sql.SQL("SET LOCAL {} = {}").format(sql.SQL(setting), sql.Literal(OTHERS)))
        assert_nothing_of_others(connector, superuser)


def test_no_other_custom_setting_is_read_by_the_schema(superuser):
    definitions = superuser.execute("""
        SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace IN ('public'::regnamespace, 'crm'::regnamespace) AND prokind = 'f'
        UNION ALL SELECT coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies
        """).fetchall()
    found = set(re.findall(r"'(app\.[a-z_]+)'", " ".join(row[0] for row in definitions)))
    assert found == set(CUSTOM_SETTINGS)


def test_a_connector_brings_settings_along_at_login(installation, connector, superuser):
    for setting in CUSTOM_SETTINGS:
        with pytest.raises(errors.InsufficientPrivilege):
            connector.execute(f"ALTER ROLE CURRENT_USER SET {setting} = '{OTHERS}'")
        url = make_conninfo(installation["roles"][OURS]["url"], options=f"-c {setting}={OTHERS}")
        with psycopg.connect(url, autocommit=True) as session:
            assert session.execute("SELECT current_setting(%s)", [setting]).fetchone()[0] == OTHERS
            assert_nothing_of_others(session, superuser)


def test_a_connector_takes_every_role_it_can(connector, superuser):
    taken = set()
    for (role,) in superuser.execute("SELECT rolname FROM pg_roles").fetchall():
        try:
            connector.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        except errors.InsufficientPrivilege:
            continue
        taken.add(role)
        assert_nothing_of_others(connector, superuser)
        connector.execute("RESET ROLE")
    assert taken == {connector.info.user, "ringbridge_connector"}


def test_a_connector_cannot_become_another_session_user(installation, connector, superuser):
    for role in ("postgres", "ringbridge_server", "ringbridge_owner", installation["roles"][OTHERS]["role"]):
        with pytest.raises(errors.InsufficientPrivilege):
            connector.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
    for reset in ("RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL", "DISCARD ALL"):
        connector.execute(reset)
        assert_nothing_of_others(connector, superuser)


def test_row_security_cannot_be_turned_off(connector):
    connector.execute("SET row_security = off")
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        connector.execute("SELECT count(tenant_id) FROM public.calls")
    with pytest.raises(errors.InsufficientPrivilege):
        connector.execute("SET session_replication_role = replica")


# What a session could bring along


@pytest.mark.parametrize(
    "attempt",
    [
        "CREATE TEMP TABLE connector_roles (tenant_id text, role_name name)",
        "CREATE TEMP VIEW leak AS SELECT * FROM crm.calls",
        "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS 'BEGIN RETURN true; END'",
        "CREATE FUNCTION crm.leak(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR crm.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.texteq)",
        "CREATE VIEW crm.leak AS SELECT * FROM public.calls",
        "CREATE SCHEMA leak",
        "CREATE OR REPLACE FUNCTION crm.session_tenant() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$",
        "ALTER VIEW crm.calls SET (security_invoker = false)",
        "ALTER TABLE public.calls DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY leak ON public.calls USING (true)",
        "CREATE EXTENSION dblink",
        "CREATE PUBLICATION leak FOR TABLE public.calls",
        "CREATE STATISTICS public.leak ON client_number, did FROM public.calls",
    ],
)
def test_a_connector_makes_nothing(connector, attempt):
    connector.execute("SET search_path = pg_temp, crm, public")
    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        connector.execute(attempt)


def test_the_search_path_does_not_matter(connector, superuser):
    for path in ("public", "crm, public", "pg_temp, public, crm", "public, pg_catalog"):
        connector.execute(f"SET search_path = {path}")
        assert_nothing_of_others(connector, superuser)


@pytest.mark.parametrize(
    "condition",
    [
        f"1 / (CASE WHEN client_number = '{MARK}' THEN 0 ELSE 1 END) = 1",
        "client_number::bigint > 0",
        "('{' || coalesce(client_name, '1') || '}')::int[] IS NOT NULL",
        "did::date > 'today'",
        "query_to_xml(format('SELECT %L::int', client_name), true, true, '') IS NOT NULL",
    ],
)
def test_a_condition_that_fails_on_anothers_row_never_sees_it(connector, condition):
    connector.execute("SET enable_indexscan = off; SET enable_bitmapscan = off")
    for relation in (
        "crm.calls",
        "crm.call_changes",
        "(SELECT client_number, client_name, did FROM public.calls) AS c",
    ):
        try:
            connector.execute(f"SELECT count(*) FROM {relation} WHERE {condition}")
        except psycopg.Error as error:
            assert MARK not in str(error) and "division" not in str(error)


def test_a_block_of_code_sees_its_tenant_only(connector):
    notices = []
    connector.add_notice_handler(lambda diagnostic: notices.append(diagnostic.message_primary))
    connector.execute("""
        DO $$ DECLARE one record; BEGIN
          FOR one IN SELECT row_to_json(c)::text AS text FROM crm.call_changes c LOOP RAISE WARNING '%', one.text; END LOOP;
        END $$
        """)
    assert notices and not any(MARK in notice for notice in notices)


def plan_of(connector, statement):
    def shape(node):
        if isinstance(node, dict):
            return {
                k: shape(v)
                for k, v in node.items()
                if "Time" not in k and k not in ("Filter", "Index Cond", "Recheck Cond")
            }
        return [shape(n) for n in node] if isinstance(node, list) else node

    (plan,) = connector.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}").fetchone()
    return shape(plan[0]["Plan"])


@pytest.mark.parametrize(
    "off", [[], ["enable_seqscan"], ["enable_indexscan", "enable_bitmapscan"], ["enable_seqscan", "enable_bitmapscan"]]
)
def test_explain_says_the_same_of_anothers_value_as_of_one_that_is_nowhere(connector, superuser, off):
    """The planner's statistics are of all tenants, and its row counts could tell what is in them."""
    for setting in off:
        connector.execute(f"SET {setting} = off")
    columns = superuser.execute("""
        SELECT format('crm.%I', table_name), column_name FROM information_schema.columns
        WHERE table_schema = 'crm' AND data_type = 'text'
          AND column_name NOT IN ('op', 'direction', 'status', 'type', 'extension_type', 'rule')
        """).fetchall()
    assert len(columns) > 20
    for view, column in columns:
        for condition in (
            "= '{}'",
            "< '{}'",
            "> '{}'",
            "<> '{}'",
            "LIKE '{}'",
            "= ANY (ARRAY['{}'])",
            "IS NOT DISTINCT FROM '{}'",
        ):
            # No value of ours lies between the two, so that only the others' could make a difference.
            plans = [
                plan_of(connector, f"SELECT 1 FROM {view} WHERE {column} {condition.format(value)}")
                for value in (MARK, MARK.replace("7", "6"))
            ]
            assert plans[0] == plans[1], (view, column, condition)


def test_copy_gives_its_tenant_only(connector, superuser):
    def copied(statement):
        with connector.cursor().copy(statement) as copy:
            return b"".join(bytes(part) for part in copy).decode()

    for view in crm_views(superuser):
        text = copied(f"COPY (SELECT * FROM {view}) TO STDOUT")
        assert text and MARK not in text
    assert MARK not in copied("COPY public.calls (client_number, client_name, did) TO STDOUT")
    for attempt in (
        "COPY public.calls TO STDOUT",
        "COPY (SELECT * FROM crm.calls) TO PROGRAM 'cat'",
        "COPY (SELECT * FROM crm.calls) TO '/tmp/leak'",
        "COPY public.users (tenant_id, user_id, name) FROM STDIN",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            copied(attempt)


def test_prepared_statements_and_cursors_stay_with_the_session_user(connector, superuser):
    connector.execute("PREPARE mine AS SELECT row_to_json(c)::text FROM crm.calls c")
    for step in (
        "SET ROLE ringbridge_connector",
        "RESET ROLE",
        f"SET app.tenant_id = '{OTHERS}'",
        "SET plan_cache_mode = force_generic_plan",
    ):
        connector.execute(step)
        rows = connector.execute("EXECUTE mine").fetchall()
        assert rows and not any(MARK in row for (row,) in rows)
    assert connector.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()[0] == 1


# What PostgreSQL itself shows


def test_no_catalog_and_no_statistic_says_a_word_of_the_other_tenant(installation, connector, superuser):
    """Every relation of the catalog that may be read, row by row, while the other tenant's session runs a statement."""
    relations = connector.execute("""
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          AND c.relkind IN ('r', 'v') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1
        """).fetchall()
    assert len(relations) > 150
    with psycopg.connect(installation["roles"][OTHERS]["url"]) as other:
        other.execute(f"SELECT '{MARK}', count(*) FROM crm.calls WHERE client_number = '{MARK}'").fetchall()
        for (relation,) in relations:
            try:
                rows = connector.execute(f"SELECT t::text FROM {relation} AS t").fetchall()
            except psycopg.Error as error:
                assert MARK not in str(error)
                continue
            for (row,) in rows:
                assert MARK not in (row or "") and OTHERS not in (row or ""), relation
    assert (
        connector.execute(
            "SELECT count(*) FROM pg_stats WHERE schemaname = 'public' AND tablename IN ('calls', 'users')"
        ).fetchone()[0]
        == 0
    )
    assert superuser.execute("SELECT count(*) FROM pg_stats WHERE tablename = 'calls'").fetchone()[0] > 0


def test_a_notification_names_no_tenant(installation, connector):
    with psycopg.connect(installation["url"]("ringbridge_server"), autocommit=True) as server:
        for channel in ("ringbridge_calls", "ringbridge_reconciled"):
            connector.execute(f"LISTEN {channel}")
            server.execute("SET ROLE ringbridge_system")
            server.execute("SELECT pg_notify(%s, tenant_mark(%s))", [channel, OTHERS])
        heard = list(connector.notifies(timeout=10, stop_after=2))
    assert len(heard) == 2
    assert all(re.fullmatch("[0-9a-f]{24}", notification.payload) for notification in heard)
    for attempt in ("SELECT public.tenant_mark('x')", "SELECT key FROM public.wake_up_key"):
        with pytest.raises(errors.InsufficientPrivilege):
            connector.execute(attempt)


# What a session could do to others


def test_a_connector_locks_and_changes_nothing(connector, superuser):
    for table in tenant_tables(superuser):
        for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            assert not connector.execute("SELECT has_table_privilege(%s, %s)", [table, right]).fetchone()[0], (
                table,
                right,
            )
        for right in ("INSERT", "UPDATE", "REFERENCES"):
            assert not connector.execute("SELECT has_any_column_privilege(%s, %s)", [table, right]).fetchone()[0], (
                table,
                right,
            )
    attempts = [
        f"SELECT client_number FROM {r} FOR {lock}"
        for r in ("crm.calls", "public.calls")
        for lock in ("UPDATE", "SHARE", "KEY SHARE")
    ]
    attempts += [
        f"LOCK TABLE public.calls IN {mode} MODE"
        for mode in ("ROW SHARE", "ROW EXCLUSIVE", "SHARE", "ACCESS EXCLUSIVE")
    ]
    attempts += [
        # A key that exists is refused as one that does not: there is no right to try.
        f"INSERT INTO public.users (tenant_id, user_id, name) VALUES ('{OTHERS}', 'u1', 'x')",
        f"INSERT INTO public.users (tenant_id, user_id, name) VALUES ('{OTHERS}', 'none', 'x')",
        "INSERT INTO crm.users VALUES ('x', 'x', null)",
        "UPDATE crm.users SET name = 'x'",
        "DELETE FROM crm.users",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock_shared(1)",
        "SELECT pg_advisory_unlock_all()",
        "SELECT pg_notify('ringbridge_calls', '')",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_get(1)",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT nextval('public.event_ids')",
        "SELECT last_value FROM public.event_ids",
        "SELECT pg_switch_wal()",
        "SELECT public.count_tenant_rows('x')",
        "SELECT public.erase_tenant_rows('x', 1)",
        "SELECT public.ensure_event_partitions(1)",
    ]
    for attempt in attempts:
        with pytest.raises(errors.InsufficientPrivilege), connector.transaction():
            connector.execute(attempt)
    backends = superuser.execute(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> %s",
        [connector.info.backend_pid],
    ).fetchall()
    for (pid,) in backends:
        with pytest.raises(errors.InsufficientPrivilege):
            connector.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_the_limits_of_a_new_role(installation):
    url = installation["roles"][OURS]["url"]
    with psycopg.connect(url) as connection:
        shown = {
            n: connection.execute(f"SHOW {n}").fetchone()[0]
            for n in (
                "statement_timeout",
                "default_transaction_read_only",
                "idle_in_transaction_session_timeout",
                "search_path",
            )
        }
    assert shown == {
        "statement_timeout": "30s",
        "default_transaction_read_only": "on",
        "idle_in_transaction_session_timeout": "1min",
        "search_path": "crm",
    }
    held = [psycopg.connect(url) for _ in range(5)]
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(url)
    finally:
        for connection in held:
            connection.close()


# The program's own role


@pytest.mark.parametrize("tenant", [OURS, None])
def test_the_server_sees_the_tenant_of_its_transaction(installation, superuser, tenant):
    with psycopg.connect(installation["url"]("ringbridge_server"), autocommit=True) as server:
        if tenant:
            server.execute("SELECT set_config('app.tenant_id', %s, false)", [tenant])
        for extra in (None, OTHERS):
            if extra:
                server.execute("SELECT set_config('app.erased_tenant', %s, false)", [extra])
            for table in tenant_tables(superuser):
                assert visible(server, table, tenant or "nobody") == 0, table
        server.execute("PREPARE mine AS SELECT count(*) FROM users WHERE tenant_id IS DISTINCT FROM $1")
        assert server.execute(f"EXECUTE mine ('{tenant or 'nobody'}')").fetchone()[0] == 0


def test_the_servers_role_takes_the_system_role_and_no_other(installation, superuser):
    with psycopg.connect(installation["url"]("ringbridge_server"), autocommit=True) as server:
        taken = set()
        for (role,) in superuser.execute("SELECT rolname FROM pg_roles").fetchall():
            try:
                server.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
                taken.add(role)
                server.execute("RESET ROLE")
            except errors.InsufficientPrivilege:
                pass
        # ringbridge_system is what the program takes for its work across tenants.
        assert taken == {"ringbridge_server", "ringbridge_system"}
        with pytest.raises(errors.InsufficientPrivilege):
            server.execute("SET SESSION AUTHORIZATION postgres")


def test_a_tenants_transaction_cannot_tell_anothers_keys_from_none(installation):
    with psycopg.connect(installation["url"]("ringbridge_server"), autocommit=True) as server:
        server.execute("SELECT set_config('app.tenant_id', %s, false)", [OURS])
        said = set()
        for user in ("u1", "nobody-has-it"):
            for conflict in ("", "ON CONFLICT DO NOTHING", "ON CONFLICT (tenant_id, user_id) DO UPDATE SET name = 'x'"):
                with pytest.raises(errors.InsufficientPrivilege) as failure:
                    server.execute(
                        f"INSERT INTO users (tenant_id, user_id, name) VALUES ('{OTHERS}', '{user}', 'x') {conflict}"
                    )
                said.add(str(failure.value).replace(user, ""))
        assert all("row-level security" in text for text in said)
        assert server.execute(f"UPDATE users SET name = 'x' WHERE tenant_id = '{OTHERS}'").rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege):
            server.execute(f"UPDATE users SET tenant_id = '{OTHERS}' WHERE user_id = 'u20'")


def test_the_connectors_group_alone_sees_nothing(superuser, installation):
    with psycopg.connect(installation["url"]("postgres"), autocommit=True) as group:
        group.execute("SET SESSION AUTHORIZATION ringbridge_connector")
        for setting in CUSTOM_SETTINGS:
            group.execute("SELECT set_config(%s, %s, false)", [setting, OTHERS])
        assert_nothing_of_others(group, superuser)
        for view in crm_views(superuser):
            assert group.execute(f"SELECT count(*) FROM {view}").fetchone()[0] == 0


def test_nobody_changes_the_audit_log(installation, superuser):
    for role in ("ringbridge_server", "ringbridge_system", "ringbridge_connector"):
        with psycopg.connect(installation["url"]("postgres"), autocommit=True) as session:
            session.execute(
                "SET SESSION AUTHORIZATION ringbridge_server"
                if role == "ringbridge_system"
                else f"SET SESSION AUTHORIZATION {role}"
            )
            session.execute(f"SET ROLE {role}")
            session.execute("SELECT set_config('app.tenant_id', %s, false)", [OURS])
            for attempt in (
                "UPDATE public.audit_log SET action = 'x'",
                "DELETE FROM public.audit_log",
                "TRUNCATE public.audit_log",
                "DROP TABLE public.audit_log",
                "ALTER TABLE public.audit_log DISABLE ROW LEVEL SECURITY",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    session.execute(attempt)


# Roles come and go


def test_a_password_is_needed_and_no_log_has_it(installation, superuser):
    role = installation["roles"][OURS]
    password = conninfo_to_dict(role["url"])["password"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(make_conninfo(role["url"], password=password + "x"))
    stored = superuser.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role["role"]]).fetchone()[0]
    assert stored.startswith("SCRAM-SHA-256$4096:")
    log = installation["log"].read_text(errors="replace")
    assert "create_connector_role" in log, "the statement itself is logged"
    assert password not in log


def test_the_list_names_the_roles_and_no_password(installation):
    listed = json.loads(installation["ringbridge"]("bi", "list", "--json"))
    assert {(r["role"], r["tenant_id"]) for r in listed} >= {
        (installation["roles"][t]["role"], t) for t in (OURS, OTHERS)
    }
    text = installation["ringbridge"]("bi", "list", "--tenant", OURS)
    assert installation["roles"][OURS]["role"] in text and installation["roles"][OTHERS]["role"] not in text
    for role in installation["roles"].values():
        assert conninfo_to_dict(role["url"])["password"] not in json.dumps(listed) + text


def test_a_revoked_role_cannot_hold_on(installation, superuser):
    """Default privileges of its own would keep a role from being dropped, and its open session would outlive it."""
    ringbridge = installation["ringbridge"]
    role = json.loads(ringbridge("bi", "create", "--tenant", OURS, "--json"))
    session = psycopg.connect(role["url"], autocommit=True)
    session.execute("SET default_transaction_read_only = off")
    session.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")
    ringbridge("bi", "revoke", role["role"], "--tenant", OURS)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT count(*) FROM crm.calls")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(role["url"])
    assert superuser.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [role["role"]]).fetchone()[0] == 0


def test_a_revoked_role_with_something_elsewhere_can_no_longer_log_in(installation, superuser):
    ringbridge = installation["ringbridge"]
    role = json.loads(ringbridge("bi", "create", "--tenant", OURS, "--json"))
    with psycopg.connect(installation["url"]("postgres", "postgres"), autocommit=True) as elsewhere:
        elsewhere.execute("SELECT lo_create(0)")
        elsewhere.execute(
            sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(
                sql.Literal(elsewhere.execute("SELECT max(oid) FROM pg_largeobject_metadata").fetchone()[0]),
                sql.Identifier(role["role"]),
            )
        )
    ringbridge("bi", "revoke", role["role"], "--tenant", OURS)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(role["url"])
    kept = superuser.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [role["role"]]).fetchone()
    assert kept == (False,)
