package cluster

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	// A message is small, except for the seats of a whole event, about 1 MB. The
	// library sends up to writerBatch messages as one, and a message that is too
	// large for gRPC is lost silently.
	messageMaxBytes = 64 << 20
	writerBatch     = 512
	writerQueue     = 1024 // the initial size; the library's default takes 16 MB per peer

	connectTimeout = time.Second
	// keepAlive detects a vanished peer within 13 s (gRPC allows no less than
	// 10 s); the membership detects it long before.
	keepAlive, keepAliveAnswer = 10 * time.Second, 3 * time.Second

	// tokenHeader carries the proof that a peer knows the secret.
	tokenHeader = "eventra-member"
)

// remoting configures the library's remoting to obey members only, and to survive
// whatever they send.
func remoting(c *Config) (*remote.Config, error) {
	host, portText, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	guard := guard{log: c.Log}
	for _, secret := range c.Secrets {
		guard.tokens = append(guard.tokens, memberToken(secret))
	}
	transport, accept := insecure.NewCredentials(), insecure.NewCredentials()
	if c.Credentials != nil {
		transport, accept = c.Credentials.client(), c.Credentials.server()
	}
	config := remote.Configure(host, port,
		remote.WithEndpointWriterBatchSize(writerBatch), remote.WithEndpointWriterQueueSize(writerQueue),
		remote.WithAdvertisedHost(c.Advertise),
		remote.WithServerOptions(
			grpc.Creds(accept),
			grpc.MaxRecvMsgSize(messageMaxBytes), grpc.MaxSendMsgSize(messageMaxBytes),
			grpc.ConnectionTimeout(connectTimeout),
			grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepAlive, Timeout: keepAliveAnswer}),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepAlive / 2, PermitWithoutStream: true}),
			grpc.StreamInterceptor(guard.stream), grpc.UnaryInterceptor(guard.unary)),
		remote.WithDialOptions(
			grpc.WithTransportCredentials(transport),
			grpc.WithPerRPCCredentials(guard),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(messageMaxBytes), grpc.MaxCallSendMsgSize(messageMaxBytes)),
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: connectTimeout}),
			grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepAlive, Timeout: keepAliveAnswer})))
	config.MaxRetryCount = 1 // the library sleeps 2 s after each
	return config, nil
}

// memberToken proves that a peer knows the secret without revealing it.
func memberToken(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("eventra cluster member"))
	return hex.EncodeToString(mac.Sum(nil))
}

// tokenSeparator stands between the tokens that a member shows, one for each secret.
const tokenSeparator = ","

// guard rejects peers without one of the tokens, and keeps a message over which the
// library panics from ending the process.
type guard struct {
	tokens []string
	log    *slog.Logger
}

func (g guard) stream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	if !g.authenticated(stream.Context()) {
		return status.Error(codes.Unauthenticated, "not a member")
	}
	defer func() {
		if fault := recover(); fault != nil {
			g.log.Error("remoting panicked", "fault", fault, "stack", string(debug.Stack()))
			err = status.Error(codes.Internal, "panicked")
		}
	}()
	return handle(server, stream)
}

// unary rejects all calls: the library has some, and panics in them.
func (g guard) unary(_ context.Context, _ any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	return nil, status.Error(codes.Unimplemented, fmt.Sprintf("%s is not served", info.FullMethod))
}

func (g guard) authenticated(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	shown := md.Get(tokenHeader)
	return len(shown) == 1 && slices.ContainsFunc(g.tokens, func(token string) bool { return among(token, shown[0]) })
}

// among reports whether a token is among those that a peer shows. Its time tells nothing
// about the token.
func among(token, shown string) bool {
	found := 0
	for peers := range strings.SplitSeq(shown, tokenSeparator) {
		found |= subtle.ConstantTimeCompare([]byte(peers), []byte(token))
	}
	return found == 1
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (g guard) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{tokenHeader: strings.Join(g.tokens, tokenSeparator)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: on
// loopback, TLS is optional.
func (g guard) RequireTransportSecurity() bool { return false }
