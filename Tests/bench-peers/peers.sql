-- The peers' table: what RingBridge's own holds, with an index to find a call's events.
CREATE TABLE peer_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    token text NOT NULL,
    call_id text NOT NULL,
    fields jsonb NOT NULL,
    source text
);
CREATE INDEX peer_events_call_id_idx ON peer_events (call_id);
