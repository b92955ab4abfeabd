package ferret

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

const concurrentWriters = 100

func TestServer_KeepsConcurrentIncrements(t *testing.T) {
	t.Parallel()
	counters := connect(t).Collection("counters")
	together(func(int) {
		_, err := counters.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$inc": bson.M{"n": 1}}, options.UpdateOne().SetUpsert(true))
		if err != nil {
			t.Error(err)
		}
	})
	if n := count(t, counters); n != concurrentWriters {
		t.Errorf("%d of %d increments are left", n, concurrentWriters)
	}
}

func TestServer_KeepsConcurrentFindAndModify(t *testing.T) {
	t.Parallel()
	counters := connect(t).Collection("counters")
	if _, err := counters.InsertOne(t.Context(), bson.M{"_id": "a", "n": 0}); err != nil {
		t.Fatal(err)
	}

	var seen sync.Map
	together(func(int) {
		var before struct{ N int }
		if err := counters.FindOneAndUpdate(t.Context(), bson.M{"_id": "a"}, bson.M{"$inc": bson.M{"n": 1}}).Decode(&before); err != nil {
			t.Error(err)
		}
		if _, twice := seen.LoadOrStore(before.N, true); twice {
			t.Errorf("two writers saw %d", before.N)
		}
	})
}

// A client does not wait for an unacknowledged write, but the next write does.
func TestServer_KeepsConcurrentUnacknowledgedWrites(t *testing.T) {
	t.Parallel()
	database := connect(t)
	counters := database.Collection("counters", options.Collection().SetWriteConcern(writeconcern.Unacknowledged()))
	if _, err := database.Collection("counters").InsertOne(t.Context(), bson.M{"_id": "a", "n": 0}); err != nil {
		t.Fatal(err)
	}
	together(func(int) {
		_, err := counters.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$inc": bson.M{"n": 1}})
		if err != nil {
			t.Error(err)
		}
	})
	deadline := time.After(20 * time.Second)
	for count(t, counters) != concurrentWriters {
		select {
		case <-deadline:
			t.Fatalf("%d of %d increments are left", count(t, counters), concurrentWriters)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// The first writers also make the collection and its index.
func TestServer_KeepsConcurrentCreation(t *testing.T) {
	t.Parallel()
	database := connect(t)
	together(func(i int) {
		events := database.Collection("events")
		if _, err := events.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "name", Value: 1}}}); err != nil {
			t.Error(err)
		}
		if _, err := events.InsertOne(t.Context(), bson.M{"_id": i, "name": "event"}); err != nil {
			t.Error(err)
		}
	})
	if n, err := database.Collection("events").CountDocuments(t.Context(), bson.M{}); n != concurrentWriters || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// Other writes wait for a slow write; reads do not.
func TestProxy_LetsReadsPassASlowWrite(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}), make(chan struct{})
	backend := fakeBackend(t, func(command string) {
		if command == "update" {
			close(started)
			<-release
		}
	})
	proxy := serve(t, backend)

	slow := dial(t, proxy)
	send(t, slow, "update")
	<-started
	queued := dial(t, proxy)
	send(t, queued, "insert")
	for range 10 {
		reader := dial(t, proxy)
		send(t, reader, "find")
		receive(t, reader, 5*time.Second)
	}
	_ = queued.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := readMessage(queued); err == nil {
		t.Error("the second write did not wait for the first")
	}
	close(release)
	receive(t, slow, 5*time.Second)
	receive(t, queued, 5*time.Second)
}

// The lock of a write is released when the write ends, even if its client has hung up.
func TestProxy_ReleasesTheLockOfALostClient(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	backend := fakeBackend(t, func(string) { <-release })
	proxy := serve(t, backend)
	for range 5 {
		client := dial(t, proxy)
		send(t, client, "update")
		client.Close()
	}
	next := dial(t, proxy)
	send(t, next, "update")
	close(release)
	receive(t, next, 5*time.Second)
}

func TestProxy_CloseEndsConnections(t *testing.T) {
	t.Parallel()
	proxy := serve(t, fakeBackend(t, func(string) { select {} }))
	client := dial(t, proxy)
	send(t, client, "update") // is never answered

	closed := make(chan struct{})
	go func() { proxy.close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("close hangs")
	}
}

func together(do func(i int)) {
	var wg sync.WaitGroup
	for i := range concurrentWriters {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func count(t *testing.T, counters *mongo.Collection) int {
	t.Helper()
	var counter struct{ N int }
	if err := counters.FindOne(t.Context(), bson.M{"_id": "a"}).Decode(&counter); err != nil {
		t.Fatal(err)
	}
	return counter.N
}

// connect starts a FerretDB and returns a database in it.
func connect(t *testing.T) *mongo.Database {
	t.Helper()
	listener := listen(t)
	server, err := Start(listener, t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + listener.Addr().String()).SetMaxPoolSize(concurrentWriters))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database("test")
}

func serve(t *testing.T, backend string) *proxy {
	t.Helper()
	proxy := newProxy(listen(t), backend)
	go proxy.serve()
	t.Cleanup(proxy.close)
	return proxy
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// fakeBackend answers every command after handle has returned.
func fakeBackend(t *testing.T, handle func(command string)) (addr string) {
	t.Helper()
	listener := listen(t)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for {
					request, err := readMessage(conn)
					if err != nil {
						return
					}
					command, _ := request.command()
					handle(command)
					if _, err := conn.Write(answer(request)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func dial(t *testing.T, proxy *proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", proxy.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, command string) {
	t.Helper()
	m := newMessage(opMsg, 0, section(sectionBody, document(t, bson.D{{Key: command, Value: "events"}})))
	if _, err := conn.Write(m); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, conn net.Conn, patience time.Duration) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := readMessage(conn); err != nil {
		t.Fatal(err)
	}
}
