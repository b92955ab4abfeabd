-- +goose Up

-- A reference to payments locks that table against writers. A waiting lock would stop them all behind it: rather give up, and be
-- started again.
SET LOCAL lock_timeout = '1s';

-- Money that goes back in parts. Nothing but its status, its tries and its mail ever changes in a row. What is left when a whole
-- booking is refunded goes back by the payment's own status, without a row here.
CREATE TABLE refunds (
    id            uuid        PRIMARY KEY,
    payment_id    uuid        NOT NULL,
    booking_id    uuid        NOT NULL,
    event_id      uuid        NOT NULL,
    n             int         NOT NULL, -- the key at the gateway is refund/payment/n
    amount        bigint      NOT NULL, -- in the payment's currency
    items         smallint[]  NOT NULL, -- the numbers of the items that it is for
    released      boolean     NOT NULL, -- whether the booking has given them up
    reason        text        NOT NULL,
    status        text        NOT NULL,
    created_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    tries         int         NOT NULL DEFAULT 0, -- of reconciliation
    retry_at      timestamptz,
    mail_due_at   timestamptz NOT NULL, -- a lease moves it ahead
    mail_sent_at  timestamptz,          -- when a mail server had accepted it
    mail_withheld boolean     NOT NULL DEFAULT false,
    CONSTRAINT refunds_one_n UNIQUE (payment_id, n),
    CONSTRAINT refunds_payment_exists FOREIGN KEY (payment_id) REFERENCES payments,
    CONSTRAINT refunds_status_known CHECK (status IN ('PENDING', 'SUCCEEDED', 'FAILED')),
    CONSTRAINT refunds_amount_positive CHECK (amount >= 0),
    CONSTRAINT refunds_ended_iff_over CHECK ((ended_at IS NULL) = (status = 'PENDING'))
) WITH (fillfactor = 80);

COMMENT ON CONSTRAINT refunds_one_n ON refunds IS 'two refunds under one key would move money once; also finds those of a payment';
COMMENT ON CONSTRAINT refunds_payment_exists ON refunds IS 'money goes back to where it came from';
COMMENT ON CONSTRAINT refunds_status_known ON refunds IS 'reconciliation, and what may still be refunded, go by it';
COMMENT ON CONSTRAINT refunds_amount_positive ON refunds IS 'nothing is charged by a refund';
COMMENT ON CONSTRAINT refunds_ended_iff_over ON refunds IS 'what is over has a time at which it ended';

CREATE INDEX refunds_of_event ON refunds (event_id);
COMMENT ON INDEX refunds_of_event IS 'an activation reads those of its bookings';
CREATE INDEX refunds_open ON refunds (created_at) WHERE status = 'PENDING';
COMMENT ON INDEX refunds_open IS 'reconciliation finds what somebody has to end; few rows, for every refund ends';
CREATE INDEX refunds_mail_due ON refunds (mail_due_at) WHERE mail_sent_at IS NULL;
COMMENT ON INDEX refunds_mail_due IS 'the mailer asks for what is unsent and due';
