package mailsink

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const mixedMail = "From: Eventra <tickets@eventra.test>\r\n" +
	"To: =?utf-8?q?=C3=9Crsula?= <u@example.org>\r\n" +
	"Subject: =?utf-8?q?Pl=C3=A4tze?=\r\n" +
	"Message-ID: <booking-1@eventra>\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=outer\r\n\r\n" +
	"--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n" +
	"--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Gr=FC=DFe\r\n" +
	"--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<h1>Gr\u00fc\u00dfe</h1><img src=\"cid:seat-map\"><script>alert(1)</script>\r\n" +
	"--inner--\r\n" +
	"--outer\r\nContent-Type: image/png\r\nContent-ID: <seat-map>\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n" +
	"--outer\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=ticket.pdf\r\n\r\nPDF\r\n" +
	"--outer--\r\n"

func TestSink_CatchesAMail(t *testing.T) {
	t.Parallel()
	sink := start(t, "")
	sink.mustSend("u@example.org", mixedMail)

	m := sink.only("u@example.org")
	if m.From != "sender@eventra.test" || len(m.To) != 1 || m.To[0] != "u@example.org" {
		t.Errorf("envelope: %q → %q", m.From, m.To)
	}
	for what, pair := range map[string][2]string{
		"subject":    {m.Subject, "Plätze"},
		"message id": {m.MessageID, "booking-1@eventra"},
		"text":       {m.Text, "Grüße"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if !strings.Contains(m.HTML, "<h1>Grüße</h1>") {
		t.Errorf("html: %q", m.HTML)
	}
	if age := time.Since(m.ReceivedAt); age < 0 || age > time.Minute {
		t.Errorf("received at %v", m.ReceivedAt)
	}
}

func TestSink_ListsByRecipientNewestFirst(t *testing.T) {
	t.Parallel()
	sink := start(t, "")
	for i, to := range []string{"a@example.org", "b@example.org", "A@Example.org"} {
		sink.mustSend(to, fmt.Sprintf("Subject: mail %d\r\n\r\ntext\r\n", i))
	}

	if subjects := sink.subjects("a@example.org"); subjects != "mail 2, mail 0" {
		t.Errorf("to a: %s", subjects)
	}
	if subjects := sink.subjects(""); subjects != "mail 2, mail 1, mail 0" {
		t.Errorf("all: %s", subjects)
	}
	if body := sink.body("GET", "/api/messages?to=nobody@example.org"); strings.TrimSpace(body) != "[]" {
		t.Errorf("to nobody: %s", body)
	}
}

func TestSink_ShowsMailsThatCannotBeParsed(t *testing.T) {
	t.Parallel()
	sink := start(t, "")
	for _, raw := range []string{
		"no header at all\r\n",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part\r\n",
		"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH\r\n",
		"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n",
		"Content-Type: ;;;\r\n\r\nx\r\n",
	} {
		sink.mustSend("a@example.org", raw)
	}
	mails := sink.list("")
	if len(mails) != 5 {
		t.Fatalf("%d mails", len(mails))
	}
	for _, m := range mails {
		sink.body("GET", "/messages/"+m.ID)
	}
}

func TestSink_Refuses(t *testing.T) {
	t.Parallel()
	sink := start(t, "")
	send := func(wantRefused bool) {
		t.Helper()
		err := sink.send("a@example.org", "Subject: x\r\n\r\nx\r\n")
		var answer *textproto.Error
		if refused := errors.As(err, &answer) && answer.Code == 451; refused != wantRefused || err != nil && !refused {
			t.Errorf("refused: %v, want %v (%v)", refused, wantRefused, err)
		}
	}

	sink.body("POST", "/api/refuse?count=2")
	send(true)
	send(true)
	send(false)
	sink.body("POST", "/api/refuse?for=10m")
	send(true)
	send(true)
	sink.body("DELETE", "/api/refuse")
	send(false)
	sink.body("POST", "/api/refuse?for=50ms")
	for strings.Contains(sink.body("GET", "/api/refuse"), `"refusing":true`) {
		<-time.After(5 * time.Millisecond)
	}
	send(false)
	if mails := sink.list(""); len(mails) != 3 {
		t.Errorf("%d mails were kept, want the 3 that were not refused", len(mails))
	}
	for _, query := range []string{"", "?for=soon", "?for=-1s", "?count=0", "?count=x"} {
		if status, _ := sink.do("POST", "/api/refuse"+query); status != http.StatusBadRequest {
			t.Errorf("POST /api/refuse%s answers %d", query, status)
		}
	}
}

func TestSink_KeepsMailsOnDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := start(t, folder)
	first.mustSend("u@example.org", mixedMail)
	before := first.only("u@example.org")
	first.close()

	second := start(t, folder)
	after := second.only("u@example.org")
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("before: %v\nafter: %v", before, after)
	}
	if status, _ := second.do("DELETE", "/api/messages"); status != http.StatusNoContent {
		t.Errorf("DELETE answers %d", status)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) > 0 {
		t.Errorf("left: %v", files)
	}
}

