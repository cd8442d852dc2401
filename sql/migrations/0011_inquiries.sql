-- Questions about the PBX that a waiting HTTP request asks and a worker answers: dry runs and self-tests.

-- The asker takes its row away with the answer; what askers left that died is removed after an hour. Holds no secret.
CREATE TABLE pbx_inquiries (
  tenant_id text NOT NULL,
  inquiry_id uuid NOT NULL,
  kind text NOT NULL,
  body jsonb NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  -- A worker is at it. When it dies nobody answers, and the asker may ask again.
  claimed_at timestamptz,
  answer jsonb,
  CONSTRAINT pbx_inquiries_pkey PRIMARY KEY (tenant_id, inquiry_id),
  CONSTRAINT pbx_inquiries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT pbx_inquiries_kind_check CHECK (kind IN ('plan', 'check')),
  CONSTRAINT pbx_inquiries_answer_check CHECK (answer IS NULL OR claimed_at IS NOT NULL)
);
CREATE INDEX pbx_inquiries_unclaimed_idx ON pbx_inquiries (asked_at) WHERE claimed_at IS NULL;

ALTER TABLE pbx_inquiries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY pbx_inquiries_tenant ON pbx_inquiries TO ringbridge_server
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
CREATE POLICY pbx_inquiries_system ON pbx_inquiries TO ringbridge_system USING (true);
SELECT allow_tenant_erasure('pbx_inquiries');

GRANT SELECT, INSERT, DELETE ON pbx_inquiries TO ringbridge_server;
GRANT SELECT, UPDATE, DELETE ON pbx_inquiries TO ringbridge_system;
