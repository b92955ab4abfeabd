// Command enumeration measures whether a stranger learns from answers, or from how long they take, which e-mail addresses have
// an account. loadtest/README.md says how to run it.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
)

const (
	password = "an enumeration's battery staple"
	// deviations from an even chance are not chance.
	deviations = 4
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	m := &measurement{client: &http.Client{Timeout: 30 * time.Second}}
	flag.StringVar(&m.url, "url", "http://127.0.0.1:8080", "where Eventra is")
	flag.IntVar(&m.samples, "n", 400, "samples of known and of unknown addresses, each")
	only := flag.String("only", "login,forgot,address,register", "what is measured")
	flag.Parse()
	if err := m.run(ctx, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "enumeration:", err)
		os.Exit(1)
	}
}

// measurement asks about addresses that have accounts, and about as many that have none.
type measurement struct {
	client  *http.Client
	url     string
	samples int
	known   []string
	token   string // of the account that asks for other addresses
}

// question is a request about an address.
type question struct {
	method, path string
	body         func(address string) map[string]string
	signedIn     bool
	told         bool // by the contract the answer says whether the address has an account
}

var questions = map[string]question{
	"login": {"POST", "/auth/login", func(address string) map[string]string {
		return map[string]string{"email": address, "password": "another battery staple"}
	}, false, false},
	"forgot": {"POST", "/auth/password/forgot", func(address string) map[string]string { return map[string]string{"email": address} }, false, false},
	"address": {"PATCH", "/auth/me", func(address string) map[string]string {
		return map[string]string{"email": address, "password": password}
	}, true, false},
	"register": {"POST", "/auth/register", registration, false, true},
}

func registration(address string) map[string]string {
	return map[string]string{"email": address, "password": password, "name": "Somebody"}
}

// answer is what a stranger sees.
type answer struct {
	text string // without what differs each time
	took time.Duration
}

func (m *measurement) run(ctx context.Context, names []string) error {
	if err := m.prepare(ctx); err != nil {
		return err
	}
	var faults []error
	for _, name := range names {
		q, found := questions[name]
		if !found {
			return fmt.Errorf("there is no %q", name)
		}
		known, unknown, err := m.measure(ctx, &q)
		if err != nil {
			return err
		}
		faults = append(faults, judge(name, &q, known, unknown))
	}
	return errors.Join(faults...)
}

// prepare registers the known addresses, and an account that is signed in.
func (m *measurement) prepare(ctx context.Context) error {
	for range m.samples {
		m.known = append(m.known, newAddress())
	}
	for _, address := range append(m.known, newAddress()) {
		status, body, err := m.send(ctx, "POST", "/auth/register", registration(address), false)
		if err != nil || status != http.StatusCreated {
			return errors.Join(fmt.Errorf("registration: status %d: %.300s", status, body), err)
		}
		var in struct{ AccessToken string }
		if err := json.Unmarshal(body, &in); err != nil {
			return err
		}
		m.token = in.AccessToken
	}
	return nil
}

func newAddress() string { return strings.ToLower(rand.Text()) + "@example.org" }

// measure asks about each known address once, and about as many others, in no order.
func (m *measurement) measure(ctx context.Context, q *question) (known, unknown []answer, err error) {
	addresses := slices.Clone(m.known)
	for range m.samples {
		addresses = append(addresses, newAddress())
	}
	order := mathrand.Perm(len(addresses))
	for _, i := range order {
		a, err := m.ask(ctx, q, addresses[i])
		if err != nil {
			return nil, nil, err
		}
		if i < m.samples {
			known = append(known, a)
		} else {
			unknown = append(unknown, a)
		}
	}
	return known, unknown, nil
}

func (m *measurement) ask(ctx context.Context, q *question, address string) (answer, error) {
	started := time.Now()
	status, body, err := m.send(ctx, q.method, q.path, q.body(address), q.signedIn)
	took := time.Since(started)
	var fields map[string]any
	_ = json.Unmarshal(body, &fields) // nil for an empty answer
	delete(fields, "requestId")
	text, _ := json.Marshal(fields)
	return answer{fmt.Sprintf("%d %s", status, text), took}, err
}

// send comes from another address each time, as far as Eventra trusts this one.
func (m *measurement) send(ctx context.Context, method, path string, body map[string]string, signedIn bool) (status int, text []byte, err error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, m.url+"/api/v1"+path, bytes.NewReader(encoded))
	if err != nil {
		return 0, nil, err
	}
	var random [3]byte
	_, _ = rand.Read(random[:])
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", random[0], random[1], random[2]))
	req.Header.Set("Content-Type", "application/json")
	if signedIn {
		req.Header.Set("Authorization", "Bearer "+m.token)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// judge prints what a stranger saw, and returns what gives known addresses away.
func judge(name string, q *question, known, unknown []answer) error {
	slower, sigma := chance(known, unknown), math.Sqrt(float64(len(known)+len(unknown)+1)/float64(12*len(known)*len(unknown)))
	alike := known[0].text == unknown[0].text && allAlike(known) && allAlike(unknown)
	fmt.Printf("%-9s known %7.2f ms, unknown %7.2f ms (medians of %d); a known one is slower in %.3f of pairs (0.5 ± %.3f by chance); answers alike: %v\n",
		name, median(known), median(unknown), len(known), slower, deviations*sigma, alike)
	switch {
	case q.told:
		return nil
	case !alike:
		return fmt.Errorf("%s: answers differ: %.200s and %.200s", name, known[0].text, unknown[0].text)
	case math.Abs(slower-0.5) > deviations*sigma:
		return fmt.Errorf("%s: the time tells", name)
	}
	return nil
}

func allAlike(answers []answer) bool {
	return !slices.ContainsFunc(answers, func(a answer) bool { return a.text != answers[0].text })
}

// chance is how likely a known address takes longer than an unknown one: Mann and Whitney's U, as a share.
func chance(known, unknown []answer) float64 {
	var slower float64
	for _, k := range known {
		for _, u := range unknown {
			switch {
			case k.took > u.took:
				slower++
			case k.took == u.took:
				slower += 0.5
			}
		}
	}
	return slower / float64(len(known)*len(unknown))
}

func median(answers []answer) (milliseconds float64) {
	times := make([]time.Duration, len(answers))
	for i, a := range answers {
		times[i] = a.took
	}
	return float64(stats.Median(times)) / float64(time.Millisecond)
}