func TestStore_KeepsTheNewestOnly(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := openStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	const tooMany = 5
	for i := range keptMessages + tooMany {
		if err := s.add("a@example.org", nil, fmt.Appendf(nil, "Subject: %d\r\n\r\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	mails := s.list("")
	if len(mails) != keptMessages || mails[len(mails)-1].Subject != fmt.Sprint(tooMany) {
		t.Errorf("%d mails, the oldest is number %s", len(mails), mails[len(mails)-1].Subject)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) != keptMessages {
		t.Errorf("%d files", len(files))
	}
}

func TestSink_ServesManySendersAtOnce(t *testing.T) {
	t.Parallel()
	sink := start(t, t.TempDir())
	const senders, each = 10, 10
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range each {
				sink.mustSend("a@example.org", "Subject: x\r\n\r\nx\r\n")
			}
		})
	}
	wg.Wait()
	mails := sink.list("")
	ids := map[string]bool{}
	for _, m := range mails {
		ids[m.ID] = true
		sink.body("GET", "/api/messages/"+m.ID)
	}
	if len(ids) != senders*each {
		t.Errorf("%d mails with %d ids", len(mails), len(ids))
	}
}

func TestPages_ShowMailsSafely(t *testing.T) {
	t.Parallel()
	sink := start(t, "")
	if page := sink.body("GET", "/"); !strings.Contains(page, "No mail yet") {
		t.Error("the empty list does not say so")
	}
	sink.mustSend("u@example.org", mixedMail)
	sink.mustSend("x@example.org", "Subject: <script>alert(2)</script>\r\n\r\n<b>text</b>\r\n")
	newest, mixed := sink.list("")[0], sink.list("")[1]

	for path, want := range map[string]string{
		"/":                                        "Plätze",
		"/?to=u@example.org":                       "1 mail<",
		"/messages/" + mixed.ID:                    `sandbox="allow-popups`,
		"/messages/" + newest.ID:                   "&lt;b&gt;text&lt;/b&gt;",
		"/messages/" + mixed.ID + "/html":          `/messages/` + mixed.ID + `/attachments/0`,
		"/messages/" + mixed.ID + "/raw":           "quoted-printable",
		"/messages/" + mixed.ID + "/attachments/0": "hello",
		"/messages/" + mixed.ID + "/attachments/1": "PDF",
		"/page/style.css":                          "--accent",
	} {
		page := sink.body("GET", path)
		if !strings.Contains(page, want) {
			t.Errorf("GET %s lacks %q:\n%s", path, want, page)
		}
		if strings.Contains(page, "<script>alert(2)") {
			t.Errorf("GET %s lets a subject be a script", path)
		}
	}

	// A mail's scripts must not run, nor may it load anything from elsewhere.
	response, err := http.Get(sink.url + "/messages/" + mixed.ID + "/html")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") {
		t.Errorf("the policy of a mail's HTML is %q", policy)
	}

	for _, path := range []string{"/messages/none", "/messages/none/html", "/api/messages/none", "/messages/" + mixed.ID + "/attachments/2",
		"/messages/" + mixed.ID + "/attachments/-1", "/nowhere"} {
		if status, _ := sink.do("GET", path); status != http.StatusNotFound {
			t.Errorf("GET %s answers %d", path, status)
		}
	}
}

// testSink is a running sink and its clients.
type testSink struct {
	t    *testing.T
	sink *Sink
	smtp string
	url  string
	once sync.Once
}

func start(t *testing.T, folder string) *testSink {
	t.Helper()
	var listeners [2]net.Listener
	for i := range listeners {
		var err error
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	sink, err := Start(listeners[0], listeners[1], folder)
	if err != nil {
		t.Fatal(err)
	}
	s := &testSink{t: t, sink: sink, smtp: listeners[0].Addr().String(), url: "http://" + listeners[1].Addr().String()}
	t.Cleanup(s.close)
	return s
}

func (s *testSink) close() {
	s.once.Do(func() {
		if err := s.sink.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

func (s *testSink) send(to, raw string) error {
	login := smtp.PlainAuth("", "anybody", "anything", "127.0.0.1")
	return smtp.SendMail(s.smtp, login, "sender@eventra.test", []string{to}, []byte(raw))
}

func (s *testSink) mustSend(to, raw string) {
	s.t.Helper()
	if err := s.send(to, raw); err != nil {
		s.t.Error(err)
	}
}

func (s *testSink) do(method, path string) (status int, body string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func (s *testSink) body(method, path string) string {
	s.t.Helper()
	status, body := s.do(method, path)
	if status >= 300 {
		s.t.Errorf("%s %s answers %d: %s", method, path, status, body)
	}
	return body
}

func (s *testSink) list(to string) []Message {
	s.t.Helper()
	var mails []Message
	if err := json.Unmarshal([]byte(s.body("GET", "/api/messages?to="+to)), &mails); err != nil {
		s.t.Fatal(err)
	}
	return mails
}

func (s *testSink) only(to string) Message {
	s.t.Helper()
	mails := s.list(to)
	if len(mails) != 1 {
		s.t.Fatalf("%d mails to %s", len(mails), to)
	}
	return mails[0]
}

func (s *testSink) subjects(to string) string {
	s.t.Helper()
	var subjects []string
	for _, m := range s.list(to) {
		subjects = append(subjects, m.Subject)
	}
	return strings.Join(subjects, ", ")
}
