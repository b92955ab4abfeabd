-- +goose Up

-- The column locks bookings against everybody, for an instant. A waiting lock would stop them all behind it: rather give up, and be
-- started again. Nothing is rewritten: bookings of before have no number until an instance gives them one.
SET LOCAL lock_timeout = '1s';

-- The text of a reference has 40 bits. Sessions take 32 numbers at a time; those that they do not use are lost.
CREATE SEQUENCE booking_references AS bigint MAXVALUE 1099511627775 CACHE 32;
COMMENT ON SEQUENCE booking_references IS 'numbers of bookings, of which people see a permutation';

-- Whoever inserts bookings, under any role, now takes a number with it.
-- +goose StatementBegin
DO $$
DECLARE
    writer text;
BEGIN
    FOR writer IN
        SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
        FROM pg_class CROSS JOIN aclexplode(relacl) WHERE oid = 'bookings'::regclass AND privilege_type = 'INSERT'
    LOOP
        EXECUTE 'GRANT USAGE, SELECT, UPDATE ON SEQUENCE booking_references TO ' || writer;
    END LOOP;
END
$$;
-- +goose StatementEnd

ALTER TABLE bookings ADD COLUMN reference_no bigint;
-- Members of the release before do not name the column.
ALTER TABLE bookings ALTER COLUMN reference_no SET DEFAULT nextval('booking_references');
ALTER SEQUENCE booking_references OWNED BY bookings.reference_no;
