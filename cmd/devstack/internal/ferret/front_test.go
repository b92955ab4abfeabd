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

func TestConcurrentIncrements(t *testing.T) {
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

func TestConcurrentFindAndModify(t *testing.T) {
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

// Nobody waits for the answer to an unacknowledged write, and yet the next write must wait for it.
func TestUnacknowledgedWrites(t *testing.T) {
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
	deadline := time.Now().Add(20 * time.Second)
	for count(t, counters) != concurrentWriters {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d increments are left", count(t, counters), concurrentWriters)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Everything the product does to documents at once: the first writers also make the collection and its index.
func TestConcurrentCreation(t *testing.T) {
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

// A write that takes long keeps other writes waiting, but no read.
func TestReadsPassAWaitingWrite(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	backend := fakeBackend(t, func(command string) {
		if command == "update" {
			<-release
		}
	})
	front := serve(t, backend)

	slow := dial(t, front)
	send(t, slow, "update")
	queued := dial(t, front)
	send(t, queued, "insert")
	for range 10 {
		reader := dial(t, front)
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

// A client that hangs up in the middle of a write neither gives the lock back early nor keeps it.
func TestClientHangsUp(t *testing.T) {
	t.Parallel()
	backend := fakeBackend(t, func(string) { time.Sleep(20 * time.Millisecond) })
	front := serve(t, backend)
	for range 5 {
		client := dial(t, front)
		send(t, client, "update")
		client.Close()
	}
	next := dial(t, front)
	send(t, next, "update")
	receive(t, next, 5*time.Second)
}

func TestCloseEndsClients(t *testing.T) {
	t.Parallel()
	front := serve(t, fakeBackend(t, func(string) { select {} }))
	client := dial(t, front)
	send(t, client, "update") // is never answered

	closed := make(chan struct{})
	go func() { front.close(); close(closed) }()
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

func serve(t *testing.T, backend string) *front {
	t.Helper()
	front := newFront(listen(t), backend)
	go front.serve()
	t.Cleanup(front.close)
	return front
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

func dial(t *testing.T, front *front) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", front.listener.Addr().String())
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
