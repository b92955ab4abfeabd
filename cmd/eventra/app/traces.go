package app

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// spanTextMax bounds a text of a span, such as a statement's, and the others its attributes,
	// links and events.
	spanTextMax, spanAttributesMax, spanLinksMax, spanEventsMax = 1024, 32, 64, 16

	// exportTimeout bounds the hand-over of spans to the collector, retries included.
	exportTimeout                     = 5 * time.Second
	exportRetryMin, exportRetryMax    = 500 * time.Millisecond, 2 * time.Second
	traceFlushTimeout                 = 3 * time.Second
	schemePlainOTLP, schemeSecretOTLP = "http", "https"
)

// traceFaults returns what is wrong with the settings of traces, if anything.
func (c *Config) traceFaults() (faults []error) {
	if !(c.TraceRatio >= 0 && c.TraceRatio <= 1) {
		faults = append(faults, settingFault("TRACE_RATIO", "must be from 0 to 1"))
	}
	if c.OTLPEndpoint == "" {
		return faults
	}
	u, err := url.Parse(c.OTLPEndpoint)
	if err != nil || u.Scheme != schemePlainOTLP && u.Scheme != schemeSecretOTLP || u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Path != "" && u.Path != "/" {
		faults = append(faults, settingFault("OTLP_ENDPOINT", "must be the URL of a collector that speaks gRPC, such as http://127.0.0.1:4317, or https:// for TLS"))
	}
	return faults
}

func (c *Config) traced() bool { return c.OTLPEndpoint != "" }

// traces hands the spans of this instance to a collector. A nil one traces nothing.
type traces struct {
	provider *sdktrace.TracerProvider
	own      trace.Tracer
	log      *slog.Logger
}

// newTraces makes the traces that the configuration asks for; nil if it asks for none. It does not
// wait for the collector.
func newTraces(ctx context.Context, cfg *Config, metrics prometheus.Registerer, log *slog.Logger) (*traces, error) {
	if !cfg.traced() {
		return nil, nil
	}
	// The URL's scheme alone decides about TLS, whatever OTEL_EXPORTER_OTLP_INSECURE says.
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(cfg.OTLPEndpoint), otlptracegrpc.WithTimeout(exportTimeout),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: true, InitialInterval: exportRetryMin, MaxInterval: exportRetryMax, MaxElapsedTime: exportTimeout}))
	if err != nil {
		return nil, settingFault("OTLP_ENDPOINT", "%v", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Debug("opentelemetry", "error", err) }))
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.AlwaysSample()), // who begins a trace has decided
		sdktrace.WithSpanProcessor(newSpanQueue(exporter, metrics, log)),
		sdktrace.WithRawSpanLimits(sdktrace.SpanLimits{AttributeValueLengthLimit: spanTextMax, AttributeCountLimit: spanAttributesMax,
			EventCountLimit: spanEventsMax, LinkCountLimit: spanLinksMax, AttributePerEventCountLimit: spanAttributesMax, AttributePerLinkCountLimit: spanAttributesMax}),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "eventra"),
			attribute.String("service.version", cfg.Version), attribute.String("service.instance.id", instanceName()))),
	)
	return &traces{provider, provider.Tracer("eventra"), log}, nil
}

// tracer is nil if nothing is traced.
func (t *traces) tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.own
}

// stop hands over what waits, as far as the collector takes it in time.
func (t *traces) stop(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceFlushTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("traces not handed over before the end", "error", err)
	}
}
