package mailsink

import (
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// errRefused is a temporary failure (4xx), so a good sender tries again later.
var errRefused = &smtp.SMTPError{
	Code:         451,
	EnhancedCode: smtp.EnhancedCode{4, 3, 0},
	Message:      "Refused on request, try again later",
}

// A refusal is the switch by which tests simulate a failing mail server.
type refusal struct {
	mu      sync.Mutex
	until   time.Time
	left    int
	refused int
}

// A refusalState is the API's form of the switch.
type refusalState struct {
	Refusing bool       `json:"refusing"`
	Until    *time.Time `json:"until,omitempty"`
	Left     int        `json:"left,omitempty"` // mails to be refused from now on
	Refused  int        `json:"refused"`        // mails refused since the start
}

// refuseFor refuses every mail for a time.
func (r *refusal) refuseFor(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until, r.left = time.Now().Add(d), 0
}

// refuseNext refuses the next n mails.
func (r *refusal) refuseNext(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until, r.left = time.Time{}, n
}

// end accepts mails again.
func (r *refusal) end() { r.refuseNext(0) }

// take reports whether to refuse the mail that is being offered, and counts it if so.
func (r *refusal) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.refusing() {
		return false
	}
	if r.left > 0 {
		r.left--
	}
	r.refused++
	return true
}

func (r *refusal) refusing() bool { return r.left > 0 || time.Now().Before(r.until) }

func (r *refusal) state() refusalState {
	r.mu.Lock()
	defer r.mu.Unlock()
	state := refusalState{Refusing: r.refusing(), Left: r.left, Refused: r.refused}
	if state.Refusing && r.left == 0 {
		until := r.until.UTC()
		state.Until = &until
	}
	return state
}
