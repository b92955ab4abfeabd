package stack

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// startPatience is far more than a start takes on an idle machine (less than a second), and less than the waits of the launcher
// that a fault might run into.
const startPatience = 20 * time.Second

func TestStack_ServesAndLeavesNothing(t *testing.T) {
	t.Parallel()
	folder, err := TempFolder()
	if err != nil {
		t.Fatal(err)
	}
	stack := startStack(t, folder)

	db := connectPostgres(t, stack)
	execute(t, db, "CREATE DATABASE test_of_its_own")
	for setting, want := range map[string]string{"fsync": "on", "max_connections": "400", "TimeZone": "UTC", "server_encoding": "UTF8"} {
		var got string
		if err := db.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", setting, got, err)
		}
	}

	redis := connectRedis(t, stack)
	if answer := redis.ask(t, "SELECT 1023"); answer != "+OK" {
		t.Errorf("database 1023: %s", answer)
	}

	events := connectMongo(t, stack).Collection("events")
	if _, err := events.InsertOne(t.Context(), bson.M{"_id": 1}); err != nil {
		t.Error(err)
	}

	response, err := http.Get(stack.MailURL() + "/api/messages")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the mail page answers %s", response.Status)
	}
	if secret := setting(t, stack, "EVENTRA_JWT_SECRET"); len(secret) < 32 {
		t.Errorf("the secret %q is short", secret)
	}

	endpoints := []string{"EVENTRA_POSTGRES_URL", "EVENTRA_REDIS_URL", "EVENTRA_MONGO_URL", "EVENTRA_SMTP_URL", "EVENTRA_DEV_MAIL_URL"}
	stack.Stop()
	for _, key := range endpoints {
		if conn, err := net.Dial("tcp", host(t, stack, key)); err == nil {
			conn.Close()
			t.Errorf("%s still answers", key)
		}
	}
	if err := folder.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder.Path); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestStack_KeepsItsData(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data with a space") // t.TempDir is closed to other users, as root's home is

	first := open(t, path)
	stack := startStack(t, first)
	execute(t, connectPostgres(t, stack), "CREATE TABLE kept AS SELECT 42 AS answer")
	if answer := connectRedis(t, stack).ask(t, "SET kept 42"); answer != "+OK" {
		t.Error(answer)
	}
	if _, err := connectMongo(t, stack).Collection("kept").InsertOne(t.Context(), bson.M{"_id": 42}); err != nil {
		t.Fatal(err)
	}
	before := stack.Env()
	stack.Stop()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := open(t, path)
	started := time.Now()
	stack = startStack(t, second)
	if took := time.Since(started); took > startPatience {
		t.Errorf("the second start took %v", took)
	}
	var answer int
	if err := connectPostgres(t, stack).QueryRow(t.Context(), "SELECT answer FROM kept").Scan(&answer); err != nil || answer != 42 {
		t.Errorf("PostgreSQL: %d, %v", answer, err)
	}
	if length := connectRedis(t, stack).ask(t, "STRLEN kept"); length != ":2" {
		t.Errorf("Redis: %s", length)
	}
	if n, err := connectMongo(t, stack).Collection("kept").CountDocuments(t.Context(), bson.M{}); err != nil || n != 1 {
		t.Errorf("MongoDB: %d, %v", n, err)
	}
	if after := stack.Env(); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("the environment was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	stack.Stop()
	if err := second.Delete(); err != nil {
		t.Error(err)
	}
}

func TestStack_ReportsALostServer(t *testing.T) {
	t.Parallel()
	folder, err := TempFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	stack := startStack(t, folder)
	defer stack.Stop()

	if err := syscall.Kill(redisPID(t, stack), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-stack.Failed():
		if !strings.Contains(err.Error(), "redis ended by itself") || !strings.Contains(err.Error(), "Ready to accept connections") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing is reported")
	}
}

func TestStart_LeavesNothingIfInterrupted(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond} {
		folder, err := TempFolder()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), after)
		stack, err := Start(ctx, folder)
		if err == nil {
			stack.Stop() // it was faster
		}
		cancel()
		if notes, _ := filepath.Glob(filepath.Join(folder.PIDs(), "*")); len(notes) > 0 {
			t.Errorf("after %v: %v", after, notes)
		}
		if err := folder.Close(); err != nil {
			t.Errorf("after %v: %v", after, err)
		}
	}
}

func startStack(t *testing.T, folder *Folder) *Stack {
	t.Helper()
	stack, err := Start(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return stack
}

func setting(t *testing.T, stack *Stack, key string) string {
	t.Helper()
	for _, setting := range stack.Env() {
		if value, found := strings.CutPrefix(setting, key+"="); found {
			return value
		}
	}
	t.Fatalf("%s is not set", key)
	return ""
}

func host(t *testing.T, stack *Stack, key string) string {
	t.Helper()
	url, err := url.Parse(setting(t, stack, key))
	if err != nil {
		t.Fatal(err)
	}
	return url.Host
}

func connectPostgres(t *testing.T, stack *Stack) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), setting(t, stack, "EVENTRA_POSTGRES_URL"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func connectMongo(t *testing.T, stack *Stack) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(setting(t, stack, "EVENTRA_MONGO_URL")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond) // the server may have gone before
		defer cancel()
		_ = client.Disconnect(ctx)
	})
	return client.Database("eventra")
}

type redisConn struct{ net.Conn }

func connectRedis(t *testing.T, stack *Stack) redisConn {
	t.Helper()
	conn, err := net.Dial("tcp", host(t, stack, "EVENTRA_REDIS_URL"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return redisConn{conn}
}

// ask sends a command and returns the answer, which must be short.
func (c redisConn) ask(t *testing.T, command string) string {
	t.Helper()
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64<<10)
	n, err := c.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(answer[:n]))
}

func redisPID(t *testing.T, stack *Stack) int {
	t.Helper()
	info := connectRedis(t, stack).ask(t, "INFO server")
	_, rest, _ := strings.Cut(info, "process_id:")
	digits, _, _ := strings.Cut(rest, "\r\n")
	pid, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
