-- Questions about the PBX that a waiting HTTP request asks and a worker answers: dry runs and self-tests. Silent extensions.

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

-- When a PBX was last asked whether it has calls of extensions that send nothing; one row a tenant that ever had such
-- extensions, claimed by a lease.
CREATE TABLE silence_checks (
  tenant_id text NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  claim_id uuid,
  claimed_until timestamptz,
  CONSTRAINT silence_checks_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT silence_checks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT silence_checks_claim_check CHECK ((claim_id IS NULL) = (claimed_until IS NULL))
);
CREATE INDEX silence_checks_due_at_idx ON silence_checks (due_at);

-- Since when the extension is active without a break.
ALTER TABLE subscription_states ADD COLUMN active_since timestamptz;
UPDATE subscription_states SET active_since = checked_at WHERE state = 'active';
CREATE FUNCTION note_active_since() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  NEW.active_since := CASE
    WHEN NEW.state <> 'active' THEN NULL
    WHEN TG_OP = 'UPDATE' AND OLD.active_since IS NOT NULL THEN OLD.active_since
    ELSE now() END;
  RETURN NEW;
END
$$;
CREATE TRIGGER subscription_states_active_since BEFORE INSERT OR UPDATE OF state ON subscription_states
  FOR EACH ROW EXECUTE FUNCTION note_active_since();
CREATE INDEX subscription_states_active_since_idx ON subscription_states (active_since) WHERE active_since IS NOT NULL;

ALTER TABLE silence_checks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY silence_checks_system ON silence_checks TO ringbridge_system USING (true);
SELECT allow_tenant_erasure('silence_checks');
GRANT SELECT, INSERT, UPDATE ON silence_checks TO ringbridge_system;
