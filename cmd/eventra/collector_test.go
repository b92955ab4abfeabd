package main

import (
	"context"
	"encoding/hex"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// collector receives traces as an OpenTelemetry collector does.
type collector struct {
	collectorpb.UnimplementedTraceServiceServer
	address string

	mu    sync.Mutex
	spans []span
}

// span is a span with the instance that made it.
type span struct {
	*tracepb.Span
	instance string
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{address: listener.Addr().String()}
	server := grpc.NewServer()
	collectorpb.RegisterTraceServiceServer(server, c)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return c
}

// traced makes a program hand this share of its traces to the collector.
func (c *collector) traced(ratio float64) func(*app.Config) {
	return func(cfg *app.Config) { cfg.OTLPEndpoint, cfg.TraceRatio = "http://"+c.address, ratio }
}

// Export implements collectorpb.TraceServiceServer.
func (c *collector) Export(_ context.Context, r *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range r.GetResourceSpans() {
		instance := textOf(resource.GetResource().GetAttributes(), "service.instance.id")
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, span{s, instance})
			}
		}
	}
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

// all returns the spans of a trace, in the order of their beginnings; of all traces if id is "".
func (c *collector) all(id string) (spans []span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if id == "" || hex.EncodeToString(s.GetTraceId()) == id {
			spans = append(spans, s)
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return int(a.GetStartTimeUnixNano()) - int(b.GetStartTimeUnixNano()) })
	return spans
}

// text is everything that was received.
func (c *collector) text() string {
	var b strings.Builder
	for _, s := range c.all("") {
		b.WriteString(protojson.Format(s.Span))
	}
	return b.String()
}

// await waits for a trace with a span of each name, and returns the first of each.
func (c *collector) await(t *testing.T, id string, names ...string) map[string]span {
	t.Helper()
	found := map[string]span{}
	require.Eventually(t, func() bool {
		clear(found)
		for _, s := range c.all(id) {
			if _, known := found[s.GetName()]; !known {
				found[s.GetName()] = s
			}
		}
		return !slices.ContainsFunc(names, func(name string) bool { _, ok := found[name]; return !ok })
	}, 20*time.Second, 20*time.Millisecond, "all of %v", names)
	return found
}

func (s span) text(key string) string { return textOf(s.GetAttributes(), key) }

func textOf(attributes []*commonpb.KeyValue, key string) string {
	for _, a := range attributes {
		if a.GetKey() == key {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

func (s span) number(key string) float64 {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == key {
			return a.GetValue().GetDoubleValue() + float64(a.GetValue().GetIntValue())
		}
	}
	return 0
}

func (s span) began() time.Time { return time.Unix(0, int64(s.GetStartTimeUnixNano())) }

func (s span) ended() time.Time { return time.Unix(0, int64(s.GetEndTimeUnixNano())) }

func (s span) took() time.Duration { return s.ended().Sub(s.began()) }

// links reports whether a span is linked to another.
func (s span) links(to span) bool {
	return slices.ContainsFunc(s.GetLinks(), func(l *tracepb.Span_Link) bool { return string(l.GetSpanId()) == string(to.GetSpanId()) })
}

func (s span) childOf(parent span) bool {
	return string(s.GetParentSpanId()) == string(parent.GetSpanId())
}
