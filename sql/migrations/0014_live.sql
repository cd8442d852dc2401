-- The live feed for screen pops, and the addresses of recordings.

-- Whether what a transaction wrote is new to a reader who has seen what was committed at `seen`, of rows that the asker sees.
-- For rows written outside subtransactions: a snapshot names whole transactions only. Without a search path of its own, so
-- that it is expanded into the query; all it uses is in pg_catalog.
CREATE FUNCTION committed_since(writer xid, seen pg_snapshot) RETURNS boolean
LANGUAGE sql STABLE AS $$
  -- The row's 32 bits, completed from the 64 of the next transaction: the writer is the last before it with these bits.
  SELECT NOT pg_visible_in_snapshot(
    (pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      - ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - writer::text::bigint) & 4294967295))::text::xid8,
    seen)
$$;
REVOKE ALL ON FUNCTION committed_since(xid, pg_snapshot) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION committed_since(xid, pg_snapshot) TO ringbridge_server, ringbridge_system;

ALTER TABLE pbx_inquiries DROP CONSTRAINT pbx_inquiries_kind_check;
ALTER TABLE pbx_inquiries ADD CONSTRAINT pbx_inquiries_kind_check CHECK (kind IN ('plan', 'check', 'recording'));
