-- A tenant whose extensions have the event tokens that come on standard input, one a line.
CREATE TEMPORARY TABLE tokens (extension_id bigint GENERATED ALWAYS AS IDENTITY (START WITH 101), token text);
\copy tokens (token) FROM pstdin
INSERT INTO tenants (tenant_id, name, pbx_app_id, pbx_app_secret_sealed) VALUES ('bench', 'Bench', 'app', 'sealed');
INSERT INTO event_tokens (digest, tenant_id, extension_id, sealed)
SELECT sha256(token::bytea), 'bench', extension_id, 'sealed' FROM tokens;
