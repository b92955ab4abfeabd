-- The roles of docker-compose.yml, made by the superuser when the database is created: eventra_owner migrates, eventra_app reads
-- and writes rows, and neither may do more.
\set ON_ERROR_STOP on
\getenv owner_password EVENTRA_OWNER_PASSWORD
\getenv app_password EVENTRA_APP_PASSWORD

CREATE ROLE eventra_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE eventra_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

REVOKE ALL ON DATABASE eventra FROM PUBLIC;
GRANT CONNECT ON DATABASE eventra TO eventra_owner, eventra_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO eventra_owner;
GRANT USAGE ON SCHEMA public TO eventra_app;
ALTER DEFAULT PRIVILEGES FOR ROLE eventra_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO eventra_app;
ALTER DEFAULT PRIVILEGES FOR ROLE eventra_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO eventra_app;
