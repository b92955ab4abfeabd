package mailsink

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// newHandler serves the pages and the API.
func newHandler(messages *store, refusal *refusal) http.Handler {
	api := &api{messages, refusal}
	pages := &pages{messages, refusal}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/messages", api.list)
	mux.HandleFunc("GET /api/messages/{id}", api.get)
	mux.HandleFunc("DELETE /api/messages", api.clear)
	mux.HandleFunc("GET /api/refuse", api.refusalState)
	mux.HandleFunc("POST /api/refuse", api.refuse)
	mux.HandleFunc("DELETE /api/refuse", api.endRefusal)

	mux.HandleFunc("GET /{$}", pages.list)
	mux.HandleFunc("GET /messages/{id}", pages.message)
	mux.HandleFunc("GET /messages/{id}/html", pages.html)
	mux.HandleFunc("GET /messages/{id}/raw", pages.raw)
	mux.HandleFunc("GET /messages/{id}/attachments/{number}", pages.attachment)
	mux.Handle("GET /page/", http.FileServerFS(pageFiles))
	return mux
}

// api serves tests.
type api struct {
	messages *store
	refusal  *refusal
}

// list answers with the mails to the address ?to=, or with all, newest first.
func (a *api) list(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, a.messages.list(r.URL.Query().Get("to")))
}

func (a *api) get(w http.ResponseWriter, r *http.Request) {
	m := a.messages.get(r.PathValue("id"))
	if m == nil {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, m)
}

func (a *api) clear(w http.ResponseWriter, _ *http.Request) {
	if err := a.messages.clear(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) refusalState(w http.ResponseWriter, _ *http.Request) { writeJSON(w, a.refusal.state()) }

// refuse makes the mail server refuse mails with a temporary failure: for some time (?for=10s), or the next ones (?count=3).
func (a *api) refuse(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if duration, err := time.ParseDuration(query.Get("for")); err == nil && duration > 0 {
		a.refusal.refuseFor(duration)
	} else if count, err := strconv.Atoi(query.Get("count")); err == nil && count > 0 {
		a.refusal.refuseNext(count)
	} else {
		http.Error(w, "give a time (?for=10s) or a number of mails (?count=3)", http.StatusBadRequest)
		return
	}
	writeJSON(w, a.refusal.state())
}

func (a *api) endRefusal(w http.ResponseWriter, _ *http.Request) {
	a.refusal.end()
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the only failure is a client that hung up
}
