package main

import (
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

const (
	askedTrace = "0af7651916cd43dd8448eb211c80319c"
	// askedFor is what a client sends that wants to see a trace.
	askedFor = "traceparent: 00-" + askedTrace + "-b7ad6b7169203331-01"
)

// TestTraces_FollowAHoldInARush follows one hold of a rush from its request to the commit of the
// batch that carried it out, and back.
func TestTraces_FollowAHoldInARush(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	p := start(t, c.traced(0))
	event, tokens := p.event(8, 40, nil), p.users(8)
	parallel(320, 64, func(i int) {
		var headers []string
		if i == 200 {
			headers = append(headers, askedFor)
		}
		p.call("POST", "/bookings", tokens[i%8], object{"eventId": event, "seats": []string{fmt.Sprintf("A-%d-%d", 1+i/40, 1+i%40)}}, headers...)
	})
	s := c.await(t, askedTrace, "POST /api/v1/bookings", "ask the event", "HoldSeats", "batch", "lock", "redis pipeline", "commit", "postgres connection", "postgres transaction")

	request, ask, hold, batch := s["POST /api/v1/bookings"], s["ask the event"], s["HoldSeats"], s["batch"]
	require.Equal(t, "b7ad6b7169203331", fmt.Sprintf("%x", request.GetParentSpanId()))
	require.EqualValues(t, 201, request.number("http.response.status_code"))
	require.Equal(t, event, hold.text("eventra.event.id"))
	inside(t, ask, request)
	inside(t, hold, ask)
	inside(t, batch, hold)
	inside(t, s["lock"], batch)
	inside(t, s["redis pipeline"], s["lock"])
	inside(t, s["commit"], batch)
	inside(t, s["postgres connection"], s["commit"])
	inside(t, s["postgres transaction"], s["commit"])
	require.True(t, hold.links(batch))
	require.Equal(t, fmt.Sprintf("%x", batch.GetSpanId()), hold.text("eventra.batch.id"))

	require.False(t, s["lock"].ended().After(s["commit"].began()))
	require.LessOrEqual(t, s["lock"].took()+s["commit"].took(), batch.took())
	wait := time.Duration(hold.number("eventra.queue_wait_ms") * 1e6)
	require.InDelta(t, batch.began().Sub(hold.began()), wait, float64(time.Microsecond))
	require.LessOrEqual(t, wait+batch.took(), hold.took())
	for _, other := range c.all("") {
		require.Equal(t, askedTrace, fmt.Sprintf("%x", other.GetTraceId()), "nothing else is traced")
	}
	logTrace(t, c.all(askedTrace))
}

// inside requires that a span is a child of another, and takes place within it.
func inside(t *testing.T, s, parent span) {
	t.Helper()
	require.True(t, s.childOf(parent), "%s of %s", s.GetName(), parent.GetName())
	require.False(t, s.began().Before(parent.began()), "%s begins before %s", s.GetName(), parent.GetName())
	require.False(t, s.ended().After(parent.ended()), "%s ends after %s", s.GetName(), parent.GetName())
}

// logTrace writes a trace for a reader.
func logTrace(t *testing.T, spans []span) {
	depth := map[string]int{}
	for _, s := range spans {
		depth[string(s.GetSpanId())] = depth[string(s.GetParentSpanId())] + 1
		t.Logf("%8.2f ms %8.2f ms %*s%s", s.began().Sub(spans[0].began()).Seconds()*1e3, s.took().Seconds()*1e3, 2*depth[string(s.GetSpanId())], "", s.GetName())
	}
}

// TestTraces_LinkRequestsToTheirBatch traces everything: each request knows its batch, and each
// batch its requests.
func TestTraces_LinkRequestsToTheirBatch(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	p := start(t, c.traced(1))
	event, tokens := p.event(4, 40, nil), p.users(8)
	parallel(160, 24, func(i int) {
		p.hold(tokens[i%8], event, fmt.Sprintf("A-%d-%d", 1+i/40, 1+i%40))
	})
	p.stop() // flushes
	batches, holds := map[string]span{}, 0
	for _, s := range c.all("") {
		if s.GetName() == "batch" {
			batches[string(s.GetSpanId())] = s
		}
	}
	for _, s := range c.all("") {
		for _, e := range s.GetEvents() {
			require.LessOrEqual(t, len(textOf(e.GetAttributes(), "db.query.text")), 1024)
		}
		if s.GetName() != "HoldSeats" {
			continue
		}
		holds++
		require.Len(t, s.GetLinks(), 1)
		batch := batches[string(s.GetLinks()[0].GetSpanId())]
		require.NotNil(t, batch.Span)
		require.True(t, batch.childOf(s) || batch.links(s))
	}
	require.Equal(t, 160, holds)
	require.Less(t, len(batches), holds)
	for _, secret := range []string{"example.org", adminEmail, adminPassword, "correct horse", tokens[0], p.admin} {
		require.NotContains(t, c.text(), secret)
	}
}

// TestTraces_OfAPaymentAndItsMail: they reach every store and the mail server.
func TestTraces_OfAPaymentAndItsMail(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	p := start(t, c.traced(1))
	token, email := p.user()
	booking := p.hold(token, p.event(1, 1, nil), "A-1-1").text("id")
	p.must(201, "POST", "/bookings/"+booking+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	s := c.await(t, "", "StartPayment", "mail", "smtp send", "postgres SELECT", "mongo insert")
	require.Equal(t, booking, s["StartPayment"].text("eventra.booking.id"))
	require.Equal(t, booking, s["mail"].text("eventra.booking.id"))
	inside(t, s["smtp send"], s["mail"])
	for _, secret := range []string{email, adminEmail, "correct horse", "tok_ok", token, p.admin, "A show"} {
		require.NotContains(t, c.text(), secret)
	}
}

// TestTraces_GoOnInTheOwningInstance holds a seat through each of two instances: one owns the event.
func TestTraces_GoOnInTheOwningInstance(t *testing.T) {
	t.Parallel()
	c, cfg := startCollector(t), testConfig(t)
	var members []*program
	for range 2 {
		process := startProcess(t, cfg, "EVENTRA_OTLP_ENDPOINT=http://"+c.address, "EVENTRA_TRACE_RATIO=0", "EVENTRA_CLUSTER_LISTEN="+freeAddr(t))
		members = append(members, &program{t: t, cfg: cfg, url: process.url, http: &http.Client{Timeout: 10 * time.Second}})
	}
	p := members[0]
	p.admin = p.login(adminEmail, adminPassword)
	event, token := p.event(1, 2, nil), p.users(1)[0]
	instances := map[string]bool{}
	elsewhere := 0
	for i, member := range members {
		id := fmt.Sprintf("%032x", i+1)
		member.must(201, "POST", "/bookings", token, object{"eventId": event, "seats": []string{fmt.Sprintf("A-1-%d", i+1)}}, "traceparent: 00-"+id+"-b7ad6b7169203331-01")
		s := c.await(t, id, "POST /api/v1/bookings", "ask the event", "HoldSeats", "batch", "commit", "postgres transaction")
		require.True(t, s["HoldSeats"].childOf(s["ask the event"]))
		require.Equal(t, s["HoldSeats"].instance, s["batch"].instance)
		instances[s["HoldSeats"].instance] = true
		if s["HoldSeats"].instance != s["POST /api/v1/bookings"].instance {
			elsewhere++
		}
	}
	require.Len(t, instances, 1, "one owns the event")
	require.Equal(t, 1, elsewhere)
}

// TestTraces_CostNoRequestWhileTheCollectorHangs: it takes connections and answers nothing.
func TestTraces_CostNoRequestWhileTheCollectorHangs(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	c := &collector{address: listener.Addr().String()}
	p := start(t, c.traced(1))
	token, _ := p.user()
	event := p.event(1, 20, nil)
	for i := range 20 {
		require.Equal(t, 201, p.hold(token, event, fmt.Sprintf("A-1-%d", i+1)).status)
	}
	began := time.Now()
	p.stop()
	require.Less(t, time.Since(began), 15*time.Second)
}

// TestTraces_AreNotSentInTheClear: https means TLS, also where the settings of another program say otherwise.
func TestTraces_AreNotSentInTheClear(t *testing.T) {
	t.Parallel()
	for scheme, sent := range map[string]bool{"http": true, "https": false} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			c := startCollector(t)
			process := startProcess(t, testConfig(t), "EVENTRA_OTLP_ENDPOINT="+scheme+"://"+c.address, "EVENTRA_TRACE_RATIO=1", "OTEL_EXPORTER_OTLP_INSECURE=true")
			resp, err := http.Get(process.url + "/api/v1/events")
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.NoError(t, process.cmd.Process.Signal(syscall.SIGTERM))
			_ = process.cmd.Wait() // it hands over what waits
			require.Equal(t, sent, len(c.all("")) > 0)
		})
	}
}

// TestTraces_AreOffWithoutACollector: nothing of it is left.
func TestTraces_AreOffWithoutACollector(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	p := start(t, func(cfg *app.Config) { cfg.TraceRatio = 1 })
	token, _ := p.user()
	require.Equal(t, 201, p.call("POST", "/bookings", token, object{"eventId": p.event(1, 1, nil), "seats": []string{"A-1-1"}}, askedFor).status)
	p.stop()
	require.Empty(t, c.all(""))
}
