package mailsink

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

var (
	listPage    = parsePage("list.html")
	messagePage = parsePage("message.html")
)

func parsePage(name string) *template.Template {
	functions := template.FuncMap{"size": size, "clock": clock}
	return template.Must(template.New("frame.html").Funcs(functions).ParseFS(pageFiles, "page/frame.html", "page/"+name))
}

// pages serves people.
type pages struct {
	messages *store
	refusal  *refusal
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	render(w, listPage, map[string]any{
		"Title":    "Mails",
		"To":       to,
		"Messages": p.messages.list(to),
		"Refusal":  p.refusal.state(),
		"Live":     true,
	})
}

func (p *pages) message(w http.ResponseWriter, r *http.Request) {
	if m := p.find(w, r); m != nil {
		render(w, messagePage, map[string]any{"Title": m.Subject, "Message": m})
	}
}

// html serves the content of the frame. A mail may come from anywhere, so it must neither run scripts nor load anything; links
// open in a tab of their own.
func (p *pages) html(w http.ResponseWriter, r *http.Request) {
	m := p.find(w, r)
	if m == nil {
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "+
		"sandbox allow-popups allow-popups-to-escape-sandbox")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	//nolint:gosec // G705: the policy above keeps the mail's HTML from running scripts and from loading anything
	fmt.Fprint(w, `<!doctype html><base target="_blank">`, m.htmlWithAttachments())
}

// htmlWithAttachments replaces the references to the mail's own images (cid:…) by their URLs.
func (m *Message) htmlWithAttachments() string {
	html := m.HTML
	for number, attachment := range m.Attachments {
		if attachment.ContentID != "" {
			html = strings.ReplaceAll(html, "cid:"+attachment.ContentID, fmt.Sprintf("/messages/%s/attachments/%d", m.ID, number))
		}
	}
	return html
}

func (p *pages) raw(w http.ResponseWriter, r *http.Request) {
	if m := p.find(w, r); m != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(m.raw)
	}
}

func (p *pages) attachment(w http.ResponseWriter, r *http.Request) {
	m := p.find(w, r)
	if m == nil {
		return
	}
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 0 || number >= len(m.Attachments) {
		http.NotFound(w, r)
		return
	}
	attachment := m.Attachments[number]
	w.Header().Set("Content-Type", attachment.ContentType)
	w.Header().Set("Content-Security-Policy", "sandbox")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !strings.HasPrefix(attachment.ContentType, "image/") {
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": attachment.Name}))
	}
	_, _ = w.Write(attachment.Content)
}

func (p *pages) find(w http.ResponseWriter, r *http.Request) *Message {
	m := p.messages.get(r.PathValue("id"))
	if m == nil {
		http.Error(w, "This mail was deleted. Only the newest ones are kept.", http.StatusNotFound)
	}
	return m
}

// render writes the page once it is complete, so that an error leaves no half of it.
func render(w http.ResponseWriter, page *template.Template, data any) {
	var html bytes.Buffer
	if err := page.Execute(&html, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = html.WriteTo(w)
}

func size(content []byte) string {
	if len(content) < 1<<10 {
		return fmt.Sprintf("%d bytes", len(content))
	}
	return fmt.Sprintf("%.1f KiB", float64(len(content))/(1<<10))
}

// clock formats a time in the local time zone, which is the developer's: the time of day, and the date unless it is today.
func clock(t time.Time) string {
	t = t.Local()
	if t.Format(time.DateOnly) == time.Now().Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
